#pragma once

/*
 * The door to PostgreSQL: pools of links, statements, and calls that end in exactly one callback.
 * Only daemon/db_*.c include libpq.
 *
 *	caller --db_submit--> pool --(a link is free)--> prepare() --> sent --> done()
 *
 * A call is embedded in its owner and belongs to the pool from db_submit() until done();
 * db_forget() takes it back (then done() never comes). done() never runs inside db_submit().
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/config.h"
#include "daemon/loop.h"

struct db;
struct db_link;
struct db_pool;
struct pg_result;

#define DB_PARAMS_MAX 12

/* A prepared statement: static, named, prepared on each link at its first use. */
struct db_statement {
	const char *name;
	const char *sql;
	int params;
};

enum db_status {
	DB_DONE,    /* executed and committed; rows may be read */
	DB_REFUSED, /* the server said ERROR and is ready again: nothing happened; see sqlstate */
	DB_UNSENT,  /* never left us: nothing happened; the database is away or we are full */
	DB_LOST,    /* the link broke after the first byte: it may have happened or not */
};

enum db_pool_kind {
	DB_LANES, /* changes; each link has a lane id */
	DB_READS,
	DB_CONTROL, /* one link: LISTEN, NOTIFY, the evictor, housekeeping */
	DB_POOLS,
};

struct db_call {
	/* Set by the caller. Parameters are text, borrowed until done(). */
	const struct db_statement *statement;
	const char *params[DB_PARAMS_MAX];
	bool patient; /* waits while the database is away instead of DB_UNSENT */
	/* Goes before those that are not; a few at most, so that it is not for what clients can
	 * send in numbers. */
	bool urgent;
	/* Optional: the last moment before sending, when the link is known; false: nothing to send
	 * after all, done() comes at once with DB_UNSENT. */
	bool (*prepare)(struct db_call *call, int64_t lane_id, int backend_pid);
	/*
	 * Optional: the call goes in two flights. First the statement runs with what prepare() gave,
	 * in a transaction that stays open; again() reads what it found and writes the parameters of
	 * the second run, which commits and ends in done(). False: it is rolled back, and done()
	 * comes with DB_UNSENT, as it does when the link is lost before the second flight. Whoever
	 * uses it must not take the first run for done.
	 */
	bool (*again)(struct db_call *call);
	/* Optional: rows one at a time, so that a large result neither fills memory nor holds up
	 * the loop; `result` is that row. done() then has none. */
	void (*row)(struct db_call *call);
	void (*done)(struct db_call *call);

	/* For done(). */
	enum db_status status;
	char sqlstate[6];	  /* REFUSED; "" where the server gave none */
	int64_t lane_id;	  /* of the link it ran on */
	struct pg_result *result; /* borrowed until done() returns */
	int64_t ahead_ms;	  /* how long the first in the queue had waited when it came */

	/* The pool's. */
	int64_t queued_usec; /* monotonic */
	struct db_pool *pool;
	struct db_link *link;
	struct task task;
	TAILQ_ENTRY(db_call) entry;
};

struct db_events {
	/* The first link is ready after none was, or the last one is gone. */
	void (*changed)(struct db_events *events, bool up);
	/* db_state() says something else of why there is none. */
	void (*trouble)(struct db_events *events);
	/* Another instance changed a site ("site rev" from its NOTIFY). */
	void (*hint)(struct db_events *events, int site_id, int64_t rev);
	/* The schema is not the one this binary is made for; `version` is the database's. */
	void (*wrong_schema)(struct db_events *events, int version);
};

/* Starts connecting at once; `events` and `config` are borrowed. NULL when out of memory. */
struct db *db_new(struct loop *loop, const struct config *config, struct db_events *events);
/* Closes all links; calls still under way are dropped without done(). Takes NULL, returns NULL. */
struct db *db_free(struct db *db);

/* Whether every pool has a usable link. */
bool db_up(const struct db *db);
/* One phrase for the status: "up", or why it is not, or what is awaited, e.g. "connecting". */
const char *db_state(const struct db *db);

void db_submit(struct db *db, enum db_pool_kind kind, struct db_call *call);
/* Takes a call that was never submitted or has ended, too. */
void db_forget(struct db_call *call);
/* Closes the link that `call` runs on from inside its done(), so that it comes back with a new lane
 * id. */
void db_drop_link(struct db_call *call);

/* Tells other instances that a site reached a rev: after the commit, best effort, coalesced. */
void db_hint(struct db *db, int site_id, int64_t rev);

/* Rows of a DB_DONE call; a NULL value is NULL. */
int db_rows(const struct db_call *call);
const char *db_value(const struct db_call *call, int row, int column);
int db_value_len(const struct db_call *call, int row, int column);
int64_t db_value_int(const struct db_call *call, int row, int column);
