#pragma once

/*
 * Times as people read them.
 */

#include <stdint.h>

#include "common/buf.h"

/*
 * Appends "Mon 23 Nov 09:00–17:00 KST" for the half-open span in the zone; an end on another day is
 * written in full, midnight at the end of a day as 24:00, a year where it is not that of `now`. A
 * zone that is NULL or cannot be loaded: UTC, marked.
 */
void when_span(struct buf *out, int64_t start, int64_t end, const char *zone, int64_t now);
/* One instant: "Mon 23 Nov 09:00 KST". */
void when_instant(struct buf *out, int64_t at, const char *zone, int64_t now);
