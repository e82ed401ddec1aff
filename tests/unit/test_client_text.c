/*
 * What reaches the terminal: harmless, aligned, and times as people read them.
 */

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/jsontext.h"
#include "client/out.h"
#include "client/params.h"
#include "client/rules.h"
#include "client/table.h"
#include "client/when.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"

static struct buf out = BUF_INIT(4096);

static const char *text(void)
{
	return out.data ? out.data : "";
}

static int fresh(void **state _unused_)
{
	buf_reset(&out);
	return 0;
}

static int clean_up(void **state _unused_)
{
	buf_deinit(&out);
	return 0;
}

static void escapes_cannot_reach_the_terminal(void **state _unused_)
{
	text_line(&out, "a\033[2Jb\xc2\x9b"
			"31mc\xe2\x80\xae"
			"d\xff\te\nf");
	assert_null(strchr(text(), '\033'));
	assert_null(strstr(text(), "\xc2\x9b"));
	assert_null(strstr(text(), "\xe2\x80\xae"));
	assert_null(strchr(text(), '\n'));
	assert_null(strchr(text(), '\t'));
	assert_true(utf8_valid(text(), strlen(text())));
	assert_non_null(strstr(text(), " e f"));
}

static void names_in_every_script_stay_as_they_are(void **state _unused_)
{
	text_line(&out, "김민지 · Dana Müller · 창가");
	assert_string_equal(text(), "김민지 · Dana Müller · 창가");
}

static void tsv_keeps_one_row_a_line(void **state _unused_)
{
	text_escape(&out, "a\tb\nc\rd\\e");
	assert_string_equal(text(), "a\\tb\\nc\\rd\\\\e");
}

static void json_stays_the_same_value(void **state _unused_)
{
	const char *json = "{\"t\":\"한 \xc2\x9b \xe2\x80\xae \xf3\xa0\x80\x81 é\"}";

	json_add_safe(&out, json, strlen(json));
	assert_non_null(strstr(text(), "한 \\u009b \\u202e "));
	assert_non_null(strstr(text(), " é\""));
	assert_null(strstr(text(), "\xc2\x9b"));
}

static void words_are_quoted_for_the_shell(void **state _unused_)
{
	text_quote(&out, "A-12");
	buf_add_char(&out, ' ');
	text_quote(&out, "it's $HOME");
	buf_add_char(&out, ' ');
	text_quote(&out, "");
	buf_add_char(&out, ' ');
	text_quote(&out, "내일");
	buf_add_char(&out, ' ');
	text_quote(&out, "내일 9시");
	assert_string_equal(text(), "A-12 'it'\\''s $HOME' '' 내일 '내일 9시'");
}

static void cut(const char *from, int width, const char *to)
{
	buf_reset(&out);
	table_cut(from, width, &out);
	assert_string_equal(text(), to);
	assert_true(utf8_width(text()) <= width);
}

static void cells_are_cut_by_columns_not_bytes(void **state _unused_)
{
	cut("short", 5, "short");
	cut("longer", 5, "long…");
	cut("한빛회의실", 10, "한빛회의실");
	cut("한빛회의실", 7, "한빛회…");
	cut("한빛회의실", 6, "한빛…");
	cut("e\xcc\x81t\xc3\xa9 indien", 4, "e\xcc\x81t\xc3\xa9…");
}

static int64_t at(const char *instant)
{
	int64_t usec;

	assert_int_equal(instant_parse(instant, &usec), 0);
	return usec;
}

static void span(const char *start, const char *end, const char *zone, const char *expected)
{
	buf_reset(&out);
	when_span(&out, at(start), at(end), zone, at("2026-06-01T00:00:00Z"), NULL);
	assert_string_equal(text(), expected);
}

static void spans_are_told_on_the_wall_clock(void **state _unused_)
{
	span("2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z", "Asia/Seoul",
	     "Mon 23 Nov 09:00–17:00 KST");
	span("2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z", NULL, "Mon 23 Nov 00:00–08:00 UTC");
	span("2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z", "No/Where",
	     "Mon 23 Nov 00:00–08:00 UTC");
}

static void ends_on_other_days_and_years_are_told(void **state _unused_)
{
	span("2026-11-27T13:00:00Z", "2026-11-27T15:00:00Z", "Asia/Seoul",
	     "Fri 27 Nov 22:00–24:00 KST");
	span("2026-11-27T13:00:00Z", "2026-11-27T17:00:00Z", "Asia/Seoul",
	     "Fri 27 Nov 22:00 – Sat 28 Nov 02:00 KST");
	span("2027-01-04T00:00:00Z", "2027-01-04T01:00:00Z", "Asia/Seoul",
	     "Mon 4 Jan 2027 09:00–10:00 KST");
}

static void a_clock_change_inside_shows_both_names(void **state _unused_)
{
	/* 01:30 EDT to 01:30 EST: an hour, though both ends read the same. */
	span("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "America/New_York",
	     "Sun 1 Nov 01:30 EDT–01:30 EST");
}

