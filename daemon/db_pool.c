/*
 * See db.h. A pool is a few links and one bounded queue; a link that becomes ready takes the oldest
 * call, urgent ones first. Links are shared by all callers of the pool in turn, so one site's
 * changes cannot hold back another's for longer than one batch.
 */

#include "daemon/db.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/db_hints.h"
#include "daemon/db_link.h"
#include "daemon/db_schema.h"
#include "daemon/log.h"

#define LANE_QUEUE	1048576 /* one call a site at most: the lanes bound it themselves */
#define CONTROL_QUEUE	4096
#define DENIED_PAUSE_MS 60000
/* Urgent calls wait in a line of their own, whose end does not depend on how full the other is; one
 * of the others goes after so many in a row, so that a crowd at the door stops nobody inside. */
#define URGENT_QUEUE 256
#define URGENT_RUN   8

struct db_pool {
	struct db *db;
	enum db_pool_kind kind;
	struct db_link_owner owner;
	struct db_link **links; /* owns */
	int count;
	int usable;	/* links that are not down */
	bool *up;	/* of each link */
	int64_t queued; /* in `queue` */
	int64_t queued_urgent;
	int urgent_run; /* urgent calls that went one after another */
	TAILQ_HEAD(db_queue, db_call) queue, urgent;
	struct task submitted; /* there may be an idle link for some of these */
};

struct db {
	struct loop *loop;	     /* borrows */
	const struct config *config; /* borrows */
	struct db_events *events;    /* borrows */
	struct db_pool pools[DB_POOLS];
	bool told_up;
	const char *told_trouble;
	int64_t denied_usec; /* monotonic: when a right was refused and all began anew */
	struct db_hints hints;
	struct db_schema schema;
};

static void on_submitted(struct task *task);

static int link_index(const struct db_pool *pool, const struct db_link *link)
{
	for (int i = 0; i < pool->count; i++)
		if (pool->links[i] == link)
			return i;
	return -1;
}

static void tell_change(struct db *db)
{
	bool up = db_up(db);

	if (up == db->told_up)
		return;
	db->told_up = up;
	if (up)
		db->told_trouble = NULL; /* the next is new, even if it is the same */
	db->events->changed(db->events, up);
}

/* Why the first pool that has no link has none; NULL where that is not known, or none is. */
static const char *db_trouble(const struct db *db)
{
	for (int i = 0; i < DB_POOLS; i++)
		if (db->pools[i].usable == 0)
			return db_link_trouble(db->pools[i].links[0]);
	return NULL;
}

/* The same trouble is told once. */
static void tell_trouble(struct db *db)
{
	const char *trouble = db_trouble(db);

	if (trouble == db->told_trouble)
		return;
	db->told_trouble = trouble;
	db->events->trouble(db->events);
}

static void enqueue(struct db_pool *pool, struct db_call *call)
{
	call->pool = pool;
	TAILQ_INSERT_TAIL(call->urgent ? &pool->urgent : &pool->queue, call, entry);
	*(call->urgent ? &pool->queued_urgent : &pool->queued) += 1;
}

static void dequeue(struct db_call *call)
{
	struct db_pool *pool = call->pool;

	TAILQ_REMOVE(call->urgent ? &pool->urgent : &pool->queue, call, entry);
	*(call->urgent ? &pool->queued_urgent : &pool->queued) -= 1;
	call->pool = NULL;
}

/* Takes the next call out of the queue; NULL when there is none. */
static struct db_call *next_call(struct db_pool *pool)
{
	struct db_call *urgent = TAILQ_FIRST(&pool->urgent), *other = TAILQ_FIRST(&pool->queue);
	struct db_call *call = urgent && (!other || pool->urgent_run < URGENT_RUN) ? urgent : other;

	if (call) {
		pool->urgent_run = call == urgent ? pool->urgent_run + 1 : 0;
		dequeue(call);
	}
	return call;
}

/* done(UNSENT) at the end of this pass of the loop. */
static void on_unsent(struct task *task)
{
	struct db_call *call = container_of(task, struct db_call, task);

	call->pool = NULL;
	call->status = DB_UNSENT;
	call->result = NULL;
	call->sqlstate[0] = '\0';
	call->done(call);
}

static void fail_later(struct db_pool *pool, struct db_call *call)
{
	call->pool = pool;
	call->task.run = on_unsent;
	loop_defer(pool->db->loop, &call->task);
}

