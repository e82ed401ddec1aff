#pragma once

/*
 * What the proxy knows of PostgreSQL's protocol: where a message ends, its type, and whether it
 * belongs to a lane's batch (the messages from the Bind of a statement that calls cowork.lane_run
 * to the answer of its Sync). In opaque mode a message is whatever one read gave.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_NAMES	 8
#define WIRE_SYNCS	 256
#define WIRE_MESSAGE_MAX ((size_t)64 << 20)

enum side {
	FRONTEND, /* from the one who connected */
	BACKEND,
};

enum action {
	ACT_NONE,
	ACT_CUT,   /* close both ends */
	ACT_RESET, /* the same with RST where the socket has one */
	ACT_STALL, /* forward nothing until told to */
	ACT_LATE,  /* close the frontend's end; what it had sent arrives later */
};

/* A Sync (or simple query) that has been forwarded and not yet been answered. */
struct wire_sync {
	bool batch;
	enum action hold; /* keep the answer back until it is whole, then do this */
};

/* One connection. Zeroed is the state at its beginning. */
struct wire {
	bool opaque;
	bool started;		    /* the start-up packet has passed */
	bool in_batch;		    /* between a lane's Bind and its Sync */
	char names[WIRE_NAMES][64]; /* prepared statements that call lane_run */
	unsigned names_used;
	struct wire_sync syncs[WIRE_SYNCS]; /* a ring, oldest at syncs_first */
	unsigned syncs_first, syncs_count;
};

enum wire_kind {
	WIRE_MORE, /* not whole yet */
	WIRE_MESSAGE,
	WIRE_ENCRYPTION, /* a request for TLS or GSS, to be answered "no" by us */
};

/* The first message in data: its kind, and if whole its length and type ('0' the start-up packet,
 * '-' opaque). */
enum wire_kind wire_next(struct wire *wire, enum side side, const char *data, size_t len,
			 size_t *ret_len, char *ret_type);
/* Whether the message at hand, not yet passed, belongs to a batch. For a Bind: starts one. */
bool wire_in_batch(struct wire *wire, enum side side, char type, const char *data, size_t len);
/* The message has been forwarded whole. data: of a Parse; else it may be NULL. */
void wire_passed(struct wire *wire, enum side side, char type, const char *data, size_t len);
/* The Sync passed last / the oldest one unanswered; NULL if there is none. */
struct wire_sync *wire_newest_sync(struct wire *wire);
struct wire_sync *wire_oldest_sync(struct wire *wire);
