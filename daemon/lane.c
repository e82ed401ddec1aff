/*
 * See lane.h. States of a lane:
 *
 *	IDLE -> ASKED (a call waits for a link) -> RUNNING (the batch left) -> IDLE
 *	                     ^---------- again, after a lost link or an error ---|
 */

#include "daemon/lane.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/json.h"
#include "common/jsonw.h"
#include "common/macros.h"
#include "daemon/evictor.h"
#include "daemon/log.h"

#define FENCES_MAX	16
#define BATCH_BYTES_MAX (4 * 1024 * 1024) /* 128 commands of 64 KiB lines would be 8 MiB */
#define TRIES_MAX	3

enum lane_state {
	LANE_IDLE,
	LANE_ASKED,
	LANE_RUNNING,
};

struct lane {
	struct loop *loop;	     /* borrows */
	struct db *db;		     /* borrows */
	const struct config *config; /* borrows */
	struct lane_events *events;  /* borrows */
	int site_id;
	char site_text[16];

	enum lane_state state;
	TAILQ_HEAD(, lane_command) waiting;
	int64_t waiting_count;

	struct lane_command *flying[LANE_BATCH_MAX]; /* weak: NULL where forgotten */
	int flying_count;
	int64_t fences[FENCES_MAX]; /* lanes that may have run the batch that is flying */
	int fence_count;
	int tries;    /* of this batch that ended in an error worth a retry */
	bool guarded; /* each command in a subtransaction of its own */
	bool starved; /* there was no memory to write the batch */

	struct db_call call;
	struct buf commands; /* the parameters as sent */
	char lane_text[24];
	char fence_text[FENCES_MAX * 22 + 3];
	struct evictor evictor;
};

static const struct db_statement RUN = {
	.name = "lane_run",
	.sql = "SELECT cowork.lane_run($1, $2, $3::bigint[], $4, $5::bigint[], $6::jsonb, $7)",
	.params = 7,
};

static void lane_ask(struct lane *lane);
static void lane_next(struct lane *lane);
static bool on_prepare(struct db_call *call, int64_t lane_id, int backend_pid);
static void on_done(struct db_call *call);

struct lane *lane_new(struct loop *loop, struct db *db, const struct config *config, int site_id,
		      struct lane_events *events)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return NULL;
	lane->loop = loop;
	lane->db = db;
	lane->config = config;
	lane->events = events;
	lane->site_id = site_id;
	lane->commands = BUF_INIT(BATCH_BYTES_MAX + 65536);
	TAILQ_INIT(&lane->waiting);
	snprintf(lane->site_text, sizeof(lane->site_text), "%d", site_id);
	evictor_init(&lane->evictor, loop, db, site_id);
	return lane;
}

struct lane *lane_free(struct lane *lane)
{
	if (!lane)
		return NULL;
	db_forget(&lane->call);
	evictor_deinit(&lane->evictor);
	buf_deinit(&lane->commands);
	free(lane);
	return NULL;
}

int64_t lane_load(const struct lane *lane)
{
	return lane ? lane->waiting_count + lane->flying_count : 0;
}

/* ---- ending commands ---- */

static void end_command(struct lane_command *command, enum error_kind kind)
{
	command->lane = NULL;
	command->kind_of_refusal = kind;
	command->done(command);
}

static void on_refused_later(struct task *task)
{
	struct lane_command *command = container_of(task, struct lane_command, task);

	end_command(command, command->kind_of_refusal);
}

/* Ends all that fly with one kind; the batch is over. */
static void end_flying(struct lane *lane, enum error_kind kind)
{
	int count = lane->flying_count;

	/* Counted down at once: done() may submit the next command to this lane. */
	lane->flying_count = 0;
	lane->fence_count = 0;
	lane->tries = 0;
	lane->guarded = false;
	for (int i = 0; i < count; i++) {
		struct lane_command *command = lane->flying[i];

		lane->flying[i] = NULL;
		if (command)
			end_command(command, kind);
	}
}

