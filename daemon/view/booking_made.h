#pragma once

/*
 * A booking as it was just made, told from memory: the calendar has its place by then, the
 * directory the names, and the request what people wrote. It spares the lane a look at its joined
 * facts under the site's lock; what memory does not have, the database tells after the commit.
 */

#include <stdbool.h>
#include <stdint.h>

struct calendar;
struct jsonw;
struct request;

/* What neither the calendar nor the directory knows; texts are borrowed, NULL or "" for none. */
struct booking_made {
	int64_t id, version;
	int64_t created_usec; /* the event's instant */
	const char *title, *note, *guest;
	bool private;
	int source; /* index in booking_sources */
	const char *external_id;
};

/*
 * Writes it as a value, as the request's actor, who made it, may see it. False: nothing was written,
 * for something of it is not in memory, or not as of that version.
 */
bool booking_made_write(struct jsonw *w, const struct request *request,
			const struct calendar *calendar, const struct booking_made *made);
