/*
 * The CSV reader: RFC 4180 in, and nothing that only looks like it.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/csv.h"
#include "common/macros.h"

static struct csv_record record;
static char text[256];

static int split(const char *line)
{
	const char *reason;

	strcpy(text, line);
	return csv_split(text, strlen(text), &record, &reason);
}

static void plain_fields_are_split_at_commas(void **state _unused_)
{
	assert_int_equal(split("A-12,,2026-11-23T09:00"), 0);
	assert_int_equal(record.count, 3);
	assert_string_equal(record.fields[0], "A-12");
	assert_string_equal(record.fields[1], "");
	assert_string_equal(record.fields[2], "2026-11-23T09:00");
}

static void an_empty_record_is_one_empty_field(void **state _unused_)
{
	assert_int_equal(split(""), 0);
	assert_int_equal(record.count, 1);
	assert_string_equal(record.fields[0], "");
}

static void quoted_fields_hold_commas_quotes_and_line_ends(void **state _unused_)
{
	assert_int_equal(split("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"\""), 0);
	assert_int_equal(record.count, 4);
	assert_string_equal(record.fields[0], "a,b");
	assert_string_equal(record.fields[1], "say \"hi\"");
	assert_string_equal(record.fields[2], "two\nlines");
	assert_string_equal(record.fields[3], "");
}

static void what_is_not_csv_is_refused(void **state _unused_)
{
	assert_int_equal(split("a,\"b"), -EBADMSG);
	assert_int_equal(split("\"a\"b,c"), -EBADMSG);
	assert_int_equal(split("a\"b,c"), -EBADMSG);
}

static void a_nul_byte_is_refused(void **state _unused_)
{
	const char *reason;
	char with_nul[] = "a\0b,c";

	assert_int_equal(csv_split(with_nul, 5, &record, &reason), -EBADMSG);
}

static void too_many_fields_are_refused(void **state _unused_)
{
	char line[CSV_FIELDS_MAX + 2] = { 0 };

	memset(line, ',', CSV_FIELDS_MAX - 1);
	assert_int_equal(split(line), 0);
	assert_int_equal(record.count, CSV_FIELDS_MAX);
	memset(line, ',', CSV_FIELDS_MAX);
	assert_int_equal(split(line), -EBADMSG);
}

static void written_fields_are_read_back(void **state _unused_)
{
	static const char *const fields[] = { "plain", "a,b", "say \"hi\"", "two\r\nlines", "" };
	struct buf out = BUF_INIT(256);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (i > 0)
			buf_add_char(&out, ',');
		csv_add_field(&out, fields[i]);
	}
	assert_int_equal(split(out.data), 0);
	assert_int_equal(record.count, ARRAY_SIZE(fields));
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		assert_string_equal(record.fields[i], fields[i]);
	buf_deinit(&out);
}

static struct record_reader reader;
static FILE *file;

static void open_text(const char *content, bool quotes)
{
	file = fmemopen((void *)(uintptr_t)content, strlen(content), "r");
	assert_non_null(file);
	record_reader_init(&reader, file, quotes);
}

static void close_text(void)
{
	record_reader_deinit(&reader);
	fclose(file);
}

static void records_know_the_line_they_begin_on(void **state _unused_)
{
	open_text("a,b\r\n\"x\ny\",1\nlast", true);
	assert_int_equal(record_next(&reader), RECORD_FOUND);
	assert_string_equal(reader.text.data, "a,b");
	assert_int_equal(reader.line, 1);
	assert_int_equal(record_next(&reader), RECORD_FOUND);
	assert_string_equal(reader.text.data, "\"x\ny\",1");
	assert_int_equal(reader.line, 2);
	assert_int_equal(record_next(&reader), RECORD_FOUND);
	assert_string_equal(reader.text.data, "last");
	assert_int_equal(reader.line, 4);
	assert_int_equal(record_next(&reader), RECORD_END);
	close_text();
}

static void quotes_that_never_end_stop_the_reading(void **state _unused_)
{
	open_text("a,\"b\nc,d\n", true);
	assert_int_equal(record_next(&reader), RECORD_TOO_LONG);
	close_text();
}

static void in_json_lines_quotes_mean_nothing(void **state _unused_)
{
	open_text("{\"a\":\"\\\"\"}\nb", false);
	assert_int_equal(record_next(&reader), RECORD_FOUND);
	assert_string_equal(reader.text.data, "{\"a\":\"\\\"\"}");
	close_text();
}

static void a_record_over_the_cap_is_not_held(void **state _unused_)
{
	static char big[CSV_RECORD_MAX + 2];

	memset(big, 'x', CSV_RECORD_MAX + 1);
	open_text(big, true);
	assert_int_equal(record_next(&reader), RECORD_TOO_LONG);
	close_text();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_fields_are_split_at_commas),
		cmocka_unit_test(an_empty_record_is_one_empty_field),
		cmocka_unit_test(quoted_fields_hold_commas_quotes_and_line_ends),
		cmocka_unit_test(what_is_not_csv_is_refused),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(too_many_fields_are_refused),
		cmocka_unit_test(written_fields_are_read_back),
		cmocka_unit_test(records_know_the_line_they_begin_on),
		cmocka_unit_test(quotes_that_never_end_stop_the_reading),
		cmocka_unit_test(in_json_lines_quotes_mean_nothing),
		cmocka_unit_test(a_record_over_the_cap_is_not_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