static void parameters_have_their_own_types(void **state _unused_)
{
	struct params_try one = { .key = "k", .attempt = 2, .dry_run = true };
	struct params params;

	params_begin(&params);
	assert_true(params_typed(&params, "capacity", "4"));
	assert_false(params_typed(&params, "capacity", "four"));
	assert_false(params_typed(&params, "capacity", "9007199254740993"));
	assert_true(params_typed(&params, "units", "a; b,c"));
	assert_true(params_typed(&params, "closed_days", "0;6"));
	assert_false(params_typed(&params, "closed_days", "Sun"));
	assert_true(params_typed(&params, "name", "12"));
	assert_true(params_members(&params, "{\"x\":[1,{\"y\":null}]}"));
	assert_false(params_members(&params, "[1]"));
	params_finish(&params, &one, &out);
	assert_string_equal(text(),
			    "{\"capacity\":4,\"units\":[\"a\",\"b\",\"c\"],\"closed_days\":[0,6],"
			    "\"name\":\"12\",\"x\":[1,{\"y\":null}],"
			    "\"key\":\"k\",\"attempt\":2,\"dry_run\":true}");
	params_deinit(&params);
}

static void each_try_closes_the_same_parameters_anew(void **state _unused_)
{
	struct params_try first = { .key = "k", .attempt = 1 },
			  second = { .key = "k", .attempt = 2 };
	struct params params;

	params_begin(&params);
	params_finish(&params, &first, &out);
	params_finish(&params, &second, &out);
	assert_string_equal(text(), "{\"key\":\"k\",\"attempt\":1}{\"key\":\"k\",\"attempt\":2}");
	params_deinit(&params);
}

static const char *words_of(const char *json)
{
	struct json_problem problem;
	struct cJSON *rules;

	assert_int_equal(json_parse(json, strlen(json), &json_limits_reply, &rules, &problem), 0);
	buf_reset(&out);
	rules_words(rules, &out);
	json_free(rules);
	return text();
}

static void rules_are_read_as_words(void **state _unused_)
{
	assert_string_equal(words_of("{\"one_at_a_time\":false}"), "no limit");
	assert_string_equal(words_of("{\"one_at_a_time\":true}"), "one at a time");
	assert_string_equal(words_of("{\"longest\":480}"), "up to 8h");
	assert_string_equal(words_of("{\"shortest\":90}"), "at least 1h30m");
	assert_string_equal(words_of("{\"granularity\":15,\"notice\":0,\"horizon\":0}"),
			    "by 15m, today only");
	assert_string_equal(words_of("{\"shortest\":15,\"longest\":1500,\"notice\":30,"
				     "\"horizon\":90,\"one_at_a_time\":true}"),
			    "15m to 1d1h, 30m before, 90d ahead, one at a time");
}

static void lengths_are_numbers_with_units(void **state _unused_)
{
	static const struct {
		const char *text;
		int64_t unit, minutes; /* -1: refused */
	} cases[] = {
		{ "8h", 1, 480 },     { "15m", 1, 15 },	       { "1h30m", 1, 90 },
		{ "2w", 1, 20160 },   { "90d", 1440, 129600 }, { "90", 1440, 129600 },
		{ "15", 1, 15 },      { "0", 1, 0 },	       { "", 1, -1 },
		{ "h", 1, -1 },	      { "1h30", 1, -1 },       { "-1h", 1, -1 },
		{ "1x", 1, -1 },      { "1 h", 1, -1 },	       { "999999999999h", 1, -1 },
		{ "999999h", 1, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t minutes;
		bool ok = rules_length(cases[i].text, cases[i].unit, &minutes);

		print_message("# %s\n", cases[i].text);
		assert_int_equal(ok ? minutes : -1, cases[i].minutes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(escapes_cannot_reach_the_terminal, fresh),
		cmocka_unit_test_setup(rules_are_read_as_words, fresh),
		cmocka_unit_test_setup(lengths_are_numbers_with_units, fresh),
		cmocka_unit_test_setup(names_in_every_script_stay_as_they_are, fresh),
		cmocka_unit_test_setup(tsv_keeps_one_row_a_line, fresh),
		cmocka_unit_test_setup(json_stays_the_same_value, fresh),
		cmocka_unit_test_setup(words_are_quoted_for_the_shell, fresh),
		cmocka_unit_test_setup(cells_are_cut_by_columns_not_bytes, fresh),
		cmocka_unit_test_setup(spans_are_told_on_the_wall_clock, fresh),
		cmocka_unit_test_setup(ends_on_other_days_and_years_are_told, fresh),
		cmocka_unit_test_setup(a_clock_change_inside_shows_both_names, fresh),
		cmocka_unit_test_setup(parameters_have_their_own_types, fresh),
		cmocka_unit_test_setup(each_try_closes_the_same_parameters_anew, fresh),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
