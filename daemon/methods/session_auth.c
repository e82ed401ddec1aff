/*
 * session.auth: log in with a token, or swap a one-time code for a 90-day token. The forms that make
 * a token first are in files of their own: see daemon/session_auth.h.
 */

#include <errno.h>
#include <string.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/log.h"
#include "daemon/login.h"
#include "daemon/method.h"
#include "daemon/session_auth.h"
#include "daemon/upkeep.h"

#define AT(member) offsetof(struct session_auth, member)

/* All META: what the commands behind the forms mean is written by hand. */
static const struct field params[] = {
	{ "token", FIELD_SECRET, AT(token), FIELD_META, 1, 100, .help = "an access token" },
	{ "code", FIELD_SECRET, AT(code), FIELD_META, 1, 100,
	  .help = "a one-time code, swapped for a token of 90 days" },
	{ "login", FIELD_LOGIN, AT(login), FIELD_META,
	  .help = "with password: swapped for a token of 90 days" },
	{ "password", FIELD_SECRET, AT(password), FIELD_META, 1, PASSWORD_MAX,
	  .help = "with login; with code the new password, which may be left out" },
	{ "certificate", FIELD_BOOL, AT(certificate), FIELD_META,
	  .help = "true: by the client certificate of this connection; services only" },
	{ "label", FIELD_STRING, AT(label), FIELD_META, 1, 100,
	  .help = "what the new token is called in token.list" },
	{ "key", FIELD_UUID, AT(key), FIELD_META,
	  .help = "with code or password: UUID of this login, the same for every retry" },
	{ "attempt", FIELD_INT, AT(attempt), FIELD_META, 1, 1000 },
	FIELD_END,
};

static const char unknown_certificate[] = "nobody is known by the certificate shown";

/* Consumes the request and the reference. */
static void let_in(struct request *request, struct session_auth *op, struct actor *actor)
{
	log_info("login", log_str("req", request->name), log_str("actor", actor->login),
		 log_str("role", role_names[actor->role]),
		 log_str("peer", request->session ? request->session->peer : NULL));
	upkeep_token_seen(request->services->upkeep, actor->token);
	login_write(request_reply_begin(request), actor, op->made[0] ? op->made : NULL);
	if (request->session) {
		session_begin(request->session, actor);
		request->session->failures = 0;
		throttle_passed(&request->services->throttle, &request->session->source);
	}
	actor_unref(actor);
	crypto_wipe(op->made, sizeof(op->made));
	request_reply_end(request);
}

/* What the log told while the database was asked comes on top of its answer. */
static int judge_again(struct request *request, struct actor **actor, const char **ret_reason)
{
	struct actor *now = NULL;
	int r = login_again(request->services, *actor, &now, ret_reason);

	if (r < 0 || now) {
		actor_unref(*actor);
		*actor = now;
	}
	return r;
}

/* Certificates are for programs; one that ends takes its login with it. */
static int judge_certificate(struct request *request, struct actor *actor, const char **ret_reason)
{
	int64_t expiry = request->session->certificate_expiry_usec;

	if (actor->role != ROLE_SERVICE) {
		*ret_reason = unknown_certificate;
		actor_unref(actor);
		return -EACCES;
	}
	if (actor->expires_usec > expiry)
		actor->expires_usec = expiry;
	return 0;
}

static void on_found(struct query *query)
{
	struct session_auth *op = container_of(query, struct session_auth, query);
	struct request *request = query->request;
	struct actor *actor = NULL;
	const char *reason;
	int r;

	r = login_judge(&query->call, op->certificate ? "certificate" : "access", &op->parts,
			instant_now(), &actor, &reason);
	if (r == 0 && op->certificate)
		r = judge_certificate(request, actor, &reason);
	if (r == 0)
		r = judge_again(request, &actor, &reason);
	if (r == 0)
		let_in(request, op, actor);
	else if (r == -EACCES)
		guess_refuse(request, &op->guess, reason);
	else
		request_fail(request, ERROR_busy, NULL);
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

int64_t session_auth_expires(void)
{
	return instant_now() + SESSION_TOKEN_DAYS * 86400 * USEC_PER_SEC;
}

/* Whether it is exactly one of the forms; otherwise it has answered the request. */
static bool is_one_form(struct request *request, const struct session_auth *op)
{
	if (!!op->token + !!op->code + !!op->login + op->certificate != 1) {
		request_fail_field(request, ERROR_params, "token", "missing",
				   "give a token, or a code, or a login and its password, or say "
				   "certificate");
		return false;
	}
	if (op->password && !op->code && !op->login) {
		request_fail_field(request, ERROR_params, "password", "unknown",
				   "a password goes with a login, or with a code");
		return false;
	}
	return true;
}

/*
 * Memory is asked first, and alone while the database is away. What it does not know may be newer
 * than what we followed, and so may what would let somebody in whom it turns away.
 */
static void start_token(struct request *request, struct session_auth *op)
{
	struct actor *actor = NULL;
	const char *reason;
	int r = login_remember(request->services, &op->parts, instant_now(), &actor, &reason);

	if (r == 0)
		let_in(request, op, actor);
	else if (r == -EACCES || (r == -EPERM && !db_up(request->services->db)))
		guess_refuse(request, &op->guess, reason);
	else
		session_auth_token(request, op);
}

/* By memory first, as with a token: see there. */
static void start_certificate(struct request *request, struct session_auth *op)
{
	const struct session *session = request->session;
	char *hex = arena_alloc(request->arena, SHA256_HEX_MAX);
	struct actor *actor = NULL;
	const char *reason;
	int r;

	if (!session->has_certificate) {
		guess_refuse(request, &op->guess, "this connection shows no certificate");
		return;
	}
	if (session->certificate_expiry_usec <= instant_now()) {
		guess_refuse(request, &op->guess, "the certificate shown has expired");
		return;
	}
	r = login_remember_certificate(request->services, session->certificate, instant_now(),
				       &actor, &reason);
	if (r == 0)
		r = judge_certificate(request, actor, &reason);
	if (r == 0) {
		let_in(request, op, actor);
	} else if (r == -EPERM && !db_up(request->services->db)) {
		guess_refuse(request, &op->guess, reason);
	} else if (!hex) {
		request_fail(request, ERROR_busy, NULL);
	} else {
		hex_encode(session->certificate, SHA256_SIZE, hex);
		memcpy(op->parts.secret_hash, session->certificate, SHA256_SIZE);
		op->query.call.urgent = true;
		query_param(&op->query, 0, hex);
		query_run(request, &op->query, &login_certificate_find, on_found);
	}
}

static void start(struct request *request, void *data)
{
	struct session_auth *op = data;
	int r;

	if (!is_one_form(request, op))
		return;
	if (op->code) {
		login_by_code(request, op);
		return;
	}
	if (op->login) {
		login_by_password(request, op);
		return;
	}
	if (op->certificate) {
		start_certificate(request, op);
		return;
	}
	r = token_parse(op->token, &op->parts);
	if (r < 0 && r != -EINVAL) /* no word about the token: there was no memory to look at it */
		request_fail(request, ERROR_busy, NULL);
	else if (r < 0 || op->parts.type != TOKEN_ACCESS)
		guess_refuse(request, &op->guess, "that is not a token; it begins with cwk_");
	else
		start_token(request, op);
}

const struct method method_session_auth = {
	.name = "session.auth",
	.summary = "log in with a token or a certificate, or swap a one-time code or a password "
		   "for a token",
	.flags = METHOD_NO_LOGIN | METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct session_auth),
	.result = login_fields,
	.start = start,
};
