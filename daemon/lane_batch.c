/*
 * A batch as it is written and as it is read, see lane_internal.h. Three kinds of calls:
 *
 *	work   what waits, as far as it can be judged now, at the calendar's rev
 *	look   in doubt after a lost link: fences, and which of the commands have receipts
 *	lock   the first of two flights: no command at all, only the site's lock and what the
 *	       calendar missed; work follows in the same transaction
 */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/civil.h"
#include "common/json.h"
#include "common/jsonw.h"
#include "common/macros.h"
#include "daemon/lane_internal.h"
#include "daemon/log.h"

/* ---- writing ---- */

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
	return strlen(command->args) + (command->extra ? strlen(command->extra) : 0) +
	       (command->refusal ? strlen(command->refusal) : 0) + 256;
}

static enum lane_verdict judge(const struct lane *lane, struct lane_command *command,
			       const struct calendar *calendar)
{
	struct lane_batch batch = { lane->flying, lane->flying_count };
	enum lane_verdict verdict = LANE_ALLOW;

	command->touch = (struct lane_touch){ 0 };
	command->refusal = command->waived = NULL;
	if (command->judge && calendar)
		verdict = command->judge(command, calendar, &batch);
	assert(verdict != LANE_WAIT || batch.count > 0);
	/* What is refused or only tried changes nothing for those behind it. */
	if (verdict == LANE_REFUSE || command->dry_run)
		command->touch = (struct lane_touch){ 0 };
	return verdict;
}

/* Moves what waits into the batch: as much as can be judged, and as one call and its reply may
 * hold. */
static void fill_flying(struct lane *lane, const struct calendar *calendar)
{
	int most = lane->again > 0 ? lane->again : LANE_BATCH_MAX;
	struct lane_command *command;
	size_t reply = 256, bytes = 0;

	lane_queue_begin(&lane->waiting, monotonic_now());
	while (lane->flying_count < most && (command = lane_queue_next(&lane->waiting))) {
		if (judge(lane, command, calendar) == LANE_WAIT ||
		    (lane->flying_count > 0 && (reply + command->reply_size > LANE_REPLY_MAX ||
						bytes + command_size(command) > BATCH_BYTES_MAX)))
			return;
		lane_queue_take(&lane->waiting, command);
		command->slot = lane->flying_count;
		lane->flying[lane->flying_count++] = command;
		reply += command->reply_size;
		bytes += command_size(command);
	}
}

static void write_command(struct jsonw *w, const struct lane_command *command, bool look)
{
	jsonw_object(w);
	jsonw_kstr(w, "k", command->kind);
	jsonw_kint(w, "p", command->principal);
	jsonw_kstr(w, "key", command->key);
	jsonw_kstr(w, "h", command->hash);
	jsonw_kint(w, "n", command->attempt);
	if (command->dry_run)
		jsonw_kbool(w, "d", true);
	if (command->plain)
		jsonw_kbool(w, "f", false);
	if (look) {
		jsonw_kbool(w, "l", true);
		jsonw_object_end(w);
		return;
	}
	if (command->refusal) {
		jsonw_key(w, "x");
		jsonw_raw(w, command->refusal, strlen(command->refusal));
	}
	if (command->waived) {
		jsonw_key(w, "w");
		jsonw_raw(w, command->waived, strlen(command->waived));
	}
	jsonw_key(w, "a");
	jsonw_raw(w, command->args, strlen(command->args));
	if (command->extra) {
		jsonw_key(w, "r");
		jsonw_raw(w, command->extra, strlen(command->extra));
	}
	jsonw_object_end(w);
}

/* False: there is no memory for it. */
static bool write_flying(struct lane *lane)
{
	struct jsonw w = JSONW_INIT(&lane->commands);
	int64_t now = monotonic_now();

	buf_reset(&lane->commands);
	jsonw_array(&w);
	for (int i = 0; i < lane->flying_count; i++) {
		lane->flying[i]->sent_usec = now;
		write_command(&w, lane->flying[i], lane_in_doubt(lane));
	}
	jsonw_array_end(&w);
	if (!lane->commands.failed)
		return true;
	log_error("out of memory for a batch", log_str("site", lane->site->code));
	lane->starved = true;
	return false;
}

