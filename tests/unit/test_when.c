/*
 * Date phrases. A table of phrases says what each means; properties say what holds for all: an echo
 * means what it echoes, suggestions are understood, gaps and folds are found at every change of
 * the clock.
 */

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/macros.h"
#include "when_describe.h"
#include "when_table.h"

#define HOUR (INT64_C(3600) * USEC_PER_SEC)
#define DAY  (24 * HOUR)

static int64_t at(const char *text)
{
	int64_t usec;

	assert_int_equal(instant_parse(text, &usec), 0);
	return usec;
}

static struct zone *load(const char *name)
{
	struct zone *zone;

	assert_int_equal(zone_load(name, NULL, &zone), 0);
	return zone;
}

static struct when_options options_of(const struct group *group)
{
	return (struct when_options){ .lang = group->lang,
				      .open = group->open,
				      .close = group->close,
				      .slot = 15,
				      .fold = group->fold };
}

/* --- the table --- */

static void phrases_mean_what_the_table_says(void **state _unused_)
{
	size_t count = 0, wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct when_options options = options_of(&groups[i]);

		for (const struct row *row = groups[i].rows; row->phrase; row++) {
			struct buf out = BUF_INIT(4096);

			describe(&out, row->phrase, groups[i].zone, groups[i].now, &options,
				 groups[i].edge);
			if (strcmp(out.data, row->expected) != 0)
				print_error("%s: \"%s\"\n  is        %s\n  should be %s\n",
					    groups[i].name, row->phrase, out.data, row->expected);
			wrong += strcmp(out.data, row->expected) != 0;
			count++;
			buf_deinit(&out);
		}
	}
	assert_int_equal(wrong, 0);
	assert_true(count >= 200);
}

static void assert_echo(const struct when_interval *interval, const struct zone *zone, int64_t now,
			const char *lang)
{
	struct when_options options = WHEN_OPTIONS_INIT;
	struct buf echo = BUF_INIT(256);
	struct when_interval again = { 0 };
	struct when_problem problem;
	enum when_kind kind;

	when_echo(&echo, interval, zone, now, lang);
	kind = when_parse(echo.data, now, zone, &options, &again, &problem);
	if (kind != WHEN_OK || again.start != interval->start || again.end != interval->end) {
		char a[INSTANT_TEXT_MAX], b[INSTANT_TEXT_MAX], c[INSTANT_TEXT_MAX];

		fail_msg("%s: \"%s\" is echoed for %s/%s at %s: %s", zone_name(zone), echo.data,
			 instant_format(interval->start, a), instant_format(interval->end, b),
			 instant_format(now, c), kind_names[kind]);
	}
	buf_deinit(&echo);
}

static void assert_echo_instant(int64_t usec, const struct zone *zone, int64_t now,
				const char *lang)
{
	struct when_options options = WHEN_OPTIONS_INIT;
	struct buf echo = BUF_INIT(256);
	struct when_problem problem;
	int64_t again = 0;
	enum when_kind kind;

	when_echo_instant(&echo, usec, zone, now, lang);
	kind = when_parse_edge(echo.data, now, zone, &options, WHEN_TO, &again, &problem);
	if (kind != WHEN_OK || again != usec)
		fail_msg("%s: \"%s\" is another instant: %s", zone_name(zone), echo.data,
			 kind_names[kind]);
	buf_deinit(&echo);
}

/* Everything said about a phrase of the table must hold for whoever takes the word for it. */
static void check_row(const struct group *group, const struct row *row, const struct zone *zone)
{
	struct when_options options = options_of(group);
	struct when_problem problem, none;
	struct when_interval interval;
	int64_t now = at(group->now);
	size_t len = strlen(row->phrase);

	if (group->edge >= 0)
		return;
	if (when_parse(row->phrase, now, zone, &options, &interval, &problem) == WHEN_OK) {
		assert_echo(&interval, zone, now, group->lang);
		assert_echo(&interval, zone, now, "ko");
		return;
	}
	assert_true(problem.at + problem.len <= len);
	assert_true(utf8_valid(row->phrase, problem.at));
	assert_true(utf8_valid(row->phrase, problem.at + problem.len));
	for (size_t i = 0; i < problem.suggestion_count; i++)
		if (when_parse(problem.suggestions[i].phrase, now, zone, &options, &interval,
			       &none) != WHEN_OK)
			fail_msg("\"%s\" suggests \"%s\", which is %s", row->phrase,
				 problem.suggestions[i].phrase, kind_names[none.kind]);
}

static void every_echo_and_every_suggestion_is_understood(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct zone *zone = load(groups[i].zone);

		for (const struct row *row = groups[i].rows; row->phrase; row++)
			check_row(&groups[i], row, zone);
		zone_free(zone);
	}
}

