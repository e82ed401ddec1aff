#pragma once

/*
 * One or more days of a space: spans of free, taken, blocked and closed time that together fill the
 * days on the site's clock. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/zone.h"
#include "daemon/calendar.h"

enum day_state {
	DAY_FREE,
	DAY_TAKEN,
	DAY_BLOCKED,
	DAY_CLOSED, /* the site is closed and nobody holds it */
};

extern const char *const day_state_names[]; /* NULL-terminated */

struct day_span {
	int64_t start, end;
	enum day_state state;
	const struct calendar_entry *entry; /* TAKEN, BLOCKED */
};

#define DAY_SPANS_MAX 1024
#define DAY_DAYS_MAX  7

/* Midnight of a date on the zone's clock; where midnight does not exist, the first instant of the
 * day. */
int64_t day_begin(const struct zone *zone, const struct civil *date);
/*
 * Midnights and opening hours of some days in a row as instants: the same for all spaces of a site. Where
 * a reading does not exist, the clock goes on after it: where there is no midnight, the day's first
 * instant.
 */
struct day_clock {
	int days;
	int64_t cuts[DAY_DAYS_MAX][4]; /* midnight, opens, closes, next midnight */
	bool closed[DAY_DAYS_MAX];     /* all day */
};

/* `days` days from the midnight of `date` on, 1 to DAY_DAYS_MAX. */
void day_clock_init(struct day_clock *clock, const struct zone *zone,
		    const struct calendar_hours *hours, const struct civil *date, int days);
/*
 * Spans of the clock's days, without a gap between them. Gives how many; at most DAY_SPANS_MAX are
 * written. Where that is not enough for all, they end before the days do and `*ret_truncated` is
 * set: what is told is true as far as it goes.
 */
size_t day_spans(const struct calendar *calendar, const struct day_clock *clock,
		 const struct calendar_space *space, struct day_span *out, bool *ret_truncated);
