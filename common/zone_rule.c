/*
 * POSIX TZ strings: the parser and the arithmetic of "last Sunday of March". Spans are computed
 * afresh from the year asked about; nothing is cached, so a zone stays read-only after it was
 * loaded.
 */

#include "common/zone_rule.h"

#include <errno.h>
#include <string.h>

#include "common/civil.h"
#include "common/macros.h"

struct scan {
	const char *at, *end; /* borrows (during the parse) */
};

struct change {
	int64_t at;
	bool starts; /* the other time starts here; else it ends */
};

static char peek(const struct scan *scan)
{
	return scan->at < scan->end ? *scan->at : '\0';
}

static bool take(struct scan *scan, char wanted)
{
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_number(struct scan *scan, int min, int max, int *ret)
{
	int value = 0;

	if (!is_digit(peek(scan)))
		return false;
	for (; is_digit(peek(scan)); scan->at++) {
		value = value * 10 + (*scan->at - '0');
		if (value > max)
			return false;
	}
	*ret = value;
	return value >= min;
}

/* "CET", or "<+03>" where the name is not of letters only. */
static bool take_name(struct scan *scan, char out[ZONE_ABBREV_MAX])
{
	bool quoted = take(scan, '<');
	size_t len = 0;

	for (char c = peek(scan); is_letter(c) || (quoted && (is_digit(c) || c == '+' || c == '-'));
	     c = peek(scan)) {
		if (len == ZONE_ABBREV_MAX - 1)
			return false;
		out[len++] = c;
		scan->at++;
	}
	out[len] = '\0';
	return len >= 3 && (!quoted || take(scan, '>'));
}

/* "[+-]h[:mm[:ss]]" in seconds. */
static bool take_time(struct scan *scan, int max_hours, int *ret)
{
	int hours, minutes = 0, seconds = 0;
	bool negative = take(scan, '-');

	if (!negative)
		take(scan, '+');
	if (!take_number(scan, 0, max_hours, &hours))
		return false;
	if (take(scan, ':')) {
		if (!take_number(scan, 0, 59, &minutes))
			return false;
		if (take(scan, ':') && !take_number(scan, 0, 59, &seconds))
			return false;
	}
	*ret = (hours * 3600 + minutes * 60 + seconds) * (negative ? -1 : 1);
	return true;
}

/* ",M3.5.0/2", ",J60" or ",59": the day of a change and its time, two o'clock if not said. */
static bool take_day(struct scan *scan, struct zone_day *ret)
{
	ret->time = 2 * 3600;
	if (!take(scan, ','))
		return false;
	if (take(scan, 'M')) {
		ret->kind = ZONE_DAY_MONTH;
		if (!take_number(scan, 1, 12, &ret->month) || !take(scan, '.') ||
		    !take_number(scan, 1, 5, &ret->week) || !take(scan, '.') ||
		    !take_number(scan, 0, 6, &ret->weekday))
			return false;
	} else if (take(scan, 'J')) {
		ret->kind = ZONE_DAY_JULIAN;
		if (!take_number(scan, 1, 365, &ret->day))
			return false;
	} else {
		ret->kind = ZONE_DAY_ORDINAL;
		if (!take_number(scan, 0, 365, &ret->day))
			return false;
	}
	return !take(scan, '/') || take_time(scan, 167, &ret->time);
}

/* The offset is written as what must be added to reach UTC: west is positive. */
static bool take_offset(struct scan *scan, int *ret)
{
	int west;

	if (!take_time(scan, 24, &west))
		return false;
	*ret = -west;
	return true;
}

int zone_rule_parse(const char *text, size_t len, struct zone_rule *ret)
{
	struct scan scan = { text, text + len };
	struct zone_rule rule = { 0 };

	if (!take_name(&scan, rule.standard.abbrev) || !take_offset(&scan, &rule.standard.offset))
		return -EBADMSG;
	if (scan.at < scan.end) {
		rule.changes = true;
		rule.other.dst = true;
		rule.other.offset = rule.standard.offset + 3600;
		if (!take_name(&scan, rule.other.abbrev) ||
		    (peek(&scan) != ',' && !take_offset(&scan, &rule.other.offset)) ||
		    !take_day(&scan, &rule.start) || !take_day(&scan, &rule.end))
			return -EBADMSG;
	}
	if (scan.at != scan.end)
		return -EBADMSG;
	*ret = rule;
	return 0;
}

/* Days from the first of January of the year. */
static int day_of_year(const struct zone_day *day, int year)
{
	struct civil first = { .year = year, .month = 1, .day = 1 };
	int before = 0;
	int in_month;

	if (day->kind == ZONE_DAY_ORDINAL)
		return day->day;
	if (day->kind == ZONE_DAY_JULIAN)
		return day->day - 1 + (day->day >= 60 && civil_days_in_month(year, 2) == 29);
	for (int month = 1; month < day->month; month++)
		before += civil_days_in_month(year, month);
	first.month = day->month;
	in_month = (day->weekday - civil_weekday(&first) + 7) % 7 + 7 * (day->week - 1);
	while (in_month >= civil_days_in_month(year, day->month))
		in_month -= 7;
	return before + in_month;
}

static int64_t change_at(const struct zone_day *day, int year, const struct zone_type *before)
{
	struct civil first = { .year = year, .month = 1, .day = 1 };

	return civil_to_seconds(&first) + day_of_year(day, year) * INT64_C(86400) + day->time -
	       before->offset;
}

/*
 * In order of time. Of an end and a start at the same instant the start comes last: that is how a
 * rule says "daylight saving all year".
 */
static bool is_later(const struct change *a, const struct change *b)
{
	return a->at > b->at || (a->at == b->at && a->starts && !b->starts);
}

static void insert_change(struct change *changes, size_t count, struct change added)
{
	while (count > 0 && is_later(&changes[count - 1], &added)) {
		changes[count] = changes[count - 1];
		count--;
	}
	changes[count] = added;
}

struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t seconds)
{
	/*
	 * A change may be written up to a week outside its year, so that the changes around an
	 * instant lie within two years of it.
	 */
	struct change changes[2 * 5];
	size_t count = 0;
	struct zone_span span = { INT64_MIN, INT64_MAX, &rule->standard };
	int year = civil_from_seconds(seconds).year;

	if (!rule->changes)
		return span;
	for (int y = year - 2; y <= year + 2; y++) {
		struct change start = { change_at(&rule->start, y, &rule->standard), true };
		struct change end = { change_at(&rule->end, y, &rule->other), false };

		insert_change(changes, count++, start);
		insert_change(changes, count++, end);
	}
	for (size_t i = 0; i < count; i++) {
		if (changes[i].at > seconds) {
			span.to = changes[i].at;
			break;
		}
		span.from = changes[i].at;
		span.type = changes[i].starts ? &rule->other : &rule->standard;
	}
	return span;
}
