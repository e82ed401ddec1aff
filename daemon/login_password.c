/*
 * session.auth by login and password, which make a 90-day token:
 *
 *	look the hash up -> compare, on a thread -> password.login in the operator's lane
 *	-> session_auth_token()
 *
 * A login that does not exist takes the same way as far as the comparison, and the same time.
 *
 * The token is derived of the password and the request's key, so that a retry after an unknown outcome
 * is given the same token again. It is derived by argon2id: who reads the database finds the key in a
 * receipt and a digest of the token, and must gain nothing by that.
 */

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "common/token.h"
#include "daemon/login.h"
#include "daemon/session_auth.h"

static const char refused[] = "login or password is wrong";

static void on_issued(struct command *command)
{
	struct session_auth *op = container_of(command, struct session_auth, command);

	if (command->lane.kind_of_refusal == ERROR_unauthenticated)
		guess_refuse(command->request, &op->guess, refused);
	else if (command->lane.kind_of_refusal != ERROR_NONE)
		command_refuse(command);
	else
		session_auth_token(command->request, op);
}

/* The token is all that tells one such request from another. */
static bool write(struct command *command, struct jsonw *w)
{
	struct session_auth *op = container_of(command, struct session_auth, command);
	char hash[SHA256_HEX_MAX];

	hex_encode(op->parts.secret_hash, SHA256_SIZE, hash);
	jsonw_kint(w, "person", op->person);
	jsonw_kstr(w, "label", op->label ? op->label : "");
	jsonw_kstr(w, "id", op->parts.id);
	jsonw_kstr(w, "hash", hash);
	return true;
}

static void extra(struct command *command, struct jsonw *w)
{
	struct session_auth *op = container_of(command, struct session_auth, command);

	jsonw_kint(w, "version", op->version);
	jsonw_kint(w, "expires", session_auth_expires());
	if (op->hash[0])
		jsonw_kstr(w, "rehash", op->hash);
}

static int make_token(struct session_auth *op, const struct password_work *work)
{
	uint8_t id[SHA256_SIZE];
	int r = crypto_hmac_sha256(work->derived, sizeof(work->derived), "id", 2, id);

	return r < 0 ? r : token_make(TOKEN_ACCESS, id, work->derived, op->made, &op->parts);
}

static void on_compared(struct password_work *work)
{
	struct request *request = work->request;
	struct session_auth *op = request->data;
	bool right = work->right && op->person != 0;
	int r = work->failed;

	if (r == 0 && right) {
		memcpy(op->hash, work->made, sizeof(op->hash));
		r = make_token(op, work);
	}
	password_work_free(work);
	if (r < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	if (!right) {
		guess_refuse(request, &op->guess, refused);
		return;
	}
	guess_right(request, op->login);
	op->command.kind = "password.login";
	op->command.principal = op->person;
	op->command.key = op->key;
	op->command.write = write;
	op->command.extra = extra;
	op->command.done = on_issued;
	command_run(request, &op->command, NULL);
}

/* Whose password it would be; who is out has none. */
static void read_facts(struct session_auth *op, const struct db_call *call,
		       struct password_work *work)
{
	_cleanup_(json_freep) struct cJSON *facts = NULL;
	struct json_problem problem;
	const char *text = db_rows(call) == 1 ? db_value(call, 0, 0) : NULL, *hash;

	if (!text || json_parse(text, strlen(text), &json_limits_reply, &facts, &problem) < 0)
		return;
	hash = json_str(facts, "hash");
	if (!hash || strlen(hash) >= sizeof(work->stored))
		return;
	strcpy(work->stored, hash);
	if (json_bool(facts, "disabled"))
		return;
	json_int(facts, "person", &op->person);
	json_int(facts, "version", &op->version);
}

static void on_password_found(struct query *query)
{
	struct session_auth *op = container_of(query, struct session_auth, first);
	struct request *request = query->request;
	struct password_work *work;

	work = password_work_new(request);
	if (!work || password_salt(op->key, op->login, work->salt) < 0) {
		password_work_free(work);
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	if (!guess_turn(request, op->login)) {
		password_work_free(work);
		return;
	}
	read_facts(op, &query->call, work);
	work->compare = true;
	work->derive = true;
	snprintf(work->given, sizeof(work->given), "%s", op->password);
	password_work_run(work, on_compared);
}

void login_by_password(struct request *request, struct session_auth *op)
{
	if (!op->password) {
		request_fail_field(request, ERROR_params, "password", "missing",
				   "password is missing");
		return;
	}
	if (!op->key) {
		request_fail_field(request, ERROR_params, "key", "missing",
				   "key is missing: a token is made, so a retry has to be known");
		return;
	}
	op->first.call.urgent = true;
	query_param(&op->first, 0, op->login);
	query_run(request, &op->first, &login_password_find, on_password_found);
}
