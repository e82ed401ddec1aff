#pragma once

/*
 * Whether the daemon makes progress: the loop turns, each lane that has changes ends some, the feed
 * hears from the database. While PostgreSQL is away only the loop is looked at: then nobody can do
 * anything, and clients and the STATUS line are told so.
 *
 * While it does, the service manager's watchdog is fed; when not, the log says what stands still,
 * the watchdog is not fed, and the manager starts the daemon anew.
 */

#include <stdint.h>

#include "daemon/loop.h"

struct notify;
struct services;

struct health {
	struct services *services; /* borrows; its `stuck` is ours */
	struct notify *notify;	   /* borrows */
	struct timer timer;
	bool watchdog;	    /* the manager has one */
	int64_t limit_usec; /* longer without progress is stuck */
	int64_t due_usec;   /* monotonic: of the next look */
	uint64_t feed_answers;
	int64_t feed_usec; /* monotonic: when it last had another count of answers */
};

/* Embedded. */
void health_start(struct health *health, struct services *services, struct notify *notify);
void health_stop(struct health *health);