static void write_fences(struct lane *lane)
{
	size_t used = 0;

	for (int i = 0; i < lane->fence_count; i++)
		used += (size_t)snprintf(lane->fence_text + used, sizeof(lane->fence_text) - used,
					 "%c%lld", i ? ',' : '{', (long long)lane->fences[i]);
	snprintf(lane->fence_text + used, sizeof(lane->fence_text) - used, "%s", used ? "}" : "{}");
}

/* The rev that all verdicts of the call are exact at; NULL where nothing was judged. */
static const char *expected_rev(struct lane *lane, const struct calendar *calendar)
{
	if (!calendar)
		return NULL;
	snprintf(lane->rev_text, sizeof(lane->rev_text), "%lld", (long long)calendar_rev(calendar));
	return lane->rev_text;
}

bool lane_prepare(struct db_call *call, int64_t lane_id, int backend_pid)
{
	struct lane *lane = container_of(call, struct lane, call);
	const struct calendar *calendar = NULL;
	bool lock = call->again != NULL;

	compact_flying(lane);
	if (lane_in_doubt(lane) && lane->flying_count == 0)
		lane_begin_anew(lane); /* nobody waits for the lost batch any more */
	if (!lane_in_doubt(lane)) {
		if (lane->site->id != SITE_OPERATOR) {
			calendar = feed_calendar(lane->feed, lane->site);
			if (!calendar) /* it has just been found wrong: another is being read */
				return false;
		}
		if (!lock)
			fill_flying(lane, calendar);
	}
	if (lock ? lane->waiting.count == 0 : lane->flying_count == 0)
		return false;
	if (!write_flying(lane))
		return false;
	write_fences(lane);
	snprintf(lane->lane_text, sizeof(lane->lane_text), "%lld", (long long)lane_id);
	call->params[0] = lane->site_text;
	call->params[1] = lane->lane_text;
	call->params[2] = lane->fence_text;
	call->params[3] = expected_rev(lane, calendar);
	call->params[4] = "{}";
	call->params[5] = lane->commands.data;
	call->params[6] = lane->guarded ? "t" : "f";
	lane->state = LANE_RUNNING;
	evictor_start(&lane->evictor, backend_pid);
	return true;
}

/* ---- reading ---- */

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
		log_error("a backstop of the database fired", log_str("site", lane->site->code),
			  log_str("command", command->kind), log_str("key", command->key),
			  log_str("alarm", json_str(outcome, "alarm")));
	if (json_str(outcome, "sqlstate"))
		log_error("a command failed in the database", log_str("site", lane->site->code),
			  log_str("command", command->kind), log_str("key", command->key),
			  log_str("sqlstate", json_str(outcome, "sqlstate")),
			  log_str("constraint", json_str(outcome, "constraint")));
}

/* In doubt: no receipt, and the fence is up, so that it was not and will not be done. */
static bool is_absent(const struct cJSON *outcome)
{
	const char *word = json_str(outcome, "o");

	return word && strcmp(word, "absent") == 0;
}

static void give_outcomes(struct lane *lane, const struct cJSON *outcomes, int64_t rev)
{
	bool doubt = lane_in_doubt(lane);
	int64_t now = monotonic_now();
	const struct cJSON *outcome = json_first(outcomes);

	/*
	 * One command's done() may free another request of the same client: it is then taken out of
	 * `flying`, which stays in place until all were told.
	 */
	for (int i = 0; i < lane->flying_count; i++, outcome = json_next(outcome)) {
		struct lane_command *command = lane->flying[i];
		enum error_kind kind = outcome_kind(outcome);

		if (!command || (doubt && is_absent(outcome)))
			continue;
		lane->flying[i] = NULL;
		log_alarms(lane, command, outcome);
		command->outcome = outcome;
		command->rev = rev;
		command->committed_usec = now;
		lane_end_command(command, kind);
	}
	lane_begin_anew(lane);
	lane_put_back(lane);
}

static struct cJSON *read_reply(const struct lane *lane, const struct db_call *call)
{
	struct cJSON *reply = NULL;
	struct json_problem problem;
	const char *text = db_rows(call) == 1 ? db_value(call, 0, 0) : NULL;