static void end_waiting(struct lane *lane, enum error_kind kind)
{
	struct lane_command *command;
	int64_t left = lane->waiting_count;

	/* Only those that wait now: done() may submit new ones. */
	while (left-- > 0 && (command = TAILQ_FIRST(&lane->waiting))) {
		TAILQ_REMOVE(&lane->waiting, command, entry);
		lane->waiting_count--;
		end_command(command, kind);
	}
}

void lane_database_away(struct lane *lane)
{
	if (lane)
		end_waiting(lane, ERROR_db_unavailable);
}

/* ---- coming in ---- */

/* The same person's same key, waiting or flying here: its own answer is still to come. */
static bool same_key(const struct lane_command *a, const struct lane_command *b)
{
	return a->principal == b->principal && strcmp(a->key, b->key) == 0;
}

static bool in_progress(const struct lane *lane, const struct lane_command *command)
{
	const struct lane_command *other;

	for (int i = 0; i < lane->flying_count; i++)
		if (lane->flying[i] && same_key(lane->flying[i], command))
			return true;
	TAILQ_FOREACH (other, &lane->waiting, entry)
		if (same_key(other, command))
			return true;
	return false;
}

static void refuse_later(struct lane *lane, struct lane_command *command, enum error_kind kind)
{
	command->kind_of_refusal = kind;
	command->task.run = on_refused_later;
	loop_defer(lane->loop, &command->task);
}

void lane_submit(struct lane *lane, struct lane_command *command)
{
	command->outcome = NULL;
	command->rev = 0;
	command->slot = -1;
	command->lane = lane;
	if (!db_up(lane->db)) {
		refuse_later(lane, command, ERROR_db_unavailable);
	} else if (lane->waiting_count >= lane->config->lane_queue) {
		refuse_later(lane, command, ERROR_busy);
	} else if (in_progress(lane, command)) {
		refuse_later(lane, command, ERROR_in_progress);
	} else {
		TAILQ_INSERT_TAIL(&lane->waiting, command, entry);
		lane->waiting_count++;
		if (lane->state == LANE_IDLE)
			lane_ask(lane);
	}
}

bool lane_forget(struct lane_command *command)
{
	struct lane *lane = command->lane;

	if (!lane)
		return true;
	command->lane = NULL;
	if (command->slot >= 0) {
		lane->flying[command->slot] = NULL;
		return false;
	}
	if (command->task.queued) {
		loop_cancel(lane->loop, &command->task);
		return true;
	}
	TAILQ_REMOVE(&lane->waiting, command, entry);
	lane->waiting_count--;
	return true;
}

/* ---- the batch ---- */

/* Asks for a link. A batch that may have run already waits for one however long it takes. */
static void lane_ask(struct lane *lane)
{
	lane->state = LANE_ASKED;
	lane->call.statement = &RUN;
	lane->call.prepare = on_prepare;
	lane->call.done = on_done;
	lane->call.patient = lane->fence_count > 0;
	db_submit(lane->db, DB_LANES, &lane->call);
}

/* Closes the gaps that forgotten commands left. */
static void compact_flying(struct lane *lane)
{
	int kept = 0;

	for (int i = 0; i < lane->flying_count; i++) {
		if (!lane->flying[i])
			continue;
		lane->flying[kept] = lane->flying[i];
		lane->flying[kept]->slot = kept;
		kept++;
	}
	lane->flying_count = kept;
}

static size_t command_size(const struct lane_command *command)
{
	return strlen(command->args) + (command->extra ? strlen(command->extra) : 0) + 256;
}

