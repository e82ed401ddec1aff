/*
 * Writes instants as phrases that mean them.
 */

#include <stdio.h>
#include <string.h>

#include "common/when_parts.h"

static const char *const english_days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const korean_days[] = { "일", "월", "화", "수", "목", "금", "토" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

const char *when_weekday(int weekday, bool korean)
{
	return korean ? korean_days[weekday] : english_days[weekday];
}

static bool is_name(const char *abbrev)
{
	return abbrev[0] >= 'A' && abbrev[0] <= 'Z';
}

/* "UTC+09", "UTC-03:30": beside a time of day it cannot be taken for anything else. */
static void offset_name(int offset, char out[WHEN_ZONE_MAX])
{
	int size = offset < 0 ? -offset : offset, used;

	used = snprintf(out, WHEN_ZONE_MAX, "UTC%c%02d", offset < 0 ? '-' : '+', size / 3600 % 100);
	if (size % 3600)
		used += snprintf(out + used, WHEN_ZONE_MAX - (size_t)used, ":%02d", size / 60 % 60);
	if (size % 60)
		snprintf(out + used, WHEN_ZONE_MAX - (size_t)used, ":%02d", size % 60);
}

/* Whether the clock shows this time once more, under the same abbreviation. */
static bool name_fails(const struct zone *zone, const struct zone_local *local)
{
	struct zone_local other;
	int64_t usec;

	if (zone_to_instant(zone, &local->civil, -1, NULL, NULL) != ZONE_TWICE)
		return false;
	zone_to_instant(zone, &local->civil, !local->fold, &usec, NULL);
	zone_to_local(zone, usec, &other);
	return strcmp(other.abbrev, local->abbrev) == 0;
}

const char *when_zone_name(const struct zone *zone, int64_t usec, char out[WHEN_ZONE_MAX])
{
	struct zone_local local;

	zone_to_local(zone, usec, &local);
	if (is_name(local.abbrev) && !name_fails(zone, &local))
		snprintf(out, WHEN_ZONE_MAX, "%s", local.abbrev);
	else
		offset_name(local.offset, out);
	return out;
}

static bool same_day(const struct civil *a, const struct civil *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

static void add_day(struct buf *out, const struct civil *civil, bool year, bool korean)
{
	const char *weekday = when_weekday(civil_weekday(civil), korean);

	if (!korean) {
		buf_printf(out, "%s %d %s", weekday, civil->day, months[civil->month - 1]);
		if (year)
			buf_printf(out, " %04d", civil->year);
		return;
	}
	if (year)
		buf_printf(out, "%04d년 ", civil->year);
	buf_printf(out, "%d월 %d일 %s", civil->month, civil->day, weekday);
}

static void add_clock(struct buf *out, const struct civil *civil)
{
	buf_printf(out, " %02d:%02d", civil->hour, civil->minute);
	if (civil->second)
		buf_printf(out, ":%02d", civil->second);
}

/* A date without its year is the nearest to come. */
static bool needs_year(const struct zone *zone, const struct civil *civil, int64_t now)
{
	struct zone_local today;

	zone_to_local(zone, now, &today);
	if (civil->year != today.civil.year)
		return true;
	return civil->month < today.civil.month ||
	       (civil->month == today.civil.month && civil->day < today.civil.day);
}

static bool is_korean(const char *lang)
{
	return lang && strncmp(lang, "ko", 2) == 0;
}

/* Midnight that ends the start's day. */
static bool ends_day(const struct civil *start, const struct civil *end)
{
	struct civil next = *start;

	if (end->hour || end->minute || end->second)
		return false;
	next.hour = next.minute = next.second = 0;
	next = civil_from_seconds(civil_to_seconds(&next) + DAY_SECONDS);
	return same_day(&next, end);
}

static void add_end(struct buf *out, const struct civil *start, const struct civil *end,
		    bool korean)
{
	struct buf clock = BUF_INIT(16);

	if (same_day(start, end)) {
		add_clock(&clock, end);
		buf_printf(out, "–%s", clock.data ? clock.data + 1 : "");
	} else if (ends_day(start, end)) {
		buf_add_str(out, "–24:00");
	} else {
		buf_add_str(out, " – ");
		add_day(out, end, end->year != start->year, korean);
		add_clock(out, end);
	}
	buf_deinit(&clock);
}

void when_echo(struct buf *out, const struct when_interval *interval, const struct zone *zone,
	       int64_t now, const char *lang)
{
	char first[WHEN_ZONE_MAX], last[WHEN_ZONE_MAX];
	bool korean = is_korean(lang);
	struct zone_local from, to;

	zone_to_local(zone, interval->start, &from);
	zone_to_local(zone, interval->end, &to);
	when_zone_name(zone, interval->start, first);
	when_zone_name(zone, interval->end, last);
	/* One mark at the end serves both, if it tells both. */
	if (from.offset == to.offset && strcmp(from.abbrev, to.abbrev) == 0 &&
	    strcmp(first, last) != 0) {
		offset_name(to.offset, first);
		offset_name(to.offset, last);
	}
	add_day(out, &from.civil, needs_year(zone, &from.civil, now), korean);
	add_clock(out, &from.civil);
	if (strcmp(first, last) != 0 || from.offset != to.offset)
		buf_printf(out, " %s", first);
	add_end(out, &from.civil, &to.civil, korean);
	buf_printf(out, " %s", last);
}

const char *when_day_name(int weekday, const char *lang)
{
	return when_weekday(weekday, is_korean(lang));
}

void when_echo_day(struct buf *out, int64_t at, const struct zone *zone, int64_t now,
		   const char *lang)
{
	struct zone_local local;

	zone_to_local(zone, at, &local);
	add_day(out, &local.civil, needs_year(zone, &local.civil, now), is_korean(lang));
}

void when_echo_hours(struct buf *out, const struct when_interval *interval, const struct zone *zone,
		     const char *lang)
{
	struct buf clock = BUF_INIT(16);
	struct zone_local from, to;

	zone_to_local(zone, interval->start, &from);
	zone_to_local(zone, interval->end, &to);
	add_clock(&clock, &from.civil);
	buf_add_str(out, clock.data ? clock.data + 1 : "");
	add_end(out, &from.civil, &to.civil, is_korean(lang));
	buf_deinit(&clock);
}

void when_echo_instant(struct buf *out, int64_t at, const struct zone *zone, int64_t now,
		       const char *lang)
{
	char name[WHEN_ZONE_MAX];
	struct zone_local local;

	zone_to_local(zone, at, &local);
	add_day(out, &local.civil, needs_year(zone, &local.civil, now), is_korean(lang));
	add_clock(out, &local.civil);
	buf_printf(out, " %s", when_zone_name(zone, at, name));
}
