#pragma once

/*
 * A read from the calendar: what space.search, day and week share. Waits until the calendar of the
 * request's site is there and at min_rev; while PostgreSQL is away it answers from what it knows,
 * marked stale.
 */

#include "daemon/feed.h"
#include "daemon/request.h"

struct reading {
	/* Set by reading_run(). Consumes the request; the calendar is borrowed during the call. */
	void (*done)(struct reading *reading, const struct calendar *calendar);
	struct request *request;
	struct feed_wait wait;
};

/* Consumes the request, often before it returns: it is the last thing that a method's start() does.
 * `reading` lives in the request's arena. The method is METHOD_SITE. */
void reading_run(struct request *request, struct reading *reading,
		 void (*done)(struct reading *reading, const struct calendar *calendar));

/*
 * The calendar begins some day: what was before is not in it, and looks free. True when `start` lies before
 * that: it has answered the request then, naming `field`.
 */
bool reading_refuses_past(struct reading *reading, const struct calendar *calendar, int64_t start,
			  const char *field);

/* Members "rev" and, where the database does not confirm it, "stale_ms". */
void reading_write_rev(struct reading *reading, struct jsonw *w, const struct calendar *calendar);
/* For the result tables of methods. */
#define READING_RESULT_FIELDS                                                                      \
	{ "rev", FIELD_INT, 0, .help = "of the site, as of which this holds" },                    \
	{                                                                                          \
		"stale_ms", FIELD_INT, 0,                                                          \
			.help = "where the database does not confirm it: how old this may be"      \
	}

/* A space as search, day and week tell it. */
extern const struct field place_fields[];
void place_write(struct jsonw *w, const struct calendar *calendar,
		 const struct calendar_space *space);
