#pragma once

/*
 * What book, move, extend, cancel and undo share: asking for an interval that was given as a phrase,
 * and telling what became of a booking.
 */

#include "client/line.h"

struct arguments;
struct call;
struct client;
struct cJSON;
struct params;

/*
 * Asks for a booking or a move whose parameters are complete but for the phrase's instants, and
 * keeps in client->asked what a refusal needs. 0 or an exit status after telling why not.
 */
int booked_ask(struct client *client, struct call *call, const struct words *words,
	       const char *fold);

/*
 * Prints the booking of a reply: "✓ R-7F3KAT  A-13  Mon 23 Nov 09:00–17:00 EST", or the row, or the
 * object. `was` is the booking before, where it was moved, or NULL; `dry_run` what a dry run says,
 * e.g. "would be booked:". An exit status.
 */
int booked_tell(struct client *client, const struct cJSON *booking, const struct cJSON *was,
		const char *dry_run);

/* Says how to take it back, to a person, unless nothing was done. */
void booked_hint_undo(const struct client *client);

/* An option that is a whole number, if it was given; false after saying that it is none. */
bool booked_number(struct params *params, const struct arguments *arguments, const char *name);
