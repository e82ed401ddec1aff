/*
 * session.auth: log in with a token, or swap a one-time code for a 90-day token. The forms that make
 * a token first are in files of their own: see daemon/session_auth.h.
 */

#include <errno.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/log.h"
#include "daemon/login.h"
#include "daemon/method.h"
#include "daemon/session_auth.h"
#include "daemon/upkeep.h"

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

static void on_found(struct query *query)
{
	struct session_auth *op = container_of(query, struct session_auth, query);
	struct request *request = query->request;
	struct actor *actor = NULL;
	const char *reason;
	int r;

	r = login_judge(&query->call, &op->parts, instant_now(), &actor, &reason);
	if (r == -EACCES) {
		guess_refuse(request, &op->guess, reason);
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

void session_auth_token(struct request *request, struct session_auth *op)
{
	op->query.request = request;
	/* Who wants in does not wait behind what those inside read. */
	op->query.call.urgent = true;
	query_param(&op->query, 0, op->parts.id);
	query_run(request, &op->query, &login_find, on_found);
	if (op->made[0])
		request->cancel = cancel_after_redeem;
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
		login_by_code(request, op);
		return;
	}
	if (token_parse(op->token, &op->parts) < 0 || op->parts.type != TOKEN_ACCESS) {
		guess_refuse(request, &op->guess, "that is not a token; it begins with cwk_");
		return;
	}
	session_auth_token(request, op);
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
