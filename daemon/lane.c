/*
 * See lane.h. States of a lane:
 *
 *	IDLE -> (READING: the calendar ->) ASKED (a call waits for a link) -> RUNNING -> IDLE
 *	             ^------- again, after a lost link, an error, or a missed event ---|
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/crypto.h"
#include "common/macros.h"
#include "daemon/lane_internal.h"
#include "daemon/log.h"
#include "daemon/retry.h"

#define TRIES_MAX 3
/* Two flights a batch for so long after the calendar was found behind: then the others that write
 * this site have come to rest, or are no faster than the feed. */
#define TWO_FLIGHTS_USEC USEC_PER_SEC

static const struct db_statement RUN = {
	.name = "lane_run",
	.sql = "SELECT cowork.lane_run($1, $2, $3::bigint[], $4, $5::bigint[], $6::jsonb, $7)",
	.params = 7,
};

static void lane_next(struct lane *lane);
static void on_calendar(struct feed_wait *wait, const struct calendar *calendar);
static void on_done(struct db_call *call);

struct lane *lane_new(struct loop *loop, struct db *db, const struct config *config,
		      struct feed *feed, const struct site *site, struct lane_events *events)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	uint32_t seed = 0;

	if (!lane)
		return NULL;
	lane->loop = loop;
	lane->db = db;
	lane->config = config;
	lane->feed = feed;
	lane->site = site;
	lane->events = events;
	lane->commands = BUF_INIT(BATCH_BYTES_MAX + 65536);
	lane->wait.done = on_calendar;
	lane->ended_usec = monotonic_now();
	crypto_random(&seed, sizeof(seed));
	lane_queue_init(&lane->waiting, seed);
	snprintf(lane->site_text, sizeof(lane->site_text), "%d", site->id);
	evictor_init(&lane->evictor, loop, db, site->id);
	return lane;
}

struct lane *lane_free(struct lane *lane)
{
	if (!lane)
		return NULL;
	feed_forget(&lane->wait);
	db_forget(&lane->call);
	evictor_deinit(&lane->evictor);
	lane_queue_deinit(&lane->waiting);
	buf_deinit(&lane->commands);
	free(lane);
	return NULL;
}

int64_t lane_load(const struct lane *lane)
{
	return lane ? lane->waiting.count + lane->flying_count : 0;
}

int64_t lane_stands_still(struct lane *lane, int64_t now_usec, bool excused)
{
	if (!lane)
		return 0;
	if (excused || lane_load(lane) == 0 || lane->ended != lane->ended_seen) {
		lane->ended_seen = lane->ended;
		lane->ended_usec = now_usec;
	}
	return now_usec - lane->ended_usec;
}

/* ---- ending commands ---- */

void lane_end_command(struct lane_command *command, enum error_kind kind)
{
	command->lane->ended++;
	command->lane = NULL;
	command->kind_of_refusal = kind;
	command->done(command);
}

static void on_refused_later(struct task *task)
{
	struct lane_command *command = container_of(task, struct lane_command, task);

	/* It was never in the queue, and is no progress. */
	command->lane = NULL;
	command->done(command);
}

void lane_begin_anew(struct lane *lane)
{
	lane->fence_count = 0;
	lane->tries = 0;
	lane->again = 0;
	lane->guarded = false;
}

void lane_end_flying(struct lane *lane, enum error_kind kind)
{
	int count = lane->flying_count;

	/* Counted down at once: done() may submit the next command to this lane. */
	lane->flying_count = 0;
	lane_begin_anew(lane);
	for (int i = 0; i < count; i++) {
		struct lane_command *command = lane->flying[i];

		lane->flying[i] = NULL;
		if (command)
			lane_end_command(command, kind);
	}
}

static void end_waiting(struct lane *lane, enum error_kind kind)
{
	struct lane_command *command;
	int64_t left = lane->waiting.count;

	if (!lane_in_doubt(lane))
		lane_begin_anew(lane);
	/* Only those that wait now: done() may submit new ones. */
	while (left-- > 0 && (command = lane_queue_any(&lane->waiting))) {
		lane_queue_remove(&lane->waiting, command);
		lane_end_command(command, kind);
	}
}

