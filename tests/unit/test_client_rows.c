/*
 * Rows of import files and the keys made from them: the promise that a second run books nothing
 * twice stands on these keys.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/rows.h"
#include "common/macros.h"

#define HEAD "space,start_local,end_local,title,external_id\n"
#define ROW  "A-12,2026-11-23T09:00,2026-11-23T10:00,"

static char folder[] = "/tmp/cowork-rows-XXXXXX";
static char path[128];

static int make_folder(void **state _unused_)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state _unused_)
{
	return rmdir(folder);
}

static void write_file(const char *name, const char *content)
{
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	assert_int_equal(fclose(file), 0);
}

/* The key of the n-th row (from 1) of a file with this name and content. */
static const char *key_of(const char *name, const char *content, int n, const char *site)
{
	static char keys[8][UUID_TEXT_MAX];
	static unsigned next;
	char *key = keys[next++ % ARRAY_SIZE(keys)];
	struct rows_problem problem;
	struct rows rows;
	struct row row;
	uint8_t identity[32];

	write_file(name, content);
	assert_int_equal(rows_open(&rows, path, kind_find("bookings"), &problem), 0);
	while (n-- > 0)
		assert_int_equal(rows_next(&rows, &row, &problem), ROWS_ROW);
	assert_int_equal(row_identity(&rows, &row, site, path, identity), 0);
	row_key(identity, 0, key);
	rows_close(&rows);
	unlink(path);
	return key;
}

static void the_same_row_has_the_same_key(void **state _unused_)
{
	assert_string_equal(key_of("b.csv", HEAD ROW "x,\n", 1, "KSQ"),
			    key_of("b.csv", HEAD ROW "x,\n", 1, "KSQ"));
}

static void rows_appended_later_change_no_key(void **state _unused_)
{
	assert_string_equal(key_of("b.csv", HEAD ROW "x,\n", 1, "KSQ"),
			    key_of("b.csv", HEAD ROW "x,\n" ROW "y,\n", 1, "KSQ"));
}

static void equal_rows_on_two_lines_are_two_bookings(void **state _unused_)
{
	const char *content = HEAD ROW "x,\n" ROW "x,\n";

	assert_string_not_equal(key_of("b.csv", content, 1, "KSQ"),
				key_of("b.csv", content, 2, "KSQ"));
}

static void a_row_with_an_external_id_may_change_its_line(void **state _unused_)
{
	assert_string_equal(key_of("b.csv", HEAD ROW "x,E-1\n", 1, "KSQ"),
			    key_of("b.csv", HEAD ROW "new,\n" ROW "x,E-1\n", 2, "KSQ"));
}

static void a_mended_row_is_another_request(void **state _unused_)
{
	assert_string_not_equal(key_of("b.csv", HEAD ROW "x,E-1\n", 1, "KSQ"),
				key_of("b.csv", HEAD ROW "y,E-1\n", 1, "KSQ"));
}

static void file_and_site_belong_to_the_key(void **state _unused_)
{
	const char *content = HEAD ROW "x,\n";

	assert_string_not_equal(key_of("b.csv", content, 1, "KSQ"),
				key_of("c.csv", content, 1, "KSQ"));
	assert_string_not_equal(key_of("b.csv", content, 1, "KSQ"),
				key_of("b.csv", content, 1, "DJN"));
}

static void each_generation_has_its_own_key(void **state _unused_)
{
	uint8_t identity[32] = { 1, 2, 3 };
	char first[UUID_TEXT_MAX], second[UUID_TEXT_MAX];

	row_key(identity, 0, first);
	row_key(identity, 1, second);
	assert_string_not_equal(first, second);
	row_key(identity, 1, first);
	assert_string_equal(first, second);
}

/* Opens a file of spaces that should be refused, and gives the reason. */
static const char *refusal_of(const char *content)
{
	static struct rows_problem problem;
	struct rows rows;

	write_file("spaces.csv", content);
	assert_int_equal(rows_open(&rows, path, kind_find("spaces"), &problem), -EBADMSG);
	rows_close(&rows);
	unlink(path);
	return problem.text;
}

static void an_unknown_column_is_named_with_the_known_ones(void **state _unused_)
{
	const char *reason = refusal_of("code,kind,colour\n");

	assert_non_null(strstr(reason, "\"colour\""));
	assert_non_null(strstr(reason, "amenities"));
}

static void missing_and_doubled_columns_are_named(void **state _unused_)
{
	assert_non_null(strstr(refusal_of("code,name\n"), "kind"));
	assert_non_null(strstr(refusal_of("code,kind,code\n"), "code"));
	assert_non_null(strstr(refusal_of(""), "empty"));
}

static void json_lines_say_the_same_as_csv(void **state _unused_)
{
	struct rows_problem problem;
	struct rows rows;
	struct row row;

	write_file("spaces.jsonl", "{\"code\":\"A\",\"kind\":\"desk\",\"capacity\":4,\"units\":["
				   "\"a\",\"b\"],\"name\":null}\n"
				   "\n"
				   "{\"code\":\"B\",\"kind\":\"desk\",\"colour\":\"red\"}\n"
				   "{\"code\":\"C\"}\n"
				   "[1]\n");
	assert_int_equal(rows_open(&rows, path, kind_find("spaces"), &problem), 0);
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_ROW);
	assert_string_equal(row.values[kind_column(rows.kind, "capacity")], "4");
	assert_string_equal(row.values[kind_column(rows.kind, "units")], "a;b");
	assert_null(row.values[kind_column(rows.kind, "name")]);
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_BAD);
	assert_int_equal(row.line, 3);
	assert_non_null(strstr(problem.text, "colour"));
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_BAD);
	assert_non_null(strstr(problem.text, "kind is missing"));
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_BAD);
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_END);
	rows_close(&rows);
	unlink(path);
}

static void a_bad_row_does_not_stop_the_next(void **state _unused_)
{
	struct rows_problem problem;
	struct rows rows;
	struct row row;

	write_file("b.csv", "\xef\xbb\xbf" HEAD "A-12,2026\n" ROW "\xff,\n" ROW "x,\n");
	assert_int_equal(rows_open(&rows, path, kind_find("bookings"), &problem), 0);
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_BAD);
	assert_int_equal(row.line, 2);
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_BAD);
	assert_non_null(strstr(problem.text, "UTF-8"));
	assert_int_equal(rows_next(&rows, &row, &problem), ROWS_ROW);
	assert_int_equal(row.line, 4);
	rows_close(&rows);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_row_has_the_same_key),
		cmocka_unit_test(rows_appended_later_change_no_key),
		cmocka_unit_test(equal_rows_on_two_lines_are_two_bookings),
		cmocka_unit_test(a_row_with_an_external_id_may_change_its_line),
		cmocka_unit_test(a_mended_row_is_another_request),
		cmocka_unit_test(file_and_site_belong_to_the_key),
		cmocka_unit_test(each_generation_has_its_own_key),
		cmocka_unit_test(an_unknown_column_is_named_with_the_known_ones),
		cmocka_unit_test(missing_and_doubled_columns_are_named),
		cmocka_unit_test(json_lines_say_the_same_as_csv),
		cmocka_unit_test(a_bad_row_does_not_stop_the_next),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
