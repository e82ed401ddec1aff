/*
 * Wall-clock forms of instants and spans.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client/i18n.h"
#include "client/when.h"
#include "common/civil.h"
#include "common/zone.h"

static const char *const weekdays[] = { N_("Sun"), N_("Mon"), N_("Tue"), N_("Wed"),
					N_("Thu"), N_("Fri"), N_("Sat") };
static const char *const months[] = { N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"),
				      N_("May"), N_("Jun"), N_("Jul"), N_("Aug"),
				      N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec") };

/* Without a usable zone the reading is UTC and says so. */
static void local_of(const struct zone *zone, int64_t at, struct zone_local *ret)
{
	if (zone) {
		zone_to_local(zone, at, ret);
		return;
	}
	*ret = (struct zone_local){ .abbrev = "UTC" };
	ret->civil = civil_from_seconds(at / 1000000 - (at % 1000000 < 0));
}

static void add_day(struct buf *out, const struct civil *civil, int this_year)
{
	buf_printf(out, "%s %d %s", _(weekdays[civil_weekday(civil)]), civil->day,
		   _(months[civil->month - 1]));
	if (civil->year != this_year)
		buf_printf(out, " %d", civil->year);
}

static void add_clock(struct buf *out, const struct civil *civil)
{
	buf_printf(out, "%02d:%02d", civil->hour, civil->minute);
	if (civil->second)
		buf_printf(out, ":%02d", civil->second);
}

static bool same_day(const struct civil *a, const struct civil *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

static bool ends_at_midnight(const struct civil *start, const struct civil *end)
{
	struct civil next = *start;

	if (end->hour || end->minute || end->second)
		return false;
	next.hour = next.minute = next.second = 0;
	next = civil_from_seconds(civil_to_seconds(&next) + 86400);
	return same_day(&next, end);
}

void when_span(struct buf *out, int64_t start, int64_t end, const char *zone_name, int64_t now)
{
	struct zone_local from, to, today;
	struct zone *zone = NULL;

	if (zone_name && zone_load(zone_name, NULL, &zone) < 0)
		zone = NULL;
	local_of(zone, now, &today);
	local_of(zone, start, &from);
	local_of(zone, end, &to);
	add_day(out, &from.civil, today.civil.year);
	buf_add_char(out, ' ');
	add_clock(out, &from.civil);
	if (from.offset != to.offset)
		buf_printf(out, " %s", from.abbrev);
	if (same_day(&from.civil, &to.civil)) {
		buf_add_str(out, "–");
		add_clock(out, &to.civil);
	} else if (ends_at_midnight(&from.civil, &to.civil)) {
		buf_add_str(out, "–24:00");
	} else {
		buf_add_str(out, " – ");
		add_day(out, &to.civil, today.civil.year);
		buf_add_char(out, ' ');
		add_clock(out, &to.civil);
	}
	buf_printf(out, " %s", to.abbrev);
	zone_free(zone);
}

void when_instant(struct buf *out, int64_t at, const char *zone_name, int64_t now)
{
	struct zone_local local, today;
	struct zone *zone = NULL;

	if (zone_name && zone_load(zone_name, NULL, &zone) < 0)
		zone = NULL;
	local_of(zone, now, &today);
	local_of(zone, at, &local);
	add_day(out, &local.civil, today.civil.year);
	buf_add_char(out, ' ');
	add_clock(out, &local.civil);
	buf_printf(out, " %s", local.abbrev);
	zone_free(zone);
}
