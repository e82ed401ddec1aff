/*
 * session.auth: log in with a token, or swap a one-time code for a 90-day token.
 *
 *	token: look it up -> judge -> reply
 *	code:  look it up -> code.redeem in the operator's lane -> look the new token up -> judge
 *	       -> reply
 *
 * Only who holds a code's secret gets as far as the lane: strangers make the database write nothing.
 *
 * The token made for a code is derived from the code and the request's key, so that a retry after
 * an unknown outcome is given the same token again although the database never had it.
 */

#include <errno.h>
#include <string.h>

#include "common/civil.h"
#include "common/macros.h"
#include "common/token.h"
#include "daemon/command.h"
#include "daemon/log.h"
#include "daemon/login.h"
#include "daemon/method.h"
#include "daemon/query.h"
#include "daemon/upkeep.h"

#define TOKEN_DAYS 90

struct session_auth {
	const char *token;
	const char *code;
	const char *label;
	const char *key;
	struct field_int attempt;
	struct command command;
	struct query code_query;
	struct query query;
	struct token_parts presented; /* the code */
	struct token_parts parts;     /* of the token that is looked up */
	char made[TOKEN_TEXT_MAX];    /* the token made for a code */
	struct timer late;	      /* until the refusal is told */
	struct request *refused;
	const char *reason;
};

#define AT(member) offsetof(struct session_auth, member)

/* All META: what code.redeem means is written by hand below. */
static const struct field params[] = {
	{ "token", FIELD_SECRET, AT(token), FIELD_META, 1, 100, .help = "an access token" },
	{ "code", FIELD_SECRET, AT(code), FIELD_META, 1, 100,
	  .help = "a one-time code, swapped for a token of 90 days" },
	{ "label", FIELD_STRING, AT(label), FIELD_META, 1, 100,
	  .help = "what the new token is called in token.list" },
	{ "key", FIELD_UUID, AT(key), FIELD_META,
	  .help = "with code: UUID of this login, the same for every retry" },
	{ "attempt", FIELD_INT, AT(attempt), FIELD_META, 1, 1000 },
	FIELD_END,
};

static bool cancel_refusal(struct request *request)
{
	struct session_auth *op = request->waiting;

	timer_stop(&op->late);
	return true;
}

static void on_late(struct timer *timer)
{
	struct session_auth *op = container_of(timer, struct session_auth, late);
	struct request *request = op->refused;

	if (request->retry_after_ms > 0)
		request_fail(request, ERROR_throttled,
			     "too many failed logins come from your address; wait a little");
	else
		request_fail(request, ERROR_unauthenticated, op->reason);
}

/*
 * A failure is answered late: who guesses waits, and takes none of our time meanwhile. Not so late
 * that the login's own deadline comes first. The clock of the request does not run, or its timeout
 * would be the answer.
 */
static void refuse(struct request *request, const char *reason)
{
	struct session_auth *op = request->data;
	struct services *services = request->services;
	struct session *session = request->session;
	const struct config *config = services->config;
	int64_t now = monotonic_now() / USEC_PER_MSEC, failures, delay;

	session->failures++;
	log_notice("login refused", log_str("req", request->name), log_str("peer", session->peer),
		   log_str("why", reason));
	failures = throttle_failed(&services->throttle, &session->source, now);
	if (failures > config->login_failures)
		request->retry_after_ms = throttle_left(&services->throttle, &session->source, now);
	delay = throttle_delay(failures, config->login_delay);
	if (delay > config->login_timeout / 2)
		delay = config->login_timeout / 2;
	op->refused = request;
	op->reason = reason;
	op->late.fire = on_late;
	request->waiting = op;
	request->cancel = cancel_refusal;
	timer_stop(&request->deadline);
	timer_start(services->loop, &op->late, delay);
}

