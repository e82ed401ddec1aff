#pragma once

/*
 * A site's lane: the queue of its changes and the one batch that is under way (docs/ARCHITECTURE.md).
 *
 *	lane_submit -> waiting -> (a link is free) judged on the calendar, in order, at most 128
 *	            -> cowork.lane_run() at the very rev of that calendar
 *	            -> committed -> outcomes -> command->done()
 *
 * An answer leaves only when the batch is known to be committed. When the link breaks after the
 * first byte, a fence for the broken lane is put up elsewhere and the receipts are looked up behind
 * it: they tell what the batch did, and the fence that it will do no more. What has no receipt
 * begins anew.
 *
 * When the site is further than the calendar, nothing was done: the calendar takes the events that
 * were missing, and all is judged again. From then on, until the calendar has been current for a
 * while, a batch takes two flights: the first locks the site and brings what is missing, and what
 * is judged then holds until the second commits. So no verdict is ever a guess.
 *
 * Commands of one site take effect in the order they were submitted by one person; persons have
 * turns (lane_queue.h). Beyond limits.lane_queue in all, or lane_queue_per_person, more are refused
 * as busy, at once.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/error.h"
#include "common/uuid7.h"
#include "daemon/db.h"

struct cJSON;
struct calendar;
struct calendar_entry;
struct calendar_space;
struct feed;
struct lane;
struct lane_batch;
struct lane_person;
struct site;

#define LANE_BATCH_MAX 128
/* A reply of cowork.lane_run() stays under 64 KiB, so that the server never waits for us to read
 * it. */
#define LANE_REPLY_MAX 65536

enum lane_verdict {
	LANE_ALLOW,
	LANE_REFUSE, /* with the outcome in `refusal`; the database stores it as it would its own */
	/* It depends on what a command before it in the batch will come to: it goes first in the
	 * next one. Never given where none is before it. */
	LANE_WAIT,
};

/* What an allowed command may change, for those that are judged behind it in the same batch. */
struct lane_touch {
	bool all; /* what every verdict is made of: spaces, hours, rules, blocks */
	const struct calendar_space *takes; /* in [start, end); NULL: takes no place */
	int64_t start, end;
	const struct calendar_entry *frees; /* gives up its place, or goes elsewhere; or NULL */
	int64_t member_id;		    /* whose booking it is; 0: nobody's */
};

struct lane_command {
	/* Set by the caller; text is borrowed until done() or lane_forget(). */
	const char *kind;  /* "booking.create" */
	int64_t principal; /* who acts: person id */
	const char *key;   /* UUID of the command, chosen by the client */
	const char *hash;  /* hex SHA-256 of kind and arguments */
	const char *args;  /* JSON object; judge() may write it */
	const char *extra; /* JSON object of random inputs, or NULL */
	int attempt;
	bool dry_run;
	bool plain; /* the caller has the facts of what is made: the outcome need not bring them */
	size_t reply_size; /* upper estimate of its share of the reply, bytes */
	/*
	 * NULL where the calendar has no say (site 0). Comes when its batch is about to leave, and
	 * again whenever it did not. Fills in `touch` (zeroed) if it allows, `refusal` if it does
	 * not.
	 */
	enum lane_verdict (*judge)(struct lane_command *command, const struct calendar *calendar,
				   const struct lane_batch *batch);
	void (*done)(struct lane_command *command);

	/* For judge(). */
	struct lane_touch touch;
	const char *refusal; /* JSON: the outcome, as cowork.lane_run() would give it */
	const char *waived;  /* JSON array of the rules that it was let pass, or NULL */

	/* For done(). */
	enum error_kind kind_of_refusal; /* ERROR_NONE: done */
	const struct cJSON *outcome; /* NULL when the lane itself refused; borrowed during done() */
	int64_t rev;		     /* of the site after the batch; 0 when unknown */
	int64_t retry_after_ms; /* with ERROR_busy where too many wait: about as long as those do */
	int64_t sent_usec;	/* monotonic: when its batch left */
	int64_t committed_usec;

	/* The lane's. */
	struct lane *lane;
	int slot; /* in the batch under way, or -1 while waiting */
	struct lane_person *person;
	int64_t queued_usec; /* monotonic */
	struct task task;
	TAILQ_ENTRY(lane_command) entry;
	struct lane_command *next_key; /* in its chain */
};

/* The allowed commands that stand before the one that is judged. */
struct lane_batch {
	struct lane_command *const *commands;
	int count;
};

/* Told of each committed batch that appended events, before its commands are; the calendar has them
 * already. */
struct lane_events {
	void (*committed)(struct lane_events *events, int site_id, int64_t rev,
			  const struct cJSON *list);
};

struct lane *lane_new(struct loop *loop, struct db *db, const struct config *config,
		      struct feed *feed, const struct site *site, struct lane_events *events);
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
/*
 * For a watchdog, which looks now and then: for how long, in microseconds, the looks have found
 * commands here and none ended. An excused look begins anew. Takes NULL.
 */
int64_t lane_stands_still(struct lane *lane, int64_t now_usec, bool excused);
