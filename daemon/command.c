/* See command.h. */

#include "daemon/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "common/reference.h"
#include "common/zone.h"
#include "daemon/log.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/refusal.h"

/* Facts of one thing and its outcome; texts of the caller's own come on top. */
#define REPLY_SIZE 900
/* Of 2^25 references a site with a million bookings uses 3 in 100: eight tries miss once in 10^12.
 */
#define REFS	    8
#define ARGS_MAX    262144
#define VERDICT_MAX 4096

const char *command_keep(struct command *command, struct buf *text)
{
	const char *kept =
		text->failed ? NULL : arena_strndup(command->request->arena, text->data, text->len);

	buf_deinit(text);
	return kept;
}

/* What of the parameters is no part of what is asked for. */
static bool is_about_the_try(const char *name)
{
	return strcmp(name, "key") == 0 || strcmp(name, "attempt") == 0 ||
	       strcmp(name, "dry_run") == 0 || strcmp(name, "min_rev") == 0;
}

/*
 * The request as it was sent, in the order of the table: what the daemon makes of it may be another thing at
 * the time of a retry (the site's zone, the person's role), and the request is the same all the same.
 */
static void write_request(struct request *request, struct jsonw *w)
{
	const struct cJSON *params = json_get(request->tree, "params");

	jsonw_object(w);
	for (const struct field *field = request->method->params; field->name; field++) {
		const struct cJSON *value = json_get(params, field->name);

		/* A receipt must not help to guess a secret. */
		if (!value || json_is_null(value) || is_about_the_try(field->name) ||
		    field->type == FIELD_SECRET)
			continue;
		jsonw_key(w, field->name);
		field_encode_tree(w, value);
	}
	jsonw_object_end(w);
}

static int hash_command(struct command *command)
{
	struct buf text = BUF_INIT(ARGS_MAX);
	struct jsonw w = JSONW_INIT(&text);
	uint8_t digest[SHA256_SIZE];
	struct sha256 *sha = sha256_new();
	int r;

	if (!sha)
		return -ENOMEM;
	sha256_update(sha, command->lane.kind, strlen(command->lane.kind) + 1);
	if (command->mutation) {
		write_request(command->request, &w);
		sha256_update(sha, text.data, text.len);
		if (command->proof)
			sha256_update(sha, command->proof, strlen(command->proof));
	} else { /* a login: its arguments are all there is, and hold no secret */
		sha256_update(sha, command->lane.args, strlen(command->lane.args));
	}
	r = sha256_final(sha, digest);
	if (r == 0 && text.failed)
		r = -ENOMEM;
	if (r == 0)
		hex_encode(digest, sizeof(digest), command->hash);
	command->lane.hash = command->hash;
	buf_deinit(&text);
	return r;
}

/* Writes arguments and random inputs. */
static enum { WRITTEN, ANSWERED, NO_ROOM } write_args(struct command *command)
{
	struct request *request = command->request;
	struct buf args = BUF_INIT(ARGS_MAX), extra = BUF_INIT(ARGS_MAX);
	struct jsonw w = JSONW_INIT(&args), x = JSONW_INIT(&extra);

	jsonw_object(&w);
	field_encode_args(&w, request->method->params, request->data);
	if (command->write && !command->write(command, &w)) {
		buf_deinit(&args);
		return ANSWERED;
	}
	jsonw_object_end(&w);
	command->lane.args = command_keep(command, &args);
	command->lane.extra = NULL;
	if (command->extra) {
		jsonw_object(&x);
		command->extra(command, &x);
		jsonw_object_end(&x);
		command->lane.extra = command_keep(command, &extra);
	}
	return command->lane.args && (!command->extra || command->lane.extra) ? WRITTEN : NO_ROOM;
}

/* ---- judging ---- */

struct jsonw *command_verdict_begin(struct command *command, enum error_kind kind)
{
	command->verdict = BUF_INIT(VERDICT_MAX);
	command->verdict_writer = JSONW_INIT(&command->verdict);
	jsonw_object(&command->verdict_writer);
	jsonw_kstr(&command->verdict_writer, "o", error_name(kind));
	if (command->external_id)
		jsonw_kstr(&command->verdict_writer, "external_id", command->external_id);
	if (command->external_id && command->request->scope != SCOPE_SITE &&
	    command->request->scope != SCOPE_ALL)
		jsonw_kint(&command->verdict_writer, "of_tenant",
			   command->request->actor->tenant_id);
	return &command->verdict_writer;
}

/* Without memory for reasons: busy, which the database does not keep. */
static enum lane_verdict refuse_busy(struct command *command)
{
	command->lane.args = "{}";
	command->lane.extra = NULL;
	command->lane.refusal = "{\"o\":\"busy\"}";
	return LANE_REFUSE;
}