/* A phrase cut anywhere is another phrase or a problem, and never more than that. */
static void phrases_may_be_cut_anywhere(void **state _unused_)
{
	struct zone *zone = load("America/New_York");
	struct when_options options = WHEN_OPTIONS_INIT;
	int64_t now = at("2026-11-22T20:00:00Z");

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		for (const struct row *row = groups[i].rows; row->phrase; row++)
			for (size_t len = 0; row->phrase[len]; len++) {
				char *cut = strndup(row->phrase, len);
				struct when_problem problem;
				struct when_interval interval;

				if (when_parse(cut, now, zone, &options, &interval, &problem) !=
				    WHEN_OK)
					assert_true(problem.at + problem.len <= len);
				else
					assert_echo(&interval, zone, now, NULL);
				free(cut);
			}
	zone_free(zone);
}

static void each_kind_says_what_is_wrong(void **state _unused_)
{
	struct when_problem problem = { .parts = { "2-4", "09:00", "18:00" } };
	struct buf out = BUF_INIT(256);

	when_say(&out, when_template(WHEN_OUTSIDE), &problem);
	assert_string_equal(out.data, "2-4 is outside the opening hours 09:00-18:00");
	buf_deinit(&out);
	for (int kind = WHEN_EMPTY; kind <= WHEN_NOT_ONE; kind++) {
		assert_non_null(when_template((enum when_kind)kind));
		assert_true(strlen(when_template((enum when_kind)kind)) > 10);
	}
}

static void text_that_is_none_is_refused(void **state _unused_)
{
	struct zone *zone = load("Asia/Seoul");
	struct when_options options = WHEN_OPTIONS_INIT;
	struct when_interval interval;
	struct when_problem problem;
	char text[400];

	assert_int_equal(when_parse("mon \xff 9-12", 0, zone, &options, &interval, &problem),
			 WHEN_BAD_TEXT);
	assert_int_equal(when_parse("\xed\xa0\x80", 0, zone, &options, &interval, &problem),
			 WHEN_BAD_TEXT);
	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(when_parse(text, 0, zone, &options, &interval, &problem), WHEN_BAD_TEXT);
	memset(text, '-', 200);
	text[200] = '\0';
	assert_int_equal(when_parse(text, 0, zone, &options, &interval, &problem), WHEN_BAD_TEXT);
	zone_free(zone);
}

static void words_of_phrases_are_told_from_codes(void **state _unused_)
{
	assert_true(when_is_word("tomorrow"));
	assert_true(when_is_word("내일"));
	assert_true(when_is_word("9-17"));
	assert_true(when_is_word("2026-11-23T09:00"));
	assert_true(when_is_word("2026년"));
	assert_false(when_is_word("A-12"));
	assert_false(when_is_word("101"));
	assert_false(when_is_word("2F"));
	assert_false(when_is_word("ROOM-2"));
	assert_false(when_is_word("M-2"));
	assert_false(when_is_word("M-10"));
	assert_false(when_is_word("D1"));
	assert_false(when_is_word("at-3"));
	assert_false(when_is_word("M"));
	assert_true(when_is_word("mon-wed"));
	assert_true(when_is_word("PT8H"));
	assert_true(when_is_word("nov23"));
	assert_false(when_is_word("한빛"));
	assert_false(when_is_word(""));
}

/* --- properties --- */

/* Reproducible: xorshift64*. */
static uint64_t random_state = 0x9E3779B97F4A7C15;

static uint64_t random_below(uint64_t limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545F4914F6CDD1D % limit;
}

static int64_t rounded(int64_t usec, int64_t unit)
{
	return usec - ((usec % unit) + unit) % unit;
}

static const char *const zones[] = {
	"America/New_York", "Asia/Seoul",    "Australia/Lord_Howe",  "Europe/London",
	"America/Havana",   "Asia/Kolkata",  "America/St_Johns",     "America/Sao_Paulo",
	"Asia/Pyongyang",   "Europe/Moscow", "Africa/Casablanca",    "Pacific/Apia",
	"Antarctica/Troll", "Pacific/Guam",  "Asia/Kathmandu",	     "America/Caracas",
	"Africa/Monrovia",  "Asia/Gaza",     "America/Scoresbysund",
};

/* An interval that begins at or near `start`, of minutes to weeks, in steps of seconds or more. */
static void check_near(const struct zone *zone, int64_t start)
{
	static const int64_t units[] = { USEC_PER_SEC, 60 * USEC_PER_SEC, 15 * 60 * USEC_PER_SEC };
	static const int64_t spans[] = { HOUR, 3 * HOUR, DAY, 3 * DAY, 40 * DAY };
	static const int64_t nows[] = { DAY, 30 * DAY, 400 * DAY };
	int64_t unit = units[random_below(ARRAY_SIZE(units))];
	int64_t span = spans[random_below(ARRAY_SIZE(spans))];
	int64_t near = nows[random_below(ARRAY_SIZE(nows))];
	struct when_interval interval;
	int64_t now;

	interval.start = rounded(start, unit);
	interval.end = interval.start + unit + rounded((int64_t)random_below((uint64_t)span), unit);
	now = interval.start + (int64_t)random_below((uint64_t)(2 * near)) - near;
	assert_echo(&interval, zone, now, random_below(2) ? "ko" : NULL);
	assert_echo_instant(interval.start, zone, now, random_below(2) ? "ko_KR.UTF-8" : "en");
}

