/* See directory.h. */

#include "daemon/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/json.h"
#include "common/macros.h"
#include "daemon/log.h"

#define CHANGES_MAX 256 /* who is read again by one query; when more wait, all is loaded anew */

struct directory {
	struct loop *loop; /* borrows */
	struct db *db;	   /* borrows */
	struct feed *feed; /* borrows */
	const struct site *operator;
	struct directory_events *events; /* borrows */
	struct people *people;		 /* owns */
	struct feed_follower follower;
	struct timer retry;
	struct db_call load;
	bool load_wanted; /* until one has succeeded */
	bool loading, broken;
	int64_t load_rev;
	struct db_call read;
	bool reading;
	struct people_change waiting[CHANGES_MAX]; /* to be read again */
	int waiting_count;
	struct people_change asked[CHANGES_MAX]; /* by the query under way */
	int asked_count;
	struct buf persons, tenants; /* of the query, as arrays of SQL */
};

/* The first row says at which rev the others are. */
static const struct db_statement LOAD = {
	.name = "people_load",
	.sql = "SELECT s.rev, 'log', NULL::jsonb, 0 AS place FROM cowork.site s WHERE s.site_id = 0"
	       " UNION ALL SELECT 0, r.what, r.body, r.place FROM cowork.people_rows r"
	       " ORDER BY place",
};

/* $1 persons, $2 tenants */
static const struct db_statement READ = {
	.name = "people_read",
	.sql = "SELECT s.rev, r.what, r.body FROM cowork.site s LEFT JOIN cowork.people_rows r"
	       " ON r.person_id = ANY ($1::bigint[]) OR r.tenant_id = ANY ($2::bigint[])"
	       " WHERE s.site_id = 0 ORDER BY r.place",
	.params = 2,
};

static void load(struct directory *directory);
static void read_changes(struct directory *directory);

static void try_again(struct directory *directory)
{
	if (!timer_running(&directory->retry))
		timer_start(directory->loop, &directory->retry, DIRECTORY_RETRY_MS);
}

/* ---- all of it ---- */

static void on_row(struct db_call *call)
{
	struct directory *directory = container_of(call, struct directory, load);
	_cleanup_(json_freep) struct cJSON *body = NULL;
	struct json_problem problem;
	const char *what = db_value(call, 0, 1), *text = db_value(call, 0, 2);

	if (directory->broken || !what)
		return;
	if (strcmp(what, "log") == 0) {
		directory->load_rev = db_value_int(call, 0, 0);
		return;
	}
	directory->broken =
		!text || json_parse(text, strlen(text), &json_limits_reply, &body, &problem) < 0 ||
		people_row(directory->people, directory->load_rev, what, body) < 0;
	if (directory->broken)
		log_error("a row of the directory of people cannot be used", log_str("what", what));
}

static void on_loaded(struct db_call *call)
{
	struct directory *directory = container_of(call, struct directory, load);

	directory->loading = false;
	if (call->status != DB_DONE || directory->broken || directory->load_rev < 0) {
		try_again(directory);
		return;
	}
	directory->load_wanted = false;
	people_load_end(directory->people, directory->load_rev);
	log_info("people loaded", log_int("rev", directory->load_rev),
		 log_int("people", (int64_t)people_count(directory->people)),
		 log_int("tokens", (int64_t)people_token_count(directory->people)));
	directory->events->changed(directory->events, 0, 0);
	read_changes(directory);
}

static void load(struct directory *directory)
{
	if (directory->loading)
		db_forget(&directory->load);
	directory->load_wanted = directory->loading = true;
	directory->broken = false;
	directory->load_rev = -1;
	people_load_begin(directory->people);
	directory->load.statement = &LOAD;
	directory->load.row = on_row;
	directory->load.done = on_loaded;
	db_submit(directory->db, DB_READS, &directory->load);
}

/* ---- those concerned ---- */

static int take_row(struct directory *directory, struct db_call *call, int row)
{
	_cleanup_(json_freep) struct cJSON *body = NULL;
	struct json_problem problem;
	const char *what = db_value(call, row, 1), *text = db_value(call, row, 2);

	if (!what || !text)
		return 0; /* nobody has such an id */
	if (json_parse(text, strlen(text), &json_limits_reply, &body, &problem) < 0)
		return -1;
	return people_row(directory->people, db_value_int(call, row, 0), what, body);
}

/* Who waits behind them is read next; they themselves wait again where it did not work. */
static void put_back(struct directory *directory)
{
	for (int i = 0; i < directory->asked_count && directory->waiting_count < CHANGES_MAX; i++)
		directory->waiting[directory->waiting_count++] = directory->asked[i];
	try_again(directory);
}

