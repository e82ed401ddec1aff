#pragma once

/*
 * A site's lane: the queue of its changes and the one batch that is under way (DESIGN 3.4).
 *
 *	lane_submit -> waiting -> (a link is free) all that wait, at most 128 -> cowork.lane_run()
 *	            -> committed -> outcomes -> command->done()
 *
 * An answer leaves only when the batch is known to be committed. When the link breaks after the
 * first byte, the batch is run again elsewhere behind a fence for the broken lane: receipts tell
 * what the first run did, and the fence that it will do no more.
 *
 * Commands of one site take effect in the order they were submitted by one caller.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/error.h"
#include "common/uuid7.h"
#include "daemon/db.h"

struct cJSON;
struct lane;

#define LANE_BATCH_MAX 128
/* A reply of cowork.lane_run() stays under 64 KiB, so that the server never waits for us to read
 * it. */
#define LANE_REPLY_MAX 65536

struct lane_command {
	/* Set by the caller; text is borrowed until done() or lane_forget(). */
	const char *kind;  /* "booking.create" */
	int64_t principal; /* who acts: person id */
	const char *key;   /* UUID of the command, chosen by the client */
	const char *hash;  /* hex SHA-256 of kind and arguments */
	const char *args;  /* JSON object */
	const char *extra; /* JSON object of random inputs, or NULL */
	int attempt;
	bool dry_run;
	bool look; /* only whether a receipt answers it; if none does, the outcome is "absent" */
	size_t reply_size; /* upper estimate of its share of the reply, bytes */
	void (*done)(struct lane_command *command);

	/* For done(). */
	enum error_kind kind_of_refusal; /* ERROR_NONE: done */
	const struct cJSON *outcome; /* NULL when the lane itself refused; borrowed during done() */
	int64_t rev;		     /* of the site after the batch; 0 when unknown */
	int64_t sent_usec;	     /* monotonic: when its batch left */
	int64_t committed_usec;

	/* The lane's. */
	struct lane *lane;
	int slot; /* in the batch under way, or -1 while waiting */
	struct task task;
	TAILQ_ENTRY(lane_command) entry;
};

/* Told of each committed batch that appended events, before its commands are; `hash` is the site's
 * after it. */
struct lane_events {
	void (*committed)(struct lane_events *events, int site_id, int64_t rev, const char *hash,
			  const struct cJSON *list);
};

struct lane *lane_new(struct loop *loop, struct db *db, const struct config *config, int site_id,
		      struct lane_events *events);
/* Commands still here are dropped without done(). Takes NULL, returns NULL. */
struct lane *lane_free(struct lane *lane);

/* done() never comes from inside this call. */
void lane_submit(struct lane *lane, struct lane_command *command);
/*
 * Takes a command back; done() will not come. True when certainly nothing was done (it still
 * waited), false when its batch is under way and the outcome is not known. Takes a command that
 * ended: true.
 */
bool lane_forget(struct lane_command *command);

/* The database went away: what only waits is refused at once. Takes NULL. */
void lane_database_away(struct lane *lane);

/* Commands waiting and under way. */
int64_t lane_load(const struct lane *lane);