static void an_echo_means_what_it_echoes(void **state _unused_)
{
	int64_t first = at("1971-06-01T00:00:00Z"), range = at("2090-01-01T00:00:00Z") - first;

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		struct zone *zone = load(zones[i]);

		for (int n = 0; n < 500; n++)
			check_near(zone, first + (int64_t)random_below((uint64_t)range));
		zone_free(zone);
	}
}

static void an_echo_means_what_it_echoes_on_days_when_the_clock_changes(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		struct zone *zone = load(zones[i]);
		int64_t change = at("1971-06-01T00:00:00Z"), last = at("2050-01-01T00:00:00Z");

		while (zone_next_change(zone, change, &change) && change < last)
			for (int n = 0; n < 6; n++)
				check_near(zone, change +
							 (int64_t)random_below(6 * (uint64_t)HOUR) -
							 4 * HOUR);
		zone_free(zone);
	}
}

/* The middle of what a change skips or repeats, as "2027-03-14 02:30 for 1h". */
static void check_change(const struct zone *zone, int64_t change)
{
	struct when_options options = WHEN_OPTIONS_INIT;
	struct zone_local before, after;
	struct when_interval interval[2];
	struct when_problem problem;
	char phrase[64], text[CIVIL_TEXT_MAX];
	struct civil middle;
	enum when_kind kind;
	int shift;

	zone_to_local(zone, change - 1, &before);
	zone_to_local(zone, change, &after);
	shift = after.offset - before.offset;
	middle = civil_from_seconds(instant_seconds(change) + before.offset + shift / 2);
	snprintf(phrase, sizeof(phrase), "%s for 1h", civil_format(&middle, text));
	kind = when_parse(phrase, change, zone, &options, &interval[0], &problem);
	assert_int_equal(kind, shift > 0 ? WHEN_GAP : WHEN_TWICE);
	assert_int_equal(problem.at, strlen("2027-03-14T"));
	if (shift > 0)
		return;
	for (int fold = 0; fold < 2; fold++) {
		options.fold = fold;
		assert_int_equal(
			when_parse(phrase, change, zone, &options, &interval[fold], &problem),
			WHEN_OK);
		assert_int_equal(interval[fold].end - interval[fold].start, HOUR);
	}
	assert_int_equal(interval[1].start - interval[0].start, -shift * USEC_PER_SEC);
}

static void gaps_and_folds_are_found_at_every_change(void **state _unused_)
{
	static const char *const places[] = { "America/New_York", "Australia/Lord_Howe",
					      "Europe/London", "America/Havana",
					      "America/St_Johns" };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct zone *zone = load(places[i]);
		int64_t change = at("2015-01-01T00:00:00Z"), last = at("2045-01-01T00:00:00Z");

		while (zone_next_change(zone, change, &change) && change < last) {
			check_change(zone, change);
			count++;
		}
		zone_free(zone);
	}
	assert_true(count > 250);
}

static void now_begins_where_its_slot_does(void **state _unused_)
{
	struct zone *zone = load("Asia/Kathmandu"); /* +05:45: slots are those of the wall clock */
	struct when_options options = WHEN_OPTIONS_INIT;
	struct when_interval interval;
	struct when_problem problem;

	options.slot = 30;
	assert_int_equal(when_parse("now for 1h", at("2026-11-22T06:14:59Z"), zone, &options,
				    &interval, &problem),
			 WHEN_OK);
	assert_int_equal(interval.start, at("2026-11-22T05:45:00Z"));
	assert_int_equal(interval.end, at("2026-11-22T06:45:00Z"));
	zone_free(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phrases_mean_what_the_table_says),
		cmocka_unit_test(every_echo_and_every_suggestion_is_understood),
		cmocka_unit_test(phrases_may_be_cut_anywhere),
		cmocka_unit_test(each_kind_says_what_is_wrong),
		cmocka_unit_test(text_that_is_none_is_refused),
		cmocka_unit_test(words_of_phrases_are_told_from_codes),
		cmocka_unit_test(an_echo_means_what_it_echoes),
		cmocka_unit_test(an_echo_means_what_it_echoes_on_days_when_the_clock_changes),
		cmocka_unit_test(gaps_and_folds_are_found_at_every_change),
		cmocka_unit_test(now_begins_where_its_slot_does),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* for columns alone */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