static void on_found(struct query *query)
{
	struct session_auth *op = container_of(query, struct session_auth, query);
	struct request *request = query->request;
	struct actor *actor = NULL;
	const char *reason;
	int r;

	r = login_judge(&query->call, &op->parts, instant_now(), &actor, &reason);
	if (r == -EACCES) {
		refuse(request, reason);
		return;
	}
	if (r < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	log_info("login", log_str("req", request->name), log_str("actor", actor->login),
		 log_str("role", role_names[actor->role]),
		 log_str("peer", request->session ? request->session->peer : NULL));
	upkeep_token_seen(request->services->upkeep, actor->token);
	login_write(request_reply_begin(request), actor, op->made[0] ? op->made : NULL);
	if (request->session) {
		actor_unref(request->session->actor);
		request->session->actor = actor_ref(actor);
		request->session->failures = 0;
		throttle_passed(&request->services->throttle, &request->session->source);
	}
	actor_unref(actor);
	crypto_wipe(op->made, sizeof(op->made));
	request_reply_end(request);
}

/* The code is used up by now: whoever does not wait has to ask again with the same key. */
static bool cancel_after_redeem(struct request *request)
{
	struct query *query = request->waiting;

	db_forget(&query->call);
	return false;
}

static void look_up(struct request *request, struct session_auth *op)
{
	op->query.request = request;
	/* Who wants in does not wait behind what those inside read. */
	op->query.call.urgent = true;
	query_param(&op->query, 0, op->parts.id);
	query_run(request, &op->query, &login_find, on_found);
	if (op->made[0])
		request->cancel = cancel_after_redeem;
}

static const char bad_code[] = "the code is not valid: it was used, has expired, or is wrong";

static void on_redeemed(struct command *command)
{
	struct session_auth *op = container_of(command, struct session_auth, command);

	if (command->lane.kind_of_refusal == ERROR_unauthenticated)
		refuse(command->request, bad_code);
	else if (command->lane.kind_of_refusal != ERROR_NONE)
		command_refuse(command);
	else
		look_up(command->request, op);
}

/* The same code and key always make the same token. */
static int derive_token(struct session_auth *op)
{
	uint8_t bytes[SHA256_SIZE], id[SHA256_SIZE];
	size_t code_len = strlen(op->code);
	int r;

	r = crypto_hmac_sha256(op->code, code_len, op->key, strlen(op->key), bytes);
	if (r == 0)
		r = crypto_hmac_sha256(bytes, sizeof(bytes), "id", 2, id);
	if (r == 0)
		r = token_make(TOKEN_ACCESS, id, bytes, op->made, &op->parts);
	crypto_wipe(bytes, sizeof(bytes));
	return r;
}

static bool write(struct command *command, struct jsonw *w)
{
	struct session_auth *op = container_of(command, struct session_auth, command);
	char hash[SHA256_HEX_MAX];

	hex_encode(op->presented.secret_hash, SHA256_SIZE, hash);
	jsonw_kstr(w, "code", op->presented.id);
	jsonw_kstr(w, "hash", hash);
	jsonw_kstr(w, "label", op->label ? op->label : "");
	return true;
}

static void extra(struct command *command, struct jsonw *w)
{
	struct session_auth *op = container_of(command, struct session_auth, command);
	char hash[SHA256_HEX_MAX];

	hex_encode(op->parts.secret_hash, SHA256_SIZE, hash);
	jsonw_kstr(w, "id", op->parts.id);
	jsonw_kstr(w, "hash", hash);
	jsonw_kint(w, "expires", instant_now() + TOKEN_DAYS * 86400 * USEC_PER_SEC);
}

static void on_code_found(struct query *query)
{
	struct session_auth *op = container_of(query, struct session_auth, code_query);
	bool retry = op->attempt.set && op->attempt.value > 1;

	if (!login_judge_code(&query->call, &op->presented, instant_now(), retry)) {
		refuse(query->request, bad_code);
		return;
	}
	op->command.kind = "code.redeem";
	op->command.key = op->key;
	op->command.write = write;
	op->command.extra = extra;
	op->command.done = on_redeemed;
	command_run(query->request, &op->command, NULL);
}

static void start_code(struct request *request, struct session_auth *op)
{
	if (!op->key) {
		request_fail_field(request, ERROR_params, "key", "missing",
				   "key is missing: a code is used up, so a retry has to be known");
		return;
	}
	if (token_parse(op->code, &op->presented) < 0 || op->presented.type != TOKEN_CODE) {
		refuse(request, "that is not a one-time code; it begins with cwc_");
		return;
	}
	if (derive_token(op) < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	op->code_query.call.urgent = true;
	query_param(&op->code_query, 0, op->presented.id);
	query_run(request, &op->code_query, &login_find, on_code_found);
}

static void start(struct request *request, void *data)
{
	struct session_auth *op = data;

	if (!op->token == !op->code) {
		request_fail_field(request, ERROR_params, "token", "missing",
				   "give either token or code");
		return;
	}
	if (op->code) {
		start_code(request, op);
		return;
	}
	if (token_parse(op->token, &op->parts) < 0 || op->parts.type != TOKEN_ACCESS) {
		refuse(request, "that is not a token; it begins with cwk_");
		return;
	}
	look_up(request, op);
}

const struct method method_session_auth = {
	.name = "session.auth",
	.summary = "log in with a token, or swap a one-time code for one",
	.flags = METHOD_NO_LOGIN,
	.params = params,
	.size = sizeof(struct session_auth),
	.result = login_fields,
	.start = start,
};