static void on_ready(struct db_link_owner *owner, struct db_link *link)
{
	struct db_pool *pool = container_of(owner, struct db_pool, owner);
	struct db_call *call;
	int i = link_index(pool, link);

	if (!pool->up[i]) {
		pool->up[i] = true;
		pool->usable++;
		tell_change(pool->db);
	}
	/* prepare() may turn a call down: the link is then still idle and says ready again. */
	if (db_link_idle(link) && (call = next_call(pool)))
		db_link_run(link, call);
}

static void fail_queue(struct db_pool *pool, struct db_queue *queue)
{
	struct db_call *call, *next;

	for (call = TAILQ_FIRST(queue); call; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (call->patient)
			continue;
		dequeue(call);
		fail_later(pool, call);
	}
}

static void on_down(struct db_link_owner *owner, struct db_link *link)
{
	struct db_pool *pool = container_of(owner, struct db_pool, owner);
	int i = link_index(pool, link);

	if (i < 0 || !pool->up[i]) {
		tell_trouble(pool->db);
		return;
	}
	pool->up[i] = false;
	pool->usable--;
	if (pool->usable > 0)
		return;
	fail_queue(pool, &pool->urgent);
	fail_queue(pool, &pool->queue);
	tell_change(pool->db);
}

static void on_hint(struct db_link_owner *owner, const char *payload)
{
	struct db_pool *pool = container_of(owner, struct db_pool, owner);
	char *middle, *end;
	long site_id = strtol(payload, &middle, 10);
	long long rev = strtoll(middle, &end, 10);

	/* Anybody who may connect may notify: what is not of our form is nothing. */
	if (middle != payload && end != middle && *end == '\0' && site_id >= 0 &&
	    site_id <= INT_MAX)
		pool->db->events->hint(pool->db->events, (int)site_id, rev);
}

static void on_wrong_schema(struct db_link_owner *owner, int version)
{
	struct db_pool *pool = container_of(owner, struct db_pool, owner);

	pool->db->events->wrong_schema(pool->db->events, version);
}

/* Each asks for schema and rights as it comes up again, and says why it does not. */
static void begin_anew(struct db *db)
{
	for (int k = 0; k < DB_POOLS; k++)
		for (int i = 0; i < db->pools[k].count; i++)
			if (db->pools[k].up[i])
				db_link_drop(db->pools[k].links[i]);
}

static void on_schema_changed(struct db_schema *schema)
{
	begin_anew(container_of(schema, struct db, schema));
}

/* What else is missing is found as links come up, and waited for. It may be a right that is not looked at
 * then: so not each time. */
static void on_denied(struct db_link_owner *owner)
{
	struct db *db = container_of(owner, struct db_pool, owner)->db;
	int64_t now = monotonic_now();

	if (db->denied_usec && now - db->denied_usec < DENIED_PAUSE_MS * USEC_PER_MSEC)
		return;
	db->denied_usec = now;
	begin_anew(db);
}

static int pool_open(struct db *db, enum db_pool_kind kind, int64_t count, const char *greeting)
{
	struct db_pool *pool = &db->pools[kind];

	pool->db = db;
	pool->kind = kind;
	pool->owner = (struct db_link_owner){ .ready = on_ready,
					      .down = on_down,
					      .hint = on_hint,
					      .wrong_schema = on_wrong_schema,
					      .denied = on_denied };
	pool->links = calloc((size_t)count, sizeof(struct db_link *));
	pool->up = calloc((size_t)count, sizeof(*pool->up));
	if (!pool->links || !pool->up)
		return -1;
	for (; pool->count < count; pool->count++) {
		struct db_link *link = db_link_new(db->loop, db->config, greeting, &pool->owner);

		if (!link)
			return -1;
		pool->links[pool->count] = link;
	}
	return 0;
}

struct db *db_new(struct loop *loop, const struct config *config, struct db_events *events)
{
	struct db *db = calloc(1, sizeof(*db));

	if (!db)
		return NULL;
	db->loop = loop;
	db->config = config;
	db->events = events;
	db_hints_init(&db->hints, loop, db);
	db_schema_init(&db->schema, loop, db, on_schema_changed);
	for (int i = 0; i < DB_POOLS; i++) {
		TAILQ_INIT(&db->pools[i].queue);
		TAILQ_INIT(&db->pools[i].urgent);
		db->pools[i].submitted.run = on_submitted;
	}
	if (pool_open(db, DB_LANES, config->lane_connections, "SELECT cowork.lane_open()") < 0 ||
	    pool_open(db, DB_READS, config->read_connections,
		      "SET plan_cache_mode = force_custom_plan") < 0 ||
	    pool_open(db, DB_CONTROL, 1, "SET synchronous_commit = off; LISTEN cowork") < 0)
		return db_free(db);
	return db;
}

