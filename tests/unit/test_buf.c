/* A growing run of bytes with a ceiling that is remembered. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

static void appends_follow_one_another(void **state)
{
	struct buf buf = BUF_INIT(100);

	buf_add_str(&buf, "desk ");
	buf_add_char(&buf, 'A');
	buf_printf(&buf, "-%02d", 7);
	buf_add(&buf, "!?", 1);
	buf_add(&buf, NULL, 0);
	assert_string_equal(buf.data, "desk A-07!");
	assert_int_equal(buf.len, 10);
	buf_deinit(&buf);
}

static void it_grows_to_exactly_its_ceiling(void **state)
{
	struct buf buf = BUF_INIT(1000);

	for (int i = 0; i < 1000; i++)
		buf_add_char(&buf, 'x');
	assert_false(buf.failed);
	assert_int_equal(strlen(buf.data), 1000);
	buf_add_char(&buf, 'x');
	assert_true(buf.failed);
	assert_int_equal(buf.len, 1000);
	buf_deinit(&buf);
}

static void after_a_failure_nothing_is_added_until_reset(void **state)
{
	struct buf buf = BUF_INIT(4);

	buf_add_str(&buf, "ab");
	buf_printf(&buf, "%s", "cde");
	buf_add_char(&buf, 'f'); /* would fit */
	assert_string_equal(buf.data, "ab");
	assert_true(buf.failed);
	buf_reset(&buf);
	buf_add_str(&buf, "abcd");
	assert_string_equal(buf.data, "abcd");
	assert_false(buf.failed);
	buf_deinit(&buf);
}

static void a_length_beyond_all_memory_fails(void **state)
{
	struct buf buf = BUF_INIT(SIZE_MAX);

	buf_add_char(&buf, 'a');
	buf_add(&buf, "b", SIZE_MAX);
	assert_true(buf.failed);
	assert_string_equal(buf.data, "a");
	buf_deinit(&buf);
}

static void stolen_bytes_belong_to_the_caller(void **state)
{
	struct buf buf = BUF_INIT(8);
	char *text;

	buf_add_str(&buf, "ours");
	text = buf_steal(&buf);
	assert_string_equal(text, "ours");
	free(text);
	assert_null(buf.data);
	text = buf_steal(&buf); /* an empty one gives an empty string */
	assert_string_equal(text, "");
	free(text);
	buf_add_str(&buf, "nine char");
	assert_null(buf_steal(&buf));
	assert_false(buf.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_follow_one_another),
		cmocka_unit_test(it_grows_to_exactly_its_ceiling),
		cmocka_unit_test(after_a_failure_nothing_is_added_until_reset),
		cmocka_unit_test(a_length_beyond_all_memory_fails),
		cmocka_unit_test(stolen_bytes_belong_to_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
