#pragma once

/*
 * One connection to PostgreSQL on the event loop: connect, flush, read, finish; each of these
 * either re-arms the link or ends its step. A broken link comes back by itself with backoff and
 * jitter.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/db.h"

/* What a link tells its pool; none is called from inside a db_link_* call except as noted. */
struct db_link_owner {
	void (*ready)(struct db_link_owner *owner, struct db_link *link); /* idle and usable */
	void (*down)(struct db_link_owner *owner,
		     struct db_link *link); /* not usable until ready() */
	void (*hint)(struct db_link_owner *owner, const char *payload);
	/* A statement was refused for want of a right; may close the link. */
	void (*denied)(struct db_link_owner *owner);
	void (*wrong_schema)(struct db_link_owner *owner, int version);
};

/* `greeting` is SQL sent after connecting (lane_open, LISTEN). NULL when out of memory. */
struct db_link *db_link_new(struct loop *loop, const struct config *config, const char *greeting,
			    struct db_link_owner *owner);
struct db_link *db_link_free(struct db_link *link);

bool db_link_idle(const struct db_link *link);
/* Why it could not connect the last time, a static phrase; NULL where it did, or is not known. */
const char *db_link_trouble(const struct db_link *link);
/* What it waits for, in words. */
const char *db_link_state(const struct db_link *link);

/* Sends an idle link's next call; its end comes by call->done() and then ready() or down(). */
void db_link_run(struct db_link *link, struct db_call *call);
/* Nobody wants this call's result any more; nothing if the link is past it. */
void db_link_forget(struct db_link *link, const struct db_call *call);
/* Closes it and begins again at once. */
void db_link_drop(struct db_link *link);