/* Moves what waits into the batch, as much as one call and its reply may hold. */
static void fill_flying(struct lane *lane)
{
	struct lane_command *command;
	size_t reply = 256, bytes = 0;

	while (lane->flying_count < LANE_BATCH_MAX && (command = TAILQ_FIRST(&lane->waiting))) {
		if (lane->flying_count > 0 && (reply + command->reply_size > LANE_REPLY_MAX ||
					       bytes + command_size(command) > BATCH_BYTES_MAX))
			return;
		TAILQ_REMOVE(&lane->waiting, command, entry);
		lane->waiting_count--;
		command->slot = lane->flying_count;
		lane->flying[lane->flying_count++] = command;
		reply += command->reply_size;
		bytes += command_size(command);
	}
}

static void write_command(struct jsonw *w, const struct lane_command *command)
{
	jsonw_object(w);
	jsonw_kstr(w, "k", command->kind);
	jsonw_kint(w, "p", command->principal);
	jsonw_kstr(w, "key", command->key);
	jsonw_kstr(w, "h", command->hash);
	jsonw_kint(w, "n", command->attempt);
	if (command->dry_run)
		jsonw_kbool(w, "d", true);
	if (command->look)
		jsonw_kbool(w, "l", true);
	jsonw_key(w, "a");
	jsonw_raw(w, command->args, strlen(command->args));
	if (command->extra) {
		jsonw_key(w, "r");
		jsonw_raw(w, command->extra, strlen(command->extra));
	}
	jsonw_object_end(w);
}

static void write_fences(struct lane *lane)
{
	size_t used = 0;

	for (int i = 0; i < lane->fence_count; i++)
		used += (size_t)snprintf(lane->fence_text + used, sizeof(lane->fence_text) - used,
					 "%c%lld", i ? ',' : '{', (long long)lane->fences[i]);
	snprintf(lane->fence_text + used, sizeof(lane->fence_text) - used, "%s", used ? "}" : "{}");
}

/* The last moment before sending: everything that waits goes along. */
static bool on_prepare(struct db_call *call, int64_t lane_id, int backend_pid)
{
	struct lane *lane = container_of(call, struct lane, call);
	struct jsonw w = JSONW_INIT(&lane->commands);
	int64_t now = monotonic_now();

	compact_flying(lane);
	if (lane->flying_count ==
	    0) { /* nobody waits for the lost batch any more: begin a new one */
		lane->fence_count = 0;
		lane->tries = 0;
		lane->guarded = false;
		fill_flying(lane);
	}
	if (lane->flying_count == 0)
		return false;
	buf_reset(&lane->commands);
	jsonw_array(&w);
	for (int i = 0; i < lane->flying_count; i++) {
		lane->flying[i]->sent_usec = now;
		write_command(&w, lane->flying[i]);
	}
	jsonw_array_end(&w);
	if (lane->commands.failed) {
		log_error("out of memory for a batch", log_int("site", lane->site_id));
		lane->starved = true;
		return false;
	}
	write_fences(lane);
	snprintf(lane->lane_text, sizeof(lane->lane_text), "%lld", (long long)lane_id);
	call->params[0] = lane->site_text;
	call->params[1] = lane->lane_text;
	call->params[2] = lane->fence_text;
	call->params[3] = NULL; /* nothing is judged on a calendar yet */
	call->params[4] = "{}";
	call->params[5] = lane->commands.data;
	call->params[6] = lane->guarded ? "t" : "f";
	lane->state = LANE_RUNNING;
	evictor_start(&lane->evictor, backend_pid);
	return true;
}

/* ---- its end ---- */

static void lane_next(struct lane *lane)
{
	if (lane->state != LANE_IDLE)
		return;
	if (lane->flying_count > 0 || lane->waiting_count > 0)
		lane_ask(lane);
}

/* What an outcome says; a word that is no kind of ours is our own mistake. */
static enum error_kind outcome_kind(const struct cJSON *outcome)
{
	const char *word = json_str(outcome, "o");
	enum error_kind kind;

