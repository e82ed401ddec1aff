#pragma once

/* Times a client gives: an instant, or a reading of the site's clock. */

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/field.h"
#include "common/zone.h"

struct request;

#define SPAN_MAX_DAYS	       366
#define WALL_CLOCK_MESSAGE_MAX 200

/* What is wrong with a time; texts are static but for the two readings of the clock. */
struct wall_clock_problem {
	enum error_kind kind; /* ERROR_NONE: nothing */
	const char *field, *rule;
	char from[CIVIL_TEXT_MAX],
		to[CIVIL_TEXT_MAX]; /* a gap's ends; what is twice: from; or "" */
};

/* The instant that a time means by a zone (NULL: unknown to the system). `fold` chooses where a
 * reading exists twice. False: *ret_problem says why there is none, of `field`. */
bool wall_clock_read(const struct zone *zone, const struct field_when *when,
		     const struct field_int *fold, const char *field, int64_t *ret_usec,
		     struct wall_clock_problem *ret_problem);
/* Whether the interval is not empty, of whole seconds, and at most a year long. */
bool wall_clock_measure(int64_t start, int64_t end, struct wall_clock_problem *ret_problem);
/* One sentence; `from` and `to` as in struct wall_clock_problem, or NULL. Gives `out`; "" where it
 * is none of these problems. */
const char *wall_clock_message(enum error_kind kind, const char *field, const char *rule,
			       const char *from, const char *to, char out[WALL_CLOCK_MESSAGE_MAX]);

/*
 * The same for reads, by the request's site. False: it has answered the request (gap, twice, or no
 * zone), naming `field`.
 */
bool wall_clock_resolve(struct request *request, const struct field_when *when,
			const struct field_int *fold, const char *field, int64_t *ret_usec);
/* Start and end of an interval: resolves both and measures it. False: it has answered the request.
 */
bool wall_clock_span(struct request *request, const struct field_when *start,
		     const struct field_when *end, const struct field_int *fold, int64_t *ret_start,
		     int64_t *ret_end);
/* A date on the site's clock. False: it has answered the request (no zone, out of range). */
bool wall_clock_date(struct request *request, const char *text, const char *field,
		     struct civil *ret);