enum lane_verdict command_verdict_end(struct command *command)
{
	jsonw_object_end(&command->verdict_writer);
	command->lane.args = "{}";
	command->lane.extra = NULL;
	command->lane.refusal = command_keep(command, &command->verdict);
	return command->lane.refusal ? LANE_REFUSE : refuse_busy(command);
}

static bool all_touched(const struct lane_batch *batch)
{
	for (int i = 0; i < batch->count; i++)
		if (batch->commands[i]->touch.all)
			return true;
	return false;
}

static enum lane_verdict on_judge(struct lane_command *lane, const struct calendar *calendar,
				  const struct lane_batch *batch)
{
	struct command *command = container_of(lane, struct command, lane);
	enum lane_verdict verdict;

	if (!command->judge) {
		lane->touch.all = true;
		return LANE_ALLOW;
	}
	if (all_touched(batch))
		return LANE_WAIT;
	verdict = command->judge(command, calendar, batch);
	if (verdict == LANE_ALLOW && write_args(command) != WRITTEN)
		return refuse_busy(command);
	return verdict;
}

void command_write_own(struct command *command, struct jsonw *w)
{
	const struct actor *actor = command->request->actor;

	if (command->request->scope != SCOPE_OWN && command->request->scope != SCOPE_TENANT)
		return;
	jsonw_key(w, "own");
	jsonw_object(w);
	if (command->request->scope == SCOPE_TENANT)
		jsonw_kint(w, "tenant", actor->tenant_id);
	else
		jsonw_kint(w, "member", actor->person_id);
	jsonw_object_end(w);
}

void command_write_refs(struct command *command, struct jsonw *w, char letter)
{
	uint32_t random[REFS];
	char text[REFERENCE_TEXT_MAX];

	/* Without randomness the list stays empty, and the database refuses with busy. */
	jsonw_key(w, "refs");
	jsonw_array(w);
	if (crypto_random(random, sizeof(random)) == 0)
		for (int i = 0; i < REFS; i++)
			jsonw_str(w, reference_format(letter, random[i], text));
	jsonw_array_end(w);
}

bool command_zone_known(struct request *request, const char *name)
{
	struct zone *zone = NULL;
	char message[128];

	if (zone_load(name, NULL, &zone) == 0) {
		zone_free(zone);
		return true;
	}
	snprintf(message, sizeof(message),
		 "there is no time zone '%s'; an IANA name is wanted, e.g. "
		 "Asia/Seoul",
		 name);
	request_fail_field(request, ERROR_params, "zone", "unknown", message);
	return false;
}

bool command_currency_valid(struct request *request, const char *code)
{
	if (!code || strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(code))
		return true;
	request_fail_field(request, ERROR_params, "currency", "format",
			   "currency must be three capital letters such as KRW");
	return false;
}

bool command_replayed(const struct command *command)
{
	return command->replayed;
}

/* All but the noun, behind which the writer stands. */
static void finish_reply(struct command *command, struct jsonw *w)
{
	struct request *request = command->request;

	if (command->reply)
		command->reply(command, w);
	if (json_get(command->lane.outcome, "waived")) {
		jsonw_key(w, "waived");
		field_encode_tree(w, json_get(command->lane.outcome, "waived"));
	}
	jsonw_kint(w, "rev", command->lane.rev);
	if (command->replayed)
		jsonw_kbool(w, "replayed", true);
	if (command->lane.dry_run)
		jsonw_kbool(w, "dry_run", true);
	jsonw_object_end(w);
	request_reply_end(request);
}

/* `facts` are NULL where the method gives no noun. */
static void reply(struct command *command, const struct cJSON *facts)
{
	struct request *request = command->request;
	const struct noun *noun = request->method->noun;
	struct jsonw *w = request_reply_begin(request);

	jsonw_object(w);
	if (noun && facts) {
		jsonw_key(w, noun->name);
		noun_write(w, noun, facts, request);
	}
	finish_reply(command, w);
}

/* Of what was made just now. False: it is not all in memory, and nothing was answered. */
static bool reply_recalled(struct command *command)
{
	struct request *request = command->request;
	struct jsonw *w;

	if (!command->recall || command->replayed)
		return false;
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_key(w, request->method->noun->name);
	if (!command->recall(command, w))
		return false;
	finish_reply(command, w);
	return true;
}

static void on_facts(struct db_call *call)
{
	struct command *command = container_of(call, struct command, facts);
	_cleanup_(json_freep) struct cJSON *facts = NULL;
	struct json_problem problem;
	const char *text =
		call->status == DB_DONE && db_rows(call) == 1 ? db_value(call, 0, 0) : NULL;

	command->request->cancel = NULL;
	if (text && json_parse(text, strlen(text), &json_limits_reply, &facts, &problem) == 0)
		reply(command, facts);
	else
		request_fail(
			command->request, ERROR_outcome_unknown,
			"it is done, but could not be read back; send it again with the same key");
}