	if (word && strcmp(word, "done") == 0)
		return ERROR_NONE;
	kind = word ? error_from_name(word) : ERROR_NONE;
	return kind == ERROR_NONE ? ERROR_internal : kind;
}

/* What should never be: the constraint caught what the look under the lock had not seen, or a
 * function failed. */
static void log_alarms(const struct lane *lane, const struct lane_command *command,
		       const struct cJSON *outcome)
{
	if (json_str(outcome, "alarm"))
		log_error("a backstop of the database fired", log_int("site", lane->site_id),
			  log_str("command", command->kind), log_str("key", command->key),
			  log_str("alarm", json_str(outcome, "alarm")));
	if (json_str(outcome, "sqlstate"))
		log_error("a command failed in the database", log_int("site", lane->site_id),
			  log_str("command", command->kind), log_str("key", command->key),
			  log_str("sqlstate", json_str(outcome, "sqlstate")),
			  log_str("constraint", json_str(outcome, "constraint")));
}

static void give_outcomes(struct lane *lane, const struct cJSON *outcomes, int64_t rev)
{
	int count = lane->flying_count;
	int64_t now = monotonic_now();
	const struct cJSON *outcome = json_first(outcomes);

	/*
	 * One command's done() may free another request of the same client: it is then taken out of
	 * `flying`, which stays in place until all were told.
	 */
	for (int i = 0; i < count; i++, outcome = json_next(outcome)) {
		struct lane_command *command = lane->flying[i];
		enum error_kind kind = outcome_kind(outcome);

		lane->flying[i] = NULL;
		if (!command)
			continue;
		log_alarms(lane, command, outcome);
		command->outcome = outcome;
		command->rev = rev;
		command->committed_usec = now;
		end_command(command, kind);
	}
	lane->flying_count = 0;
	lane->fence_count = 0;
	lane->tries = 0;
	lane->guarded = false;
}

/* A committed call's reply. */
static void take_reply(struct lane *lane, struct db_call *call, const struct cJSON *reply)
{
	const char *status = json_str(reply, "status");
	const struct cJSON *outcomes = json_get(reply, "outcomes");
	const struct cJSON *events = json_get(reply, "events");
	int64_t rev = 0;

	if (status && strcmp(status, "ok") == 0 && json_int(reply, "rev", &rev) &&
	    json_count(outcomes) == (size_t)lane->flying_count) {
		if (json_count(events) > 0) {
			db_hint(lane->db, lane->site_id, rev);
			lane->events->committed(lane->events, lane->site_id, rev,
						json_str(reply, "hash"), events);
		}
		give_outcomes(lane, outcomes, rev);
	} else if (status && strcmp(status, "fenced") == 0) {
		/* Ours was taken for dead, and did nothing: the same commands under a new lane id.
		 */
		log_warning("this lane is fenced; opening another", log_int("site", lane->site_id),
			    log_int("lane", call->lane_id));
		db_drop_link(call);
	} else if (status && strcmp(status, "no_site") == 0) {
		end_flying(lane, ERROR_not_found);
	} else {
		log_error("lane_run gave an unexpected reply", log_int("site", lane->site_id),
			  log_str("status", status));
		end_flying(lane, ERROR_outcome_unknown);
	}
}

/*
 * Errors after which the very same batch may well succeed: deadlocks and serialisation (40),
 * resources (53), locks not had in time (55), and being cancelled or shut down (57).
 */
static bool is_passing(const char *sqlstate)
{
	return strncmp(sqlstate, "40", 2) == 0 || strncmp(sqlstate, "53", 2) == 0 ||
	       strncmp(sqlstate, "55", 2) == 0 || strncmp(sqlstate, "57", 2) == 0;
}

static enum error_kind passing_kind(const char *sqlstate)
{
	return strncmp(sqlstate, "53", 2) == 0 ? ERROR_busy : ERROR_timeout;
}

/* The server rolled the call back. With a fence open an earlier run of it may still have happened.
 */
