/*
 * Which day is meant. Days are midnights on the wall clock, in seconds as civil_to_seconds() counts
 * them; zones come later.
 */

#include <stdio.h>
#include <string.h>

#include "common/when_parts.h"

#define YEAR_FIRST 1970
#define YEAR_LAST  9998 /* a day more must still have a year of four digits */

static int64_t monday_of(int64_t midnight)
{
	struct civil civil = civil_from_seconds(midnight);

	return midnight - (civil_weekday(&civil) + 6) % 7 * INT64_C(86400);
}

static enum when_kind bad_date(struct parse *parse, const struct day *day)
{
	when_fail_text(parse, WHEN_BAD_DATE, day->mark);
	if (day->kind == DAY_DATE && day->year == 0 && day->month > 12 && day->day <= 12)
		when_suggest(parse, day->mark, "%d/%d", day->day, day->month);
	return WHEN_BAD_DATE;
}

static bool in_korean(const struct parse *parse)
{
	return parse->options->lang && strncmp(parse->options->lang, "ko", 2) == 0;
}

static enum when_kind two_dates(struct parse *parse, const struct day *day)
{
	static const char months[][4] = { "jan", "feb", "mar", "apr", "may", "jun",
					  "jul", "aug", "sep", "oct", "nov", "dec" };

	when_fail_text(parse, WHEN_AMBIGUOUS, day->mark);
	when_suggest(parse, day->mark, "%s %d", months[day->month - 1], day->day);
	when_suggest(parse, day->mark, "%s %d", months[day->day - 1], day->month);
	return WHEN_AMBIGUOUS;
}

static enum when_kind which_year(struct parse *parse, const struct day *day, struct civil coming)
{
	struct civil past = coming;

	if (day->kind == DAY_MONTHDAY) {
		past = civil_from_seconds(parse->today_seconds);
		past.day = day->day;
	} else {
		past.year = parse->today.civil.year;
	}
	when_fail_text(parse, WHEN_WHICH_YEAR, day->mark);
	when_suggest(parse, day->mark, "%04d-%02d-%02d", past.year, past.month, past.day);
	when_suggest(parse, day->mark, "%04d-%02d-%02d", coming.year, coming.month, coming.day);
	return WHEN_WHICH_YEAR;
}

static bool is_past(const struct parse *parse, struct civil date)
{
	return civil_valid(&date) && civil_to_seconds(&date) < parse->today_seconds;
}

/* A date without a year: the nearest to come. Bounds may lie behind us, so they must say. */
static enum when_kind nearest_date(struct parse *parse, const struct day *day, int64_t base,
				   int64_t *ret)
{
	struct civil from = civil_from_seconds(base), date = { 0 }, this_year;

	if (day->swapped && !in_korean(parse))
		return two_dates(parse, day);
	date.month = day->month;
	date.day = day->day;
	/* Eight years hold a 29 February even around 2100. */
	for (date.year = from.year; date.year <= from.year + 8; date.year++) {
		if (!civil_valid(&date) || civil_to_seconds(&date) < base)
			continue;
		*ret = civil_to_seconds(&date);
		this_year = date;
		this_year.year = from.year;
		if (parse->edge && date.year > from.year && is_past(parse, this_year))
			return which_year(parse, day, date);
		return WHEN_OK;
	}
	return bad_date(parse, day);
}

/* "15th": this month's or the next month's that has one. */
static enum when_kind nearest_monthday(struct parse *parse, const struct day *day, int64_t base,
				       int64_t *ret)
{
	struct civil date = civil_from_seconds(base), first;

	date.day = day->day;
	first = date;
	for (int i = 0; i < 12; i++) {
		if (civil_valid(&date) && civil_to_seconds(&date) >= base) {
			*ret = civil_to_seconds(&date);
			if (parse->edge && i > 0 && is_past(parse, first))
				return which_year(parse, day, date);
			return WHEN_OK;
		}
		date.month = date.month % 12 + 1;
		date.year += date.month == 1;
	}
	return bad_date(parse, day);
}

static enum when_kind find_date(struct parse *parse, const struct day *day, int64_t base,
				int64_t *ret)
{
	struct civil date = { .year = day->year, .month = day->month, .day = day->day };

	if (day->kind == DAY_MONTHDAY)
		return nearest_monthday(parse, day, base, ret);
	if (day->year == 0)
		return nearest_date(parse, day, base, ret);
	if (!civil_valid(&date))
		return bad_date(parse, day);
	*ret = civil_to_seconds(&date);
	return WHEN_OK;
}

/* A weekday beside a date must be that date's own. */
static enum when_kind check_weekday(struct parse *parse, const struct day *day, int64_t midnight)
{
	struct civil civil = civil_from_seconds(midnight);
	int weekday = civil_weekday(&civil);

	if (day->weekday < 0 || weekday == day->weekday)
		return WHEN_OK;
	when_fail(parse, WHEN_WRONG_DAY, day->mark, "");
	when_fail_part(parse, 0, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
	when_fail_part(parse, 1, "%s", when_weekday(weekday, day->korean));
	when_fail_part(parse, 2, "%s", when_weekday(day->weekday, day->korean));
	when_suggest(parse, day->mark, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
	return WHEN_WRONG_DAY;
}

static int64_t end_of(const struct parse *parse, int what)
{
	struct civil civil = civil_from_seconds(parse->today_seconds);

	if (what == 'w')
		return monday_of(parse->today_seconds) + 6 * INT64_C(86400);
	if (what == 'y')
		civil.month = 12;
	civil.day = civil_days_in_month(civil.year, civil.month);
	return civil_to_seconds(&civil);
}

static enum when_kind find_day(struct parse *parse, const struct day *day, int64_t base,
			       int64_t *ret)
{
	struct civil civil = civil_from_seconds(base);
	enum when_kind kind;

	switch (day->kind) {
	case DAY_NONE:
		*ret = base;
		return WHEN_OK;
	case DAY_RELATIVE:
		*ret = parse->today_seconds + day->value * INT64_C(86400);
		return WHEN_OK;
	case DAY_WEEKDAY:
		*ret = base + (day->weekday - civil_weekday(&civil) + 7) % 7 * INT64_C(86400);
		return WHEN_OK;
	case DAY_IN_WEEK:
	case DAY_WEEK:
		*ret = monday_of(parse->today_seconds) + day->value * 7 * INT64_C(86400);
		if (day->kind == DAY_IN_WEEK)
			*ret += (day->weekday + 6) % 7 * INT64_C(86400);
		return WHEN_OK;
	case DAY_END_OF:
		*ret = end_of(parse, day->value);
		return WHEN_OK;
	case DAY_DATE:
	case DAY_MONTHDAY:
		break;
	}
	kind = find_date(parse, day, base, ret);
	return kind == WHEN_OK ? check_weekday(parse, day, *ret) : kind;
}

enum when_kind when_settle_day(struct parse *parse, const struct day *day, int64_t base,
			       int64_t *ret)
{
	enum when_kind kind = find_day(parse, day, base, ret);
	struct civil civil;

	if (kind != WHEN_OK)
		return kind;
	civil = civil_from_seconds(*ret);
	if (civil.year < YEAR_FIRST || civil.year > YEAR_LAST)
		return when_fail_text(parse, WHEN_OUT_OF_RANGE, day->mark);
	return WHEN_OK;
}
