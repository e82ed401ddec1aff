#pragma once

/*
 * The footer of a TZif file: a POSIX TZ string (RFC 8536 section 3.3.1) such as
 * "CET-1CEST,M3.5.0,M10.5.0/3", the rule for all time after the last stored transition. Internal to
 * zone.c and zone_file.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_ABBREV_MAX 16
/* No offset reaches this many seconds; a file with one is damaged. The real ones end at 15 h 13. */
#define ZONE_OFFSET_LIMIT INT64_C(93600)

/* What the clocks show during a span of time. */
struct zone_type {
	int offset; /* seconds east of UTC */
	bool dst;
	char abbrev[ZONE_ABBREV_MAX];
};

/* A stretch of time with one type: from <= seconds < to; INT64_MIN and INT64_MAX where it is open.
 */
struct zone_span {
	int64_t from, to;
	const struct zone_type *type; /* borrows (from the zone) */
};

struct zone_day {
	enum { ZONE_DAY_MONTH, ZONE_DAY_JULIAN, ZONE_DAY_ORDINAL } kind; /* Mm.w.d, Jn, n */
	int month, week, weekday; /* MONTH; week 5 is the last */
	int day;		  /* JULIAN 1-365 without 29 February, ORDINAL 0-365 with it */
	int time;		  /* seconds after the day's midnight, within a week either way */
};

struct zone_rule {
	struct zone_type standard;
	struct zone_type other; /* daylight saving; unused unless `changes` */
	bool changes;
	struct zone_day start,
		end; /* of the other time, each read on the clock before the change */
};

/* From `len` bytes without their newlines; 0 or -EBADMSG. Nothing is assumed: a rule must be whole.
 */
int zone_rule_parse(const char *text, size_t len, struct zone_rule *ret);
/* The span around a second by the rule alone. */
struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t seconds);
