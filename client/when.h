#pragma once

/*
 * Times as people read them, and may type them again: the echo of common/when.h.
 */

#include <stdint.h>

#include "common/buf.h"

/*
 * Appends "Mon 23 Nov 09:00–17:00 KST" for the half-open span in the zone. A zone that is NULL or
 * cannot be loaded: UTC, marked.
 */
void when_span(struct buf *out, int64_t start, int64_t end, const char *zone, int64_t now,
	       const char *lang);
/* Its times alone: "09:00–17:00". */
struct when_interval;
void when_hours(struct buf *out, const struct when_interval *when, const char *zone,
		const char *lang);
/* One instant: "Mon 23 Nov 09:00 KST". */
void when_instant(struct buf *out, int64_t at, const char *zone, int64_t now, const char *lang);
