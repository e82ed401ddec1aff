/* Days of a space: the spans fill them, say who holds it, and never call taken time free. */

#include "daemon/day.h"
#include "tests/unit/calendar_site.h"

#define OFFICE_HOURS "\"open\":540,\"close\":1080,\"closed_days\":[0]" /* 9 to 18, not on Sundays */

static struct day_span spans[DAY_SPANS_MAX];
static bool truncated;

static struct zone *zone_of(const char *name)
{
	struct zone *zone;

	assert_int_equal(zone_load(name, NULL, &zone), 0);
	return zone;
}

/* Fills `spans`, held against what is true of all days; gives their number. */
static size_t days_of(const struct calendar *calendar, const struct zone *zone, const char *code,
		      struct civil date, int days)
{
	struct civil end = civil_from_seconds(civil_to_seconds(&date) + days * INT64_C(86400));
	struct day_clock clock;
	size_t count;

	day_clock_init(&clock, zone, calendar_hours(calendar), &date, days);
	count = day_spans(calendar, &clock, calendar_space(calendar, code), spans, &truncated);
	assert_true(count > 0);
	assert_int_equal(spans[0].start, day_begin(zone, &date));
	for (size_t i = 0; i < count; i++) {
		assert_true(spans[i].start < spans[i].end);
		assert_int_equal(spans[i].entry != NULL,
				 spans[i].state == DAY_TAKEN || spans[i].state == DAY_BLOCKED);
		if (i > 0)
			assert_int_equal(spans[i].start, spans[i - 1].end);
	}
	if (!truncated)
		assert_int_equal(spans[count - 1].end, day_begin(zone, &end));
	return count;
}

static void test_outside_opening_hours_it_is_closed(void **state)
{
	struct calendar *calendar = make_site(0, OFFICE_HOURS);
	struct zone *zone = zone_of("Asia/Seoul");

	assert_int_equal(days_of(calendar, zone, "RA", (struct civil){ 2027, 3, 1 }, 1), 3);
	assert_int_equal(spans[0].state, DAY_CLOSED);
	assert_int_equal(spans[1].state, DAY_FREE);
	assert_int_equal(spans[1].start - spans[0].start, 9 * HOUR);
	assert_int_equal(spans[1].end - spans[0].start, 18 * HOUR);
	assert_int_equal(spans[2].state, DAY_CLOSED);
	/* Saturday 6 March's evening and Sunday are one closed span */
	assert_int_equal(days_of(calendar, zone, "RA", (struct civil){ 2027, 3, 6 }, 2), 3);
	zone_free(zone);
	calendar_free(calendar);
}

static void test_a_day_is_as_long_as_the_clock_makes_it(void **state)
{
	static const struct {
		const char *zone;
		struct civil date;
		int64_t minutes;
	} rows[] = {
		{ "America/New_York", { 2027, 3, 14 }, 23 * 60 },
		{ "America/New_York", { 2027, 11, 7 }, 25 * 60 },
		{ "Europe/Berlin", { 2027, 3, 28 }, 23 * 60 },
		{ "Europe/Berlin", { 2027, 10, 31 }, 25 * 60 },
		{ "Australia/Lord_Howe", { 2027, 4, 4 }, 24 * 60 + 30 },
		{ "Asia/Beirut", { 2027, 3, 28 }, 23 * 60 }, /* midnight does not exist */
		{ "Asia/Seoul", { 2027, 3, 14 }, 24 * 60 },
		{ "Pacific/Apia", { 2011, 12, 29 }, 24 * 60 }, /* the day after it was left out */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct calendar *calendar = make_site(0, ALWAYS_OPEN);
		struct zone *zone = zone_of(rows[i].zone);

		print_message("# %s\n", rows[i].zone);
		assert_int_equal(days_of(calendar, zone, "RA", rows[i].date, 1), 1);
		assert_int_equal(spans[0].end - spans[0].start, rows[i].minutes * (HOUR / 60));
		zone_free(zone);
		calendar_free(calendar);
	}
}

static void test_halves_of_a_room_held_at_one_time_are_not_told_twice(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	struct zone *zone = zone_of("UTC");
	int64_t day = day_begin(zone, &(struct civil){ 2027, 3, 1 });

	apply(calendar, "booking.created",
	      entry_text("booking", 1, 1, "[1]", day + 2 * HOUR, day + 6 * HOUR, "confirmed"));
	apply(calendar, "booking.created",
	      entry_text("booking", 2, 2, "[2]", day + 3 * HOUR, day + 4 * HOUR, "confirmed"));
	apply(calendar, "block.created",
	      entry_text("block", 3, 2, "[2]", day + 5 * HOUR, day + 30 * HOUR, "active"));
	assert_int_equal(days_of(calendar, zone, "AB", (struct civil){ 2027, 3, 1 }, 1), 3);
	assert_int_equal(spans[1].entry->id, 1);
	assert_int_equal(spans[1].end, day + 6 * HOUR);
	assert_int_equal(spans[2].state, DAY_BLOCKED);
	assert_int_equal(days_of(calendar, zone, "RB", (struct civil){ 2027, 3, 1 }, 1), 4);
	assert_int_equal(days_of(calendar, zone, "RA", (struct civil){ 2027, 3, 1 }, 1), 3);
	zone_free(zone);
	calendar_free(calendar);
}

/* A booking every ten minutes in one half and one in the other, late: none of it may look free. */
static void crowd(struct calendar *calendar, int64_t day, int count)
{
	for (int i = 0; i < count; i++)
		apply(calendar, "booking.created",
		      entry_text("booking", 10 + i, 1, "[1]", day + i * (HOUR / 20),
				 day + (i + 1) * (HOUR / 20), "confirmed"));
	apply(calendar, "booking.created",
	      entry_text("booking", 5, 2, "[2]", day + 1 * HOUR, day + 150 * HOUR, "confirmed"));
}

static void test_what_does_not_fit_ends_the_answer_and_is_said(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	struct zone *zone = zone_of("UTC");
	struct civil date = { 2027, 3, 1 };
	int64_t day = day_begin(zone, &date);
	size_t count;

	crowd(calendar, day, 1100);
	count = days_of(calendar, zone, "AB", date, 7);
	assert_false(truncated); /* after an hour the other half holds the room for long */
	for (size_t i = 0; i < count; i++)
		if (spans[i].start < day + 150 * HOUR)
			assert_int_equal(spans[i].state, DAY_TAKEN);
	assert_int_equal(days_of(calendar, zone, "RA", date, 7), DAY_SPANS_MAX);
	assert_true(truncated);
	assert_int_equal(spans[DAY_SPANS_MAX - 1].state, DAY_TAKEN);
	calendar_free(calendar);

	calendar = make_site(0, ALWAYS_OPEN);
	crowd(calendar, day, DAY_SPANS_MAX - 1);
	assert_int_equal(days_of(calendar, zone, "RA", date, 7), DAY_SPANS_MAX);
	assert_false(truncated); /* just as many as there is room for */
	calendar_free(calendar);
	zone_free(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outside_opening_hours_it_is_closed),
		cmocka_unit_test(test_a_day_is_as_long_as_the_clock_makes_it),
		cmocka_unit_test(test_halves_of_a_room_held_at_one_time_are_not_told_twice),
		cmocka_unit_test(test_what_does_not_fit_ends_the_answer_and_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
