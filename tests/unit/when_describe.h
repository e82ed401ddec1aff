#pragma once

/*
 * What a phrase means, as one line: the wall clock of both ends, or the problem with its column,
 * the marked words and the first suggestion. Shared by the table of test_when.c and its checks.
 */

#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/utf8.h"
#include "common/when.h"
#include "common/zone.h"

static const char *const kind_names[] = {
	[WHEN_OK] = "ok",
	[WHEN_EMPTY] = "empty",
	[WHEN_BAD_TEXT] = "bad text",
	[WHEN_UNKNOWN] = "unknown",
	[WHEN_UNEXPECTED] = "unexpected",
	[WHEN_SERIES] = "series",
	[WHEN_TWO_DAYS] = "two days",
	[WHEN_TWO_TIMES] = "two times",
	[WHEN_TWO_ENDS] = "two ends",
	[WHEN_NO_START] = "no start",
	[WHEN_NO_END] = "no end",
	[WHEN_NO_DATE] = "no date",
	[WHEN_BAD_DATE] = "bad date",
	[WHEN_BAD_CLOCK] = "bad clock",
	[WHEN_BAD_LENGTH] = "bad length",
	[WHEN_OUTSIDE] = "outside",
	[WHEN_AMBIGUOUS] = "ambiguous",
	[WHEN_NO_HOURS] = "no hours",
	[WHEN_NO_BLOCK] = "no block",
	[WHEN_BEGUN] = "begun",
	[WHEN_OVER] = "over",
	[WHEN_WHICH_YEAR] = "which year",
	[WHEN_WRONG_DAY] = "wrong day",
	[WHEN_WRONG_ZONE] = "wrong zone",
	[WHEN_GAP] = "gap",
	[WHEN_TWICE] = "twice",
	[WHEN_SAME] = "same",
	[WHEN_ORDER] = "order",
	[WHEN_OUT_OF_RANGE] = "out of range",
	[WHEN_NOT_ONE] = "not one",
};

/* "2026-11-23 09:00", with the offset where the clock shows that twice. */
static void add_reading(struct buf *out, const struct zone *zone, int64_t usec, const char *day)
{
	char text[CIVIL_TEXT_MAX];
	struct zone_local local;

	zone_to_local(zone, usec, &local);
	civil_format(&local.civil, text);
	text[10] = ' ';
	buf_add_str(out, strncmp(text, day, 10) == 0 ? text + 11 : text);
	if (zone_to_instant(zone, &local.civil, -1, NULL, NULL) == ZONE_TWICE)
		buf_printf(out, "%+d", local.offset / 60);
}

/* "outside 9 [2-4] -> tomorrow 14-16". */
static void add_problem(struct buf *out, const char *phrase, const struct when_problem *problem)
{
	char *before = strndup(phrase, problem->at);

	buf_printf(out, "%s %d [%.*s]", kind_names[problem->kind], utf8_width(before),
		   (int)problem->len, phrase + problem->at);
	if (problem->suggestion_count > 0)
		buf_printf(out, " -> %s", problem->suggestions[0].phrase);
	free(before);
}

/* `edge` is an enum when_edge, or -1 for an interval. */
static void describe(struct buf *out, const char *phrase, const char *zone_name, const char *now,
		     const struct when_options *options, int edge)
{
	struct when_problem problem;
	struct when_interval interval;
	char day[CIVIL_TEXT_MAX] = "";
	struct zone_local local;
	enum when_kind kind;
	struct zone *zone;
	int64_t at;

	if (zone_load(zone_name, NULL, &zone) < 0 || instant_parse(now, &at) < 0)
		abort();
	if (edge < 0)
		kind = when_parse(phrase, at, zone, options, &interval, &problem);
	else
		kind = when_parse_edge(phrase, at, zone, options, (enum when_edge)edge,
				       &interval.start, &problem);
	if (kind != WHEN_OK) {
		add_problem(out, phrase, &problem);
	} else {
		add_reading(out, zone, interval.start, "");
		zone_to_local(zone, interval.start, &local);
		civil_format(&local.civil, day);
		day[10] = ' ';
	}
	if (kind == WHEN_OK && edge < 0) {
		buf_add_char(out, '/');
		add_reading(out, zone, interval.end, day);
	}
	zone_free(zone);
}