/* It is done, whoever does not wait for the rest. */
static bool cancel_facts(struct request *request)
{
	struct command *command = request->waiting;

	db_forget(&command->facts);
	return false;
}

static void free_tree(void *tree)
{
	json_free(tree);
}

/* The outcome is the lane's, and only now: a copy of it for as long as the request lives. */
static const struct cJSON *keep_outcome(struct command *command)
{
	struct arena *arena = command->request->arena;
	struct buf text = BUF_INIT(ARGS_MAX);
	struct jsonw w = JSONW_INIT(&text);
	struct json_problem problem;
	struct cJSON *tree = NULL;

	field_encode_tree(&w, command->lane.outcome);
	if (text.failed ||
	    json_parse(text.data, text.len, &json_limits_reply, &tree, &problem) < 0 ||
	    arena_on_free(arena, free_tree, tree) < 0)
		tree = json_free(tree);
	buf_deinit(&text);
	return tree;
}

/* The lane's reply is bounded, and facts are what it leaves out: read them now. */
static void read_facts(struct command *command)
{
	struct request *request = command->request;
	int64_t id = 0;

	json_int(command->lane.outcome, "id", &id);
	command->facts.statement = request->method->noun->by_id;
	command->facts.params[0] =
		arena_printf(request->arena, "%d", request->site ? request->site->id : 0);
	command->facts.params[1] = arena_printf(request->arena, "%lld", (long long)id);
	command->facts.done = on_facts;
	command->lane.outcome = keep_outcome(command);
	request->waiting = command;
	request->cancel = cancel_facts;
	db_submit(request->services->db, DB_READS, &command->facts);
}

static void succeed(struct command *command)
{
	const struct cJSON *facts = json_get(command->lane.outcome, "facts");

	if (!command->request->method->noun || facts)
		reply(command, facts);
	else if (!reply_recalled(command))
		read_facts(command);
}

void command_refuse(struct command *command)
{
	refusal_answer(command->request, command->lane.kind_of_refusal, command->lane.outcome);
}

void command_answer(struct command *command)
{
	if (command->lane.kind_of_refusal == ERROR_NONE)
		succeed(command);
	else
		command_refuse(command);
}

static void on_done(struct lane_command *lane)
{
	struct command *command = container_of(lane, struct command, lane);
	struct request *request = command->request;

	request->cancel = NULL;
	request->stamps[ROOM_QUEUE] = lane->sent_usec;
	request->stamps[ROOM_DATABASE] = lane->committed_usec;
	request->retry_after_ms = lane->retry_after_ms;
	command->replayed = json_bool(lane->outcome, "replayed");
	if (command->done)
		command->done(command);
	else
		command_answer(command);
}

static bool cancel_lane(struct request *request)
{
	struct command *command = request->waiting;

	return lane_forget(&command->lane);
}

/* False: the request was answered. */
static bool prepare(struct command *command)
{
	struct request *request = command->request;
	int r = WRITTEN;

	/* Judged commands have their arguments from the calendar they are judged by. */
	command->lane.args = "{}";
	if (!command->judge)
		r = write_args(command);
	if (r == WRITTEN && hash_command(command) < 0)
		r = NO_ROOM;
	if (r == NO_ROOM)
		request_fail(request, ERROR_busy, NULL);
	return r == WRITTEN;
}

static void submit(struct command *command)
{
	struct request *request = command->request;
	bool of_site = request->site && !command->operator;
	struct lane *lane;

	if (!prepare(command))
		return;
	lane = services_lane(request->services,
			     of_site ? request->site : sites_operator(request->services->sites));
	if (!lane) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	command->lane.judge = of_site ? on_judge : NULL;
	command->lane.done = on_done;
	request->waiting = command;
	request->cancel = cancel_lane;
	lane_submit(lane, &command->lane);
}

void command_run(struct request *request, struct command *command, struct mutation *mutation)
{
	command->request = request;
	command->mutation = mutation;
	command->lane.kind = command->kind ? command->kind : request->method->name;
	/* A login by code is nobody's yet, whoever used the connection before: its retry may come
	 * on another. */
	command->lane.principal =
		mutation && request->actor ? request->actor->person_id : command->principal;
	command->lane.key = mutation ? mutation->key : command->key;
	command->lane.attempt =
		mutation && mutation->attempt.set ? (int)mutation->attempt.value : 1;
	command->lane.dry_run = mutation && mutation->dry_run;
	command->lane.plain = command->recall != NULL;
	command->lane.reply_size = REPLY_SIZE + command->reply_size;
	submit(command);
}
