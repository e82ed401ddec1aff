#pragma once

/* What the files of the lane share: the queue and its states (lane.c), a batch as it is written and
 * read (lane_batch.c). */

#include "common/buf.h"
#include "daemon/evictor.h"
#include "daemon/feed.h"
#include "daemon/lane.h"
#include "daemon/lane_queue.h"

#define FENCES_MAX	16
#define BATCH_BYTES_MAX (4 * 1024 * 1024) /* 128 commands of 64 KiB lines would be 8 MiB */

enum lane_state {
	LANE_IDLE,
	LANE_READING, /* waits for the calendar */
	LANE_ASKED,   /* a call waits for a link */
	LANE_RUNNING, /* the batch left */
};

struct lane {
	struct loop *loop;	     /* borrows */
	struct db *db;		     /* borrows */
	const struct config *config; /* borrows */
	struct feed *feed;	     /* borrows */
	const struct site *site;     /* borrows */
	struct lane_events *events;  /* borrows */
	char site_text[16];

	enum lane_state state;
	struct lane_queue waiting;

	struct lane_command *flying[LANE_BATCH_MAX]; /* weak: NULL where forgotten */
	int flying_count;
	/* Lanes that may have run the batch that is flying. While there are any it is in doubt, and
	 * the next call only looks what became of it. */
	int64_t fences[FENCES_MAX];
	int fence_count;
	int tries;    /* of a batch that ended in an error worth a retry */
	bool guarded; /* each command in a subtransaction of its own */
	int again;    /* with tries or guarded: so many of those that wait were in that batch */
	bool starved; /* there was no memory to write the batch */
	/* Commands that came to an end, how many at the last look, and since when it is so many. */
	uint64_t ended, ended_seen;
	int64_t ended_usec;

	struct feed_wait wait;	/* READING */
	int64_t wanted_rev;	/* that the calendar has to reach first */
	int64_t missed_usec;	/* monotonic: when the calendar was last found behind; 0: never */
	enum error_kind refuse; /* all that wait, for what the first flight said */

	struct db_call call;
	struct buf commands; /* the parameters as sent */
	char lane_text[24];
	char rev_text[24];
	char fence_text[FENCES_MAX * 22 + 3];
	struct evictor evictor;
};

/* The batch that is flying may have been done, and nobody knows yet. */
static inline bool lane_in_doubt(const struct lane *lane)
{
	return lane->fence_count > 0;
}

/* Ends one command. */
void lane_end_command(struct lane_command *command, enum error_kind kind);
/* Ends all that fly with one kind; the batch is over. */
void lane_end_flying(struct lane *lane, enum error_kind kind);
/* The batch is over: what still flies waits again, in front and in its order. */
void lane_put_back(struct lane *lane);
/* Nothing of an earlier batch counts for the next. */
void lane_begin_anew(struct lane *lane);

/* Fill the call's parameters at the last moment before sending; false: nothing to send. */
bool lane_prepare(struct db_call *call, int64_t lane_id, int backend_pid);
/* The first of two flights is back, and the site locked: judges, and fills them for the second. */
bool lane_prepare_again(struct db_call *call);
/* A committed call's reply. */
void lane_take_reply(struct lane *lane, struct db_call *call);