struct db *db_free(struct db *db)
{
	if (!db)
		return NULL;
	db_hints_deinit(&db->hints);
	db_schema_deinit(&db->schema);
	for (int k = 0; k < DB_POOLS; k++) {
		struct db_pool *pool = &db->pools[k];

		loop_cancel(db->loop, &pool->submitted);
		while (next_call(pool))
			continue;
		for (int i = 0; i < pool->count; i++)
			db_link_free(pool->links[i]);
		free(pool->links);
		free(pool->up);
	}
	free(db);
	return NULL;
}

bool db_up(const struct db *db)
{
	for (int i = 0; i < DB_POOLS; i++)
		if (db->pools[i].usable == 0)
			return false;
	return true;
}

const char *db_state(const struct db *db)
{
	for (int i = 0; i < DB_POOLS; i++)
		if (db->pools[i].usable == 0)
			return db_trouble(db) ? db_trouble(db)
					      : db_link_state(db->pools[i].links[0]);
	return "up";
}

/* An idle link of the pool, for a call that finds the queue empty. */
static struct db_link *idle_link(struct db_pool *pool)
{
	for (int i = 0; i < pool->count; i++)
		if (pool->up[i] && db_link_idle(pool->links[i]))
			return pool->links[i];
	return NULL;
}

/* Runs what was submitted, in the next pass, so that done() cannot come from inside db_submit(). */
static void on_submitted(struct task *task)
{
	struct db_pool *pool = container_of(task, struct db_pool, submitted);
	struct db_link *link;
	struct db_call *call;

	while ((link = idle_link(pool)) && (call = next_call(pool)))
		db_link_run(link, call);
}

/* Those that find an idle link in the next pass do not wait. */
static int64_t idle_count(const struct db_pool *pool)
{
	int64_t count = 0;

	for (int i = 0; i < pool->count; i++)
		count += pool->up[i] && db_link_idle(pool->links[i]);
	return count;
}

/* The limit of reads may change at any time. */
static int64_t queue_max(const struct db_pool *pool)
{
	return pool->kind == DB_LANES	? LANE_QUEUE
	       : pool->kind == DB_READS ? pool->db->config->read_queue
					: CONTROL_QUEUE;
}

void db_submit(struct db *db, enum db_pool_kind kind, struct db_call *call)
{
	struct db_pool *pool = &db->pools[kind];
	const struct db_call *first = TAILQ_FIRST(call->urgent ? &pool->urgent : &pool->queue);
	bool full = call->urgent ? pool->queued_urgent >= URGENT_QUEUE
				 : pool->queued >= queue_max(pool) + idle_count(pool);

	call->link = NULL;
	call->result = NULL;
	call->queued_usec = monotonic_now();
	call->ahead_ms = first ? (call->queued_usec - first->queued_usec) / USEC_PER_MSEC : 0;
	if ((pool->usable == 0 && !call->patient) || full) {
		fail_later(pool, call);
		return;
	}
	enqueue(pool, call);
	loop_defer(db->loop, &pool->submitted);
}

void db_forget(struct db_call *call)
{
	if (call->link) {
		db_link_forget(call->link, call);
		call->link = NULL;
	} else if (call->pool && call->task.queued) {
		loop_cancel(call->pool->db->loop, &call->task);
		call->pool = NULL;
	} else if (call->pool) {
		dequeue(call);
	}
}

void db_drop_link(struct db_call *call)
{
	db_link_drop(call->link);
}

void db_hint(struct db *db, int site_id, int64_t rev)
{
	db_hints_tell(&db->hints, site_id, rev);
}

int db_rows(const struct db_call *call)
{
	return PQntuples(call->result);
}

const char *db_value(const struct db_call *call, int row, int column)
{
	return PQgetisnull(call->result, row, column) ? NULL
						      : PQgetvalue(call->result, row, column);
}

int db_value_len(const struct db_call *call, int row, int column)
{
	return PQgetlength(call->result, row, column);
}

int64_t db_value_int(const struct db_call *call, int row, int column)
{
	const char *value = db_value(call, row, column);

	return value ? strtoll(value, NULL, 10) : 0;
}
