/* Lines out of a stream, however the bytes arrive. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/frame.h"

static void feed(struct frame_reader *reader, const char *text)
{
	assert_int_equal(frame_feed(reader, text, strlen(text)), 0);
}

static void expect_line(struct frame_reader *reader, const char *text)
{
	char *line;
	size_t len;

	assert_int_equal(frame_next(reader, &line, &len), FRAME_LINE);
	assert_string_equal(line, text);
	assert_int_equal(len, strlen(text));
}

static void expect(struct frame_reader *reader, enum frame_status status)
{
	char *line = NULL;
	size_t len;

	assert_int_equal(frame_next(reader, &line, &len), status);
	assert_null(line);
}

static void a_line_is_complete_only_with_its_lf(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 100);
	expect(&reader, FRAME_MORE);
	feed(&reader, "{\"a\":1}");
	expect(&reader, FRAME_MORE);
	feed(&reader, "\n");
	expect_line(&reader, "{\"a\":1}");
	expect(&reader, FRAME_MORE);
	frame_deinit(&reader);
}

static void lines_come_out_the_same_byte_by_byte(void **state)
{
	const char *text = "one\r\n\ntwo\rx\nthree\n";
	const char *lines[] = { "one", "", "two\rx", "three" };
	struct frame_reader reader;
	size_t next = 0;

	frame_init(&reader, 8);
	for (const char *c = text; *c; c++) {
		assert_int_equal(frame_feed(&reader, c, 1), 0);
		if (*c == '\n')
			expect_line(&reader, lines[next++]);
		else
			expect(&reader, FRAME_MORE);
	}
	assert_int_equal(next, ARRAY_SIZE(lines));
	frame_deinit(&reader);
}

static void several_lines_of_one_read_wait_their_turn(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 20);
	feed(&reader, "one\ntwo\nthr");
	assert_int_equal(frame_room(&reader), 0);
	assert_int_equal(frame_feed(&reader, "e", 1), -EMSGSIZE);
	expect_line(&reader, "one");
	assert_int_equal(frame_room(&reader), 0);
	expect_line(&reader, "two");
	expect(&reader, FRAME_MORE);
	feed(&reader, "ee\n");
	expect_line(&reader, "three");
	frame_deinit(&reader);
}

static void a_line_of_the_longest_length_passes(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 4);
	assert_int_equal(frame_room(&reader), 5);
	feed(&reader, "abcd");
	expect(&reader, FRAME_MORE);
	assert_int_equal(frame_room(&reader), 1);
	feed(&reader, "\n");
	expect_line(&reader, "abcd");
	frame_deinit(&reader);
}

static void a_longer_line_ends_the_stream(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 4);
	feed(&reader, "abcde");
	expect(&reader, FRAME_TOO_LONG);
	expect(&reader, FRAME_TOO_LONG);
	assert_int_equal(frame_room(&reader), 0);
	assert_int_equal(frame_feed(&reader, "\n", 1), -EMSGSIZE);
	frame_deinit(&reader);
}

static void no_more_than_a_line_and_its_lf_is_ever_held(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 10);
	feed(&reader, "abc");
	assert_int_equal(frame_room(&reader), 8);
	assert_int_equal(frame_feed(&reader, "123456789", 9), -EMSGSIZE);
	assert_int_equal(reader.buf.len, 3);
	frame_deinit(&reader);
}

static void a_lower_cap_holds_for_lines_that_wait(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 20);
	feed(&reader, "ab\nabcdef\n");
	frame_set_max(&reader, 4);
	expect_line(&reader, "ab");
	expect(&reader, FRAME_TOO_LONG);
	frame_deinit(&reader);
}

static void a_higher_cap_makes_room(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 4);
	feed(&reader, "abcd");
	frame_set_max(&reader, 8);
	assert_int_equal(frame_room(&reader), 5);
	feed(&reader, "efgh\n");
	expect_line(&reader, "abcdefgh");
	frame_deinit(&reader);
}

static void a_begun_line_is_noticed_for_its_deadline(void **state)
{
	struct frame_reader reader;

	frame_init(&reader, 20);
	assert_false(frame_partial(&reader));
	feed(&reader, "one\ntw");
	assert_true(frame_partial(&reader));
	expect_line(&reader, "one");
	assert_true(frame_partial(&reader));
	feed(&reader, "o\n");
	assert_false(frame_partial(&reader));
	expect_line(&reader, "two");
	assert_false(frame_partial(&reader));
	frame_deinit(&reader);
}

static void an_idle_reader_gives_a_large_buffer_back(void **state)
{
	static char line[30000];
	struct frame_reader reader;

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 2] = '\n';
	frame_init(&reader, 65536);
	feed(&reader, line);
	line[sizeof(line) - 2] = '\0';
	expect_line(&reader, line);
	expect(&reader, FRAME_MORE);
	assert_null(reader.buf.data);
	assert_int_equal(frame_room(&reader), 65537);
	feed(&reader, "again\n");
	expect_line(&reader, "again");
	frame_deinit(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_complete_only_with_its_lf),
		cmocka_unit_test(lines_come_out_the_same_byte_by_byte),
		cmocka_unit_test(several_lines_of_one_read_wait_their_turn),
		cmocka_unit_test(a_line_of_the_longest_length_passes),
		cmocka_unit_test(a_longer_line_ends_the_stream),
		cmocka_unit_test(no_more_than_a_line_and_its_lf_is_ever_held),
		cmocka_unit_test(a_lower_cap_holds_for_lines_that_wait),
		cmocka_unit_test(a_higher_cap_makes_room),
		cmocka_unit_test(a_begun_line_is_noticed_for_its_deadline),
		cmocka_unit_test(an_idle_reader_gives_a_large_buffer_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