void lane_put_back(struct lane *lane)
{
	for (int i = lane->flying_count - 1; i >= 0; i--) {
		struct lane_command *command = lane->flying[i];

		lane->flying[i] = NULL;
		if (!command)
			continue;
		command->slot = -1;
		lane_queue_give_back(&lane->waiting, command);
	}
	lane->flying_count = 0;
}

void lane_database_away(struct lane *lane)
{
	if (lane)
		end_waiting(lane, ERROR_db_unavailable);
}

/* ---- coming in ---- */

/* The same person's same key, waiting or flying here: its own answer is still to come. */
static bool in_progress(const struct lane *lane, const struct lane_command *command)
{
	for (int i = 0; i < lane->flying_count; i++)
		if (lane->flying[i] && lane_same_key(lane->flying[i], command))
			return true;
	return lane_queue_has_key(&lane->waiting, command);
}

static void refuse_later(struct lane *lane, struct lane_command *command, enum error_kind kind)
{
	command->kind_of_refusal = kind;
	command->task.run = on_refused_later;
	loop_defer(lane->loop, &command->task);
}

/* Too many wait. Who comes again when those here now have gone finds room. */
static void refuse_busy(struct lane *lane, struct lane_command *command, int64_t principal)
{
	int64_t age = lane_queue_age(&lane->waiting, principal, monotonic_now());

	command->retry_after_ms = retry_after(age / USEC_PER_MSEC);
	refuse_later(lane, command, ERROR_busy);
}

/*
 * A person has no more waiting than there is room left, so that however many fill the lane, some is
 * left for who comes with one change: alone one can have half of it, two a third each.
 */
static int64_t share(const struct lane *lane)
{
	int64_t left = lane->config->lane_queue - lane->waiting.count;

	return left < lane->config->lane_queue_per_person ? left
							  : lane->config->lane_queue_per_person;
}

