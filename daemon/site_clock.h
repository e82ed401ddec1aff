#pragma once

/*
 * The site's clock as rules read it: when a day begins, when the site is open on it, and the grid
 * that times have to lie on. Pure. Where the calendar has no zone, days and grid go by UTC.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/civil.h"
#include "daemon/calendar.h"

/* The day on the site's clock; its time of day is 0. */
struct civil site_clock_day(const struct calendar *calendar, int64_t usec);
struct civil site_clock_next_day(const struct civil *day);
/* The first instant of a day: midnight, or the first after it where there is none. */
int64_t site_clock_day_start(const struct calendar *calendar, const struct civil *day);

/* Whether no instant is outside of opening hours. */
bool site_clock_always_open(const struct calendar *calendar);
/*
 * When the site opens and closes on a day; false: it is closed all day, or has hours and no clock
 * to read them on. An hour that exists twice counts whole: opening is the first reading, closing the
 * second.
 */
bool site_clock_opening(const struct calendar *calendar, const struct civil *day, int64_t *ret_open,
			int64_t *ret_close);
/* Whether it is not closed all day. */
bool site_clock_open_day(const struct calendar *calendar, const struct civil *day);
/* The first instant from `start` on at which the site is closed; `end` if there is none before. */
int64_t site_clock_open_until(const struct calendar *calendar, int64_t start, int64_t end);
/* The first instant from `usec` on at which it is open; false if a fortnight has none. */
bool site_clock_next_open(const struct calendar *calendar, int64_t usec, int64_t *ret_usec);

/*
 * Whether the clock then shows a whole multiple of `minutes` since midnight, and the last instant
 * until, or first from, `usec` at which it does. Where the clocks change in between it may miss the
 * grid by the change.
 */
bool site_clock_on_grid(const struct calendar *calendar, int64_t usec, int minutes);
int64_t site_clock_floor(const struct calendar *calendar, int64_t usec, int minutes);
int64_t site_clock_ceil(const struct calendar *calendar, int64_t usec, int minutes);
