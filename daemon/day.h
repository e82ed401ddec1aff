#pragma once

/*
 * One or more days of a space: spans of free, taken, blocked and closed time that together fill the
 * days on the site's clock. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/calendar.h"
#include "daemon/site.h"

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

/* Midnight of a date on the site's clock; where midnight does not exist, the first instant of the
 * day. */
int64_t day_begin(const struct site *site, const struct civil *date);
/*
 * Spans of [start, end), which begins at a midnight of `date` and has `days` days. Gives how many;
 * at most DAY_SPANS_MAX are written.
 */
size_t day_spans(const struct calendar *calendar, const struct site *site,
		 const struct calendar_space *space, const struct civil *date, int days,
		 struct day_span *out);
