#pragma once

/* Times a client gives: an instant, or a reading of the site's clock. */

#include <stdbool.h>
#include <stdint.h>

#include "common/field.h"

struct request;

#define SPAN_MAX_DAYS 366

/*
 * The instant that a parameter means at the request's site. `fold` chooses where a reading exists
 * twice. False: it has answered the request (gap, twice, or no zone), naming `field`.
 */
bool wall_clock_resolve(struct request *request, const struct field_when *when,
			const struct field_int *fold, const char *field, int64_t *ret_usec);
/*
 * Start and end of an interval: resolves both, and checks that it is not empty, of whole seconds,
 * and at most a year long. False: it has answered the request.
 */
bool wall_clock_span(struct request *request, const struct field_when *start,
		     const struct field_when *end, const struct field_int *fold, int64_t *ret_start,
		     int64_t *ret_end);
/* A date on the site's clock. False: it has answered the request (no zone, out of range). */
bool wall_clock_date(struct request *request, const char *text, const char *field,
		     struct civil *ret);
/* The same check for instants already known. */
bool wall_clock_check(struct request *request, int64_t start, int64_t end);