static void take_refusal(struct lane *lane, const char *sqlstate)
{
	if (lane->flying_count == 0) {
		/* The statement itself, in being prepared: nobody was on board, and what waits
		 * would meet the same again and again. */
		log_error("a batch cannot be prepared", log_int("site", lane->site_id),
			  log_str("sqlstate", sqlstate));
		end_waiting(lane, is_passing(sqlstate) ? passing_kind(sqlstate) : ERROR_internal);
	} else if (is_passing(sqlstate)) {
		if (++lane->tries < TRIES_MAX)
			return;
		log_warning("a batch is given up", log_int("site", lane->site_id),
			    log_str("sqlstate", sqlstate));
		end_flying(lane,
			   lane->fence_count > 0 ? ERROR_outcome_unknown : passing_kind(sqlstate));
	} else if (!lane->guarded) {
		log_warning("a batch failed; running it again, each command guarded",
			    log_int("site", lane->site_id), log_str("sqlstate", sqlstate),
			    log_int("commands", lane->flying_count));
		lane->guarded = true;
	} else {
		log_error("a guarded batch failed", log_int("site", lane->site_id),
			  log_str("sqlstate", sqlstate));
		end_flying(lane, lane->fence_count > 0 ? ERROR_outcome_unknown : ERROR_internal);
	}
}

static void take_loss(struct lane *lane, int64_t lane_id)
{
	if (lane->fence_count == FENCES_MAX) {
		log_error("too many links lost over one batch", log_int("site", lane->site_id));
		end_flying(lane, ERROR_outcome_unknown);
		return;
	}
	log_warning("link lost under a batch; fencing it", log_int("site", lane->site_id),
		    log_int("lane", lane_id), log_int("commands", lane->flying_count));
	lane->fences[lane->fence_count++] = lane_id;
}

/* Never left us: those that flew for the first time wait again, in front and in their order. */
static void take_unsent(struct lane *lane)
{
	bool away = !db_up(lane->db);

	if (lane->fence_count == 0) {
		compact_flying(lane);
		for (int i = lane->flying_count - 1; i >= 0; i--) {
			struct lane_command *command = lane->flying[i];

			lane->flying[i] = NULL;
			command->slot = -1;
			TAILQ_INSERT_HEAD(&lane->waiting, command, entry);
			lane->waiting_count++;
		}
		lane->flying_count = 0;
	}
	if (lane->starved) {
		lane->starved = false;
		end_flying(lane, ERROR_outcome_unknown); /* only those of a lost batch still fly */
		end_waiting(lane, ERROR_busy);
	}
	if (away)
		end_waiting(lane, ERROR_db_unavailable);
}

static void take_done(struct lane *lane, struct db_call *call)
{
	struct cJSON *reply = NULL;
	struct json_problem problem;
	const char *text = db_rows(call) == 1 ? db_value(call, 0, 0) : NULL;

	if (text && json_parse(text, (size_t)db_value_len(call, 0, 0), &json_limits_reply, &reply,
			       &problem) < 0)
		log_error("lane_run's reply is not JSON", log_int("site", lane->site_id));
	/* Without a reply that can be read it is committed all the same, and nobody can say what.
	 */
	take_reply(lane, call, reply);
	json_free(reply);
}

static void on_done(struct db_call *call)
{
	struct lane *lane = container_of(call, struct lane, call);

	evictor_stop(&lane->evictor);
	switch (call->status) {
	case DB_DONE:
		take_done(lane, call);
		break;
	case DB_REFUSED:
		take_refusal(lane, call->sqlstate);
		break;
	case DB_LOST:
		take_loss(lane, call->lane_id);
		break;
	case DB_UNSENT:
		take_unsent(lane);
		break;
	}
	/* Only now: until here every done() found the lane busy, so that the next batch takes them
	 * all. */
	lane->state = LANE_IDLE;
	lane_next(lane);
}
