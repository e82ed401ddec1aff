/* Calendar arithmetic and the written forms of time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "common/civil.h"
#include "common/macros.h"

static void every_day_of_ten_thousand_years_counts_one_further(void **state)
{
	struct civil expected = { .year = 1, .month = 1, .day = 1 };
	int weekday = 1; /* 0001-01-01 was a Monday */

	for (int64_t day = INSTANT_MIN / USEC_PER_SEC / 86400; expected.year <= 9999; day++) {
		struct civil civil = civil_from_seconds(day * 86400 + 86399);

		assert_int_equal(civil.year, expected.year);
		assert_int_equal(civil.month, expected.month);
		assert_int_equal(civil.day, expected.day);
		assert_int_equal(civil.hour * 10000 + civil.minute * 100 + civil.second, 235959);
		assert_int_equal(civil_to_seconds(&civil), day * 86400 + 86399);
		assert_int_equal(civil_weekday(&civil), weekday);
		weekday = (weekday + 1) % 7;
		if (++expected.day > civil_days_in_month(expected.year, expected.month)) {
			expected.day = 1;
			if (++expected.month > 12) {
				expected.month = 1;
				expected.year++;
			}
		}
	}
}

static void months_have_their_days_and_february_its_leap_years(void **state)
{
	assert_int_equal(civil_days_in_month(2026, 11), 30);
	assert_int_equal(civil_days_in_month(2026, 12), 31);
	assert_int_equal(civil_days_in_month(2026, 2), 28);
	assert_int_equal(civil_days_in_month(2028, 2), 29);
	assert_int_equal(civil_days_in_month(1900, 2), 28);
	assert_int_equal(civil_days_in_month(2000, 2), 29);
	assert_int_equal(civil_days_in_month(2026, 0), 0);
	assert_int_equal(civil_days_in_month(2026, 13), 0);
}

static void known_dates_have_their_seconds_and_weekdays(void **state)
{
	struct civil civil = { 2026, 11, 23, 9, 0, 0 };

	assert_int_equal(civil_to_seconds(&civil), 1795424400);
	assert_int_equal(civil_weekday(&civil), 1);
	civil = (struct civil){ 1969, 12, 31, 23, 59, 59 };
	assert_int_equal(civil_to_seconds(&civil), -1);
	assert_int_equal(civil_weekday(&civil), 3);
	civil = (struct civil){ 2000, 2, 29, 0, 0, 0 };
	assert_int_equal(civil_to_seconds(&civil), 951782400);
	assert_int_equal(civil_weekday(&civil), 2);
}

static void instants_are_read_in_every_written_form(void **state)
{
	static const struct {
		const char *text;
		int64_t usec;
	} cases[] = {
		{ "2026-11-22T14:05:00Z", INT64_C(1795356300000000) },
		{ "2026-11-22t14:05:00z", INT64_C(1795356300000000) },
		{ "2026-11-22T23:05:00+09:00", INT64_C(1795356300000000) },
		{ "2026-11-22T09:05:00-05:00", INT64_C(1795356300000000) },
		{ "2026-11-22T14:05:00-00:00", INT64_C(1795356300000000) },
		{ "2026-11-22T14:05:00.5Z", INT64_C(1795356300500000) },
		{ "2026-11-22T14:05:00.000001Z", INT64_C(1795356300000001) },
		{ "1969-12-31T23:59:59.999999Z", -1 },
		{ "0001-01-01T00:00:00Z", INSTANT_MIN },
		{ "9999-12-31T23:59:59.999999Z", INSTANT_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t usec = 1;

		assert_int_equal(instant_parse(cases[i].text, &usec), 0);
		assert_int_equal(usec, cases[i].usec);
	}
}

static void what_is_not_quite_an_instant_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"now",
		"2026-11-22",
		"2026-11-22T14:05Z",
		"2026-11-22T14:05:00",
		"2026-11-22 14:05:00Z",
		" 2026-11-22T14:05:00Z",
		"2026-11-22T14:05:00Z ",
		"2026-11-22T14:05:00ZZ",
		"2026-11-22T14:05:60Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T14:60:00Z",
		"2026-02-29T14:05:00Z",
		"2026-13-01T14:05:00Z",
		"2026-00-01T14:05:00Z",
		"2026-11-31T14:05:00Z",
		"0000-11-22T14:05:00Z",
		"26-11-22T14:05:00Z",
		"+2026-11-22T14:05:00Z",
		"12026-11-22T14:05:00Z",
		"2026-1-22T14:05:00Z",
		"2026-11-22T14:05:00.Z",
		"2026-11-22T14:05:00.1234567Z",
		"2026-11-22T14:05:00+0900",
		"2026-11-22T14:05:00+24:00",
		"2026-11-22T14:05:00+09:60",
		"2026-11-22T14:05:00+09",
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t usec = 77;

		assert_int_equal(instant_parse(cases[i], &usec), -EINVAL);
		assert_int_equal(usec, 77);
	}
}

