/*
 * From the wall clock to instants, and what a clock alone can tell.
 */

#include <stdio.h>
#include <string.h>

#include "common/when_parts.h"

#define SECONDS_MIN INT64_C(0)		  /* 1970-01-01 */
#define SECONDS_MAX INT64_C(253370764800) /* 9999-01-01 */

int64_t when_wall_now(const struct parse *parse)
{
	return civil_to_seconds(&parse->today.civil);
}

/* Whether the clock shows the mark at that instant. */
static bool shows(const struct parse *parse, const struct zone_mark *mark, int64_t usec)
{
	struct zone_local local;

	zone_to_local(parse->zone, usec, &local);
	return mark->numeric ? mark->offset == local.offset : strcmp(mark->name, local.abbrev) == 0;
}

static void part_civil(struct parse *parse, size_t clock, size_t date, struct civil civil)
{
	when_fail_part(parse, clock, "%02d:%02d", civil.hour, civil.minute);
	if (date < WHEN_PARTS_MAX)
		when_fail_part(parse, date, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

static enum when_kind fail_gap(struct parse *parse, struct civil civil, const struct zone_gap *gap,
			       struct mark mark, bool clock)
{
	when_fail(parse, WHEN_GAP, mark, "");
	part_civil(parse, 0, 1, civil);
	part_civil(parse, 2, WHEN_PARTS_MAX, gap->from);
	part_civil(parse, 3, WHEN_PARTS_MAX, gap->to);
	if (clock)
		when_suggest(parse, mark, "%02d:%02d", gap->to.hour, gap->to.minute);
	return WHEN_GAP;
}

static enum when_kind fail_twice(struct parse *parse, struct civil civil, struct mark mark,
				 bool clock)
{
	when_fail(parse, WHEN_TWICE, mark, "");
	part_civil(parse, 0, 1, civil);
	for (int fold = 0; clock && fold < 2; fold++) {
		char name[WHEN_ZONE_MAX];
		int64_t usec;

		zone_to_instant(parse->zone, &civil, fold, &usec, NULL);
		when_suggest(parse, mark, "%02d:%02d %s", civil.hour, civil.minute,
			     when_zone_name(parse->zone, usec, name));
	}
	return WHEN_TWICE;
}

static enum when_kind fail_zone(struct parse *parse, const struct zone_mark *zone, int64_t usec)
{
	char text[WHEN_PART_MAX], name[WHEN_ZONE_MAX];

	when_zone_name(parse->zone, usec, name);
	when_fail(parse, WHEN_WRONG_ZONE, zone->mark, when_marked(parse, zone->mark, text));
	when_fail_part(parse, 1, "%s", name);
	when_suggest(parse, zone->mark, "%s", name);
	return WHEN_WRONG_ZONE;
}

/* Which of two instants the marks or the option choose; -1 if none does. */
static int choose_fold(const struct parse *parse, const struct reading *reading,
		       const int64_t usec[2])
{
	const struct zone_mark *marks[] = { reading->own, reading->other };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		bool first, second;

		if (!marks[i] || !marks[i]->set)
			continue;
		first = shows(parse, marks[i], usec[0]);
		second = shows(parse, marks[i], usec[1]);
		if (first != second)
			return second;
	}
	return parse->options->fold;
}

enum when_kind when_to_instant(struct parse *parse, const struct reading *reading, int64_t *ret)
{
	struct civil civil;
	struct zone_gap gap;
	int64_t usec[2];
	int fold;

	if (reading->seconds < SECONDS_MIN || reading->seconds >= SECONDS_MAX)
		return when_fail(parse, WHEN_OUT_OF_RANGE, reading->mark, NULL);
	civil = civil_from_seconds(reading->seconds);
	switch (zone_to_instant(parse->zone, &civil, -1, ret, &gap)) {
	case ZONE_GAP:
		return fail_gap(parse, civil, &gap, reading->mark, reading->clock);
	case ZONE_TWICE:
		zone_to_instant(parse->zone, &civil, 0, &usec[0], NULL);
		zone_to_instant(parse->zone, &civil, 1, &usec[1], NULL);
		if (reading->own && reading->own->set && !shows(parse, reading->own, usec[0]) &&
		    !shows(parse, reading->own, usec[1]))
			return fail_zone(parse, reading->own, usec[0]);
		fold = choose_fold(parse, reading, usec);
		if (fold < 0)
			return fail_twice(parse, civil, reading->mark, reading->clock);
		*ret = usec[fold > 0];
		break;
	case ZONE_OK:
		break;
	}
	if (reading->own && reading->own->set && !shows(parse, reading->own, *ret))
		return fail_zone(parse, reading->own, *ret);
	return WHEN_OK;
}

/* The start of the present slot. */
int64_t when_slot_start(const struct parse *parse)
{
	int slot = parse->options->slot > 0 ? parse->options->slot : 1;
	int minute = parse->today.civil.hour * 60 + parse->today.civil.minute;
	int64_t whole = instant_seconds(parse->now) * USEC_PER_SEC;
	struct civil civil;
	int64_t usec;

	minute -= minute % slot;
	civil = civil_from_seconds(parse->today_seconds + minute * 60);
	/* A slot cut in two by a change of the clock: the later piece begins where the clock does
	 * so. */
	for (int fold = parse->today.fold; fold >= 0; fold--)
		if (zone_to_instant(parse->zone, &civil, fold, &usec, NULL) == ZONE_OK &&
		    usec <= parse->now)
			return usec;
	return whole - parse->today.civil.second * USEC_PER_SEC;
}

bool when_in_range(int64_t usec)
{
	return usec >= SECONDS_MIN * USEC_PER_SEC && usec < SECONDS_MAX * USEC_PER_SEC;
}

/* The first instant of a day: where midnight is skipped, what comes behind. */
int64_t when_day_begins(const struct parse *parse, int64_t midnight)
{
	struct civil civil = civil_from_seconds(midnight);
	struct zone_gap gap;
	int64_t usec = 0;

	if (zone_to_instant(parse->zone, &civil, 0, &usec, &gap) == ZONE_GAP)
		zone_to_instant(parse->zone, &gap.to, 0, &usec, NULL);
	return usec;
}