static void on_read(struct db_call *call)
{
	struct directory *directory = container_of(call, struct directory, read);
	int r = 0;

	directory->reading = false;
	if (call->status != DB_DONE) {
		put_back(directory);
		return;
	}
	for (int i = 0; i < db_rows(call) && r == 0; i++)
		r = take_row(directory, call, i);
	if (r < 0) {
		log_error("a row of the directory of people cannot be used");
		load(directory);
		return;
	}
	for (int i = 0; i < directory->asked_count; i++)
		directory->events->changed(directory->events, directory->asked[i].person_id,
					   directory->asked[i].tenant_id);
	read_changes(directory);
}

static void add_id(struct buf *buf, int64_t id)
{
	if (id != 0)
		buf_printf(buf, "%c%lld", buf->len ? ',' : '{', (long long)id);
}

static void end_ids(struct buf *buf)
{
	buf_printf(buf, "%s", buf->len ? "}" : "{}");
}

/* One query for all who wait, one at a time. */
static void read_changes(struct directory *directory)
{
	if (directory->reading || directory->waiting_count == 0)
		return;
	buf_reset(&directory->persons);
	buf_reset(&directory->tenants);
	for (int i = 0; i < directory->waiting_count; i++) {
		add_id(&directory->persons, directory->waiting[i].person_id);
		add_id(&directory->tenants, directory->waiting[i].tenant_id);
	}
	end_ids(&directory->persons);
	end_ids(&directory->tenants);
	if (directory->persons.failed || directory->tenants.failed) {
		try_again(directory);
		return;
	}
	memcpy(directory->asked, directory->waiting, sizeof(directory->asked));
	directory->asked_count = directory->waiting_count;
	directory->waiting_count = 0;
	directory->reading = true;
	directory->read.statement = &READ;
	directory->read.params[0] = directory->persons.data;
	directory->read.params[1] = directory->tenants.data;
	directory->read.done = on_read;
	db_submit(directory->db, DB_READS, &directory->read);
}

static void wait_for(struct directory *directory, const struct people_change *change)
{
	for (int i = 0; i < directory->waiting_count; i++)
		if (directory->waiting[i].person_id == change->person_id &&
		    directory->waiting[i].tenant_id == change->tenant_id)
			return;
	if (directory->waiting_count == CHANGES_MAX) {
		directory->waiting_count = 0;
		load(directory);
		return;
	}
	directory->waiting[directory->waiting_count++] = *change;
}

/* ---- following ---- */

static void on_event(struct feed_follower *follower, const struct site *site,
		     const struct feed_event *event)
{
	struct directory *directory = container_of(follower, struct directory, follower);
	struct people_change change;

	if (site != directory->operator)
		return;
	if (people_apply(directory->people, event->rev, event->kind, event->body, &change) < 0) {
		log_error("an event makes no sense to the directory of people",
			  log_int("rev", event->rev), log_str("kind", event->kind));
		load(directory);
		return;
	}
	if (change.person_id == 0 && change.tenant_id == 0)
		return;
	directory->events->changed(directory->events, change.person_id, change.tenant_id);
	wait_for(directory, &change);
	read_changes(directory);
}

static void on_reset(struct feed_follower *follower, const struct site *site,
		     const struct calendar *calendar)
{
	struct directory *directory = container_of(follower, struct directory, follower);

	if (site != directory->operator)
		return;
	people_distrust(directory->people);
	load(directory);
}

static void on_retry(struct timer *timer)
{
	struct directory *directory = container_of(timer, struct directory, retry);

	if (!db_up(directory->db))
		try_again(directory);
	else if (directory->load_wanted && !directory->loading)
		load(directory);
	else
		read_changes(directory);
}

struct directory *directory_new(struct loop *loop, struct db *db, struct feed *feed,
				const struct site *operator, struct directory_events * events)
{
	struct directory *directory = calloc(1, sizeof(*directory));

	if (!directory)
		return NULL;
	directory->loop = loop;
	directory->db = db;
	directory->feed = feed;
	directory->operator= operator;
	directory->events = events;
	directory->retry.fire = on_retry;
	directory->persons = BUF_INIT(CHANGES_MAX * 21 + 2);
	directory->tenants = BUF_INIT(CHANGES_MAX * 21 + 2);
	directory->people = people_new();
	directory->follower = (struct feed_follower){ .event = on_event, .reset = on_reset };
	feed_follow(feed, &directory->follower);
	if (!directory->people || feed_keep(feed, operator, true) < 0)
		return directory_free(directory);
	return directory;
}

struct directory *directory_free(struct directory *directory)
{
	if (!directory)
		return NULL;
	timer_stop(&directory->retry);
	feed_unfollow(&directory->follower);
	db_forget(&directory->load);
	db_forget(&directory->read);
	people_free(directory->people);
	buf_deinit(&directory->persons);
	buf_deinit(&directory->tenants);
	free(directory);
	return NULL;
}

const struct people *directory_people(const struct directory *directory)
{
	return directory->people;
}