	if (text && json_parse(text, (size_t)db_value_len(call, 0, 0), &json_limits_reply, &reply,
			       &problem) < 0)
		log_error("lane_run's reply is not JSON", log_str("site", lane->site->code));
	return reply;
}

static bool says(const struct cJSON *reply, const char *status)
{
	const char *word = json_str(reply, "status");

	return word && strcmp(word, status) == 0;
}

static void log_unexpected(const struct lane *lane, const struct cJSON *reply)
{
	log_error("lane_run gave an unexpected reply", log_str("site", lane->site->code),
		  log_str("status", json_str(reply, "status")));
}

/* The site is further than the calendar was: what was missing came along, or is waited for. */
static bool take_missed(struct lane *lane, const struct cJSON *reply)
{
	int64_t rev = 0;

	if (lane->site->id == SITE_OPERATOR || !json_int(reply, "rev", &rev))
		return false;
	lane->missed_usec = monotonic_now();
	lane->wanted_rev = rev;
	feed_committed(lane->feed, lane->site->id, rev, json_str(reply, "hash"),
		       json_get(reply, "events"));
	feed_doubt(lane->feed, lane->site, rev);
	return true;
}

bool lane_prepare_again(struct db_call *call)
{
	struct lane *lane = container_of(call, struct lane, call);
	_cleanup_(json_freep) struct cJSON *reply = read_reply(lane, call);
	bool behind = says(reply, "behind") && take_missed(lane, reply);
	const struct calendar *calendar = feed_calendar(lane->feed, lane->site);
	int64_t rev = 0;

	if (says(reply, "no_site")) {
		lane->refuse = ERROR_not_found;
		return false;
	}
	if (!behind && !says(reply, "ok") && !says(reply, "fenced")) {
		log_unexpected(lane, reply);
		lane->refuse = ERROR_internal;
		return false;
	}
	/* Fenced: one flight more, which tells and mends it. */
	if (says(reply, "fenced"))
		lane->missed_usec = 0;
	if (!calendar || !json_int(reply, "rev", &rev) || calendar_rev(calendar) != rev)
		return false; /* too much was missed, or it is being read again: wait for it */
	fill_flying(lane, calendar);
	if (lane->flying_count == 0 || !write_flying(lane))
		return false;
	call->params[3] = expected_rev(lane, calendar);
	call->params[5] = lane->commands.data;
	return true;
}

static bool take_work(struct lane *lane, const struct cJSON *reply)
{
	const struct cJSON *outcomes = json_get(reply, "outcomes");
	const struct cJSON *events = json_get(reply, "events");
	int64_t rev = 0;

	if (!says(reply, "ok") || !json_int(reply, "rev", &rev) ||
	    json_count(outcomes) != (size_t)lane->flying_count)
		return false;
	if (json_count(events) > 0) {
		db_hint(lane->db, lane->site->id, rev);
		feed_committed(lane->feed, lane->site->id, rev, json_str(reply, "hash"), events);
		lane->events->committed(lane->events, lane->site->id, rev, events);
	}
	give_outcomes(lane, outcomes, rev);
	return true;
}

void lane_take_reply(struct lane *lane, struct db_call *call)
{
	/* Without a reply that can be read it is committed all the same, and nobody can say what.
	 */
	_cleanup_(json_freep) struct cJSON *reply = read_reply(lane, call);

	if (take_work(lane, reply))
		return;
	if (says(reply, "behind") && !lane_in_doubt(lane) && take_missed(lane, reply)) {
		lane_put_back(lane);
	} else if (says(reply, "fenced")) {
		/* Ours was taken for dead, and did nothing: the same commands under a new lane id.
		 */
		log_warning("this lane is fenced; opening another",
			    log_str("site", lane->site->code), log_int("lane", call->lane_id));
		if (!lane_in_doubt(lane))
			lane_put_back(lane);
		db_drop_link(call);
	} else if (says(reply, "no_site")) {
		lane_end_flying(lane, ERROR_not_found);
	} else {
		log_unexpected(lane, reply);
		lane_end_flying(lane, ERROR_outcome_unknown);
	}
}