static void an_instant_shows_a_fraction_only_where_there_is_one(void **state)
{
	char out[INSTANT_TEXT_MAX];

	assert_string_equal(instant_format(INT64_C(1795356300000000), out), "2026-11-22T14:05:00Z");
	assert_string_equal(instant_format(INT64_C(1795356300500000), out),
			    "2026-11-22T14:05:00.5Z");
	assert_string_equal(instant_format(INT64_C(1795356300000010), out),
			    "2026-11-22T14:05:00.00001Z");
	assert_string_equal(instant_format(-1, out), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(instant_format(INSTANT_MIN, out), "0001-01-01T00:00:00Z");
	assert_string_equal(instant_format(INSTANT_MAX, out), "9999-12-31T23:59:59.999999Z");
}

static void formatting_any_64_bits_stays_in_its_buffer(void **state)
{
	char out[INSTANT_TEXT_MAX];

	assert_string_equal(instant_format(INT64_MIN, out), "-290308-12-21T19:59:05.224192Z");
	assert_string_equal(instant_format(INT64_MAX, out), "294247-01-10T04:00:54.775807Z");
}

static void wall_clocks_are_read_to_the_minute_or_the_second(void **state)
{
	struct civil civil;
	char out[CIVIL_TEXT_MAX];

	assert_int_equal(civil_parse("2026-11-23T09:30", &civil), 0);
	assert_int_equal(civil.second, 0);
	assert_string_equal(civil_format(&civil, out), "2026-11-23T09:30");
	assert_int_equal(civil_parse("2026-11-23T09:30:00", &civil), 0);
	assert_string_equal(civil_format(&civil, out), "2026-11-23T09:30");
	assert_int_equal(civil_parse("2026-11-23T09:30:07", &civil), 0);
	assert_string_equal(civil_format(&civil, out), "2026-11-23T09:30:07");
}

static void what_is_not_quite_a_wall_clock_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"2026-11-23",
		"2026-11-23T9:30",
		"2026-11-23t09:30",
		"2026-11-23 09:30",
		"2026-11-23T09:30Z",
		"2026-11-23T09:30:",
		"2026-11-23T09:30:5",
		"2026-11-23T09:30:60",
		"2026-11-23T09:30:00.5",
		"2026-11-23T24:00",
		"2026-02-30T09:30",
		"2026-11-23T09:30+09:00",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct civil civil;

		assert_int_equal(civil_parse(cases[i], &civil), -EINVAL);
	}
}

static void dates_are_read_alone(void **state)
{
	struct civil civil;

	assert_int_equal(civil_parse_date("2028-02-29", &civil), 0);
	assert_int_equal(civil.year * 10000 + civil.month * 100 + civil.day, 20280229);
	assert_int_equal(civil.hour, 0);
	assert_int_equal(civil_parse_date("2026-02-29", &civil), -EINVAL);
	assert_int_equal(civil_parse_date("2026-11-23T09:30", &civil), -EINVAL);
	assert_int_equal(civil_parse_date("2026-11", &civil), -EINVAL);
	assert_int_equal(civil_parse_date("20261123", &civil), -EINVAL);
}

static void whole_seconds_round_down_before_1970_too(void **state)
{
	assert_int_equal(instant_seconds(1999999), 1);
	assert_int_equal(instant_seconds(0), 0);
	assert_int_equal(instant_seconds(-1), -1);
	assert_int_equal(instant_seconds(-1000000), -1);
	assert_int_equal(instant_seconds(-1000001), -2);
}

static void the_clocks_run_forward(void **state)
{
	int64_t before = monotonic_now();

	assert_true(monotonic_now() >= before);
	assert_true(instant_now() > INT64_C(1700000000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_ten_thousand_years_counts_one_further),
		cmocka_unit_test(months_have_their_days_and_february_its_leap_years),
		cmocka_unit_test(known_dates_have_their_seconds_and_weekdays),
		cmocka_unit_test(instants_are_read_in_every_written_form),
		cmocka_unit_test(what_is_not_quite_an_instant_is_refused),
		cmocka_unit_test(an_instant_shows_a_fraction_only_where_there_is_one),
		cmocka_unit_test(formatting_any_64_bits_stays_in_its_buffer),
		cmocka_unit_test(wall_clocks_are_read_to_the_minute_or_the_second),
		cmocka_unit_test(what_is_not_quite_a_wall_clock_is_refused),
		cmocka_unit_test(dates_are_read_alone),
		cmocka_unit_test(whole_seconds_round_down_before_1970_too),
		cmocka_unit_test(the_clocks_run_forward),
	};

	return cmocka_run_group_tests_name("civil", tests, NULL, NULL);
}