void lane_submit(struct lane *lane, struct lane_command *command)
{
	int64_t theirs = lane_queue_of(&lane->waiting, command->principal);

	command->outcome = NULL;
	command->rev = 0;
	command->retry_after_ms = 0;
	command->slot = -1;
	command->lane = lane;
	if (!db_up(lane->db)) {
		refuse_later(lane, command, ERROR_db_unavailable);
	} else if (theirs >= share(lane)) {
		refuse_busy(lane, command, theirs > 0 ? command->principal : 0);
	} else if (in_progress(lane, command)) {
		refuse_later(lane, command, ERROR_in_progress);
	} else if (lane_queue_add(&lane->waiting, command, monotonic_now()) < 0) {
		refuse_later(lane, command, ERROR_busy);
	} else {
		lane_next(lane);
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
	lane_queue_remove(&lane->waiting, command);
	return true;
}

/* ---- what comes next ---- */

/* Nothing is judged at the operator's log, nor where it is only asked what became of a batch. */
static bool needs_calendar(const struct lane *lane)
{
	return lane->site->id != SITE_OPERATOR && !lane_in_doubt(lane);
}

static void refuse_waiting_later(struct lane *lane, enum error_kind kind)
{
	struct lane_command *command;

	while ((command = lane_queue_any(&lane->waiting))) {
		lane_queue_remove(&lane->waiting, command);
		refuse_later(lane, command, kind);
	}
}

/* Whether the calendar is here, and as far as it has to be. Otherwise it is waited for. */
static bool have_calendar(struct lane *lane)
{
	const struct calendar *calendar = feed_calendar(lane->feed, lane->site);

	if (calendar && calendar_rev(calendar) >= lane->wanted_rev)
		return true;
	lane->state = LANE_READING;
	if (feed_want(lane->feed, lane->site, lane->wanted_rev, &lane->wait) < 0) {
		lane->state = LANE_IDLE;
		refuse_waiting_later(lane, ERROR_busy);
	}
	return false;
}

static void on_calendar(struct feed_wait *wait, const struct calendar *calendar)
{
	struct lane *lane = container_of(wait, struct lane, wait);

	if (!calendar) {
		log_warning("no calendar to judge changes by", log_str("site", lane->site->code));
		lane->wanted_rev = 0;
		end_waiting(lane, db_up(lane->db) ? ERROR_behind : ERROR_db_unavailable);
	}
	lane->state = LANE_IDLE;
	lane_next(lane);
}

static bool is_behind_lately(const struct lane *lane)
{
	return lane->missed_usec > 0 && monotonic_now() - lane->missed_usec < TWO_FLIGHTS_USEC;
}

/* Asks for a link. A batch that may have run already waits for one however long it takes. */
static void lane_next(struct lane *lane)
{
	if (lane->state != LANE_IDLE || lane->waiting.count + lane->flying_count == 0 ||
	    (needs_calendar(lane) && !have_calendar(lane)))
		return;
	lane->state = LANE_ASKED;
	lane->call.statement = &RUN;
	lane->call.prepare = lane_prepare;
	lane->call.again =
		needs_calendar(lane) && is_behind_lately(lane) ? lane_prepare_again : NULL;
	lane->call.done = on_done;
	lane->call.patient = lane_in_doubt(lane);
	db_submit(lane->db, DB_LANES, &lane->call);
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

/* The same commands again. In doubt they stay on board; else they are judged anew. */
static void run_again(struct lane *lane)
{
	if (lane_in_doubt(lane))
		return;
	lane->again = lane->flying_count;
	lane_put_back(lane);
}

/* The first of two flights, or the statement itself in being prepared: nobody was on board. */
static void take_refusal_of_all(struct lane *lane, const char *sqlstate)
{
	if (lane->call.again && is_passing(sqlstate) && ++lane->tries < TRIES_MAX)
		return;
	log_error("a batch cannot be prepared", log_str("site", lane->site->code),
		  log_str("sqlstate", sqlstate));
	lane_begin_anew(lane);
	end_waiting(lane, is_passing(sqlstate) ? passing_kind(sqlstate) : ERROR_internal);
}

/* The server rolled the call back. In doubt an earlier run of it may still have happened. */
static void take_refusal(struct lane *lane, const char *sqlstate)
{
	bool doubt = lane_in_doubt(lane);

	if (lane->flying_count == 0) {
		take_refusal_of_all(lane, sqlstate);
	} else if (is_passing(sqlstate)) {
		if (++lane->tries < TRIES_MAX) {
			run_again(lane);
			return;
		}
		log_warning("a batch is given up", log_str("site", lane->site->code),
			    log_str("sqlstate", sqlstate));
		lane_end_flying(lane, doubt ? ERROR_outcome_unknown : passing_kind(sqlstate));
	} else if (!lane->guarded) {
		log_warning("a batch failed; running it again, each command guarded",
			    log_str("site", lane->site->code), log_str("sqlstate", sqlstate),
			    log_int("commands", lane->flying_count));
		lane->guarded = true;
		run_again(lane);
	} else {
		log_error("a guarded batch failed", log_str("site", lane->site->code),
			  log_str("sqlstate", sqlstate));
		lane_end_flying(lane, doubt ? ERROR_outcome_unknown : ERROR_internal);
	}
}

static void take_loss(struct lane *lane, int64_t lane_id)
{
	if (lane->fence_count == FENCES_MAX) {
		log_error("too many links lost over one batch", log_str("site", lane->site->code));
		lane_end_flying(lane, ERROR_outcome_unknown);
		return;
	}
	log_warning("link lost under a batch; fencing it", log_str("site", lane->site->code),
		    log_int("lane", lane_id), log_int("commands", lane->flying_count));
	lane->fences[lane->fence_count++] = lane_id;
}

/* Never left us, or was rolled back before anything was done. */
static void take_unsent(struct lane *lane)
{
	bool away = !db_up(lane->db);

	if (!lane_in_doubt(lane))
		lane_put_back(lane);
	if (lane->starved) {
		lane->starved = false;
		/* Only those of a lost batch still fly. */
		lane_end_flying(lane, ERROR_outcome_unknown);
		end_waiting(lane, ERROR_busy);
	}
	if (lane->refuse != ERROR_NONE) {
		end_waiting(lane, lane->refuse);
		lane->refuse = ERROR_NONE;
	}
	if (away)
		end_waiting(lane, ERROR_db_unavailable);
}

static void on_done(struct db_call *call)
{
	struct lane *lane = container_of(call, struct lane, call);

	evictor_stop(&lane->evictor);
	switch (call->status) {
	case DB_DONE:
		lane_take_reply(lane, call);
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
