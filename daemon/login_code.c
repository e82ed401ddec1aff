/*
 * session.auth by a one-time code, which is swapped for a 90-day token:
 *
 *	look the code up (-> hash the new password, on a thread) -> code.redeem in the operator's lane -> session_auth_token()
 *
 * Only who holds a code's secret gets as far as the lane: strangers make the database write nothing.
 *
 * The token made for a code is derived from the code and the request's key, so that a retry after
 * an unknown outcome is given the same token again although the database never had it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/login.h"
#include "daemon/session_auth.h"

static const char bad_code[] = "the code is not valid: it was used, has expired, or is wrong";

static void on_redeemed(struct command *command)
{
	struct session_auth *op = container_of(command, struct session_auth, command);

	if (command->lane.kind_of_refusal == ERROR_unauthenticated)
		guess_refuse(command->request, &op->guess, bad_code);
	else if (command->lane.kind_of_refusal != ERROR_NONE)
		command_refuse(command);
	else
		session_auth_token(command->request, op);
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
	if (op->hash[0])
		jsonw_kstr(w, "proof", op->proof);
	return true;
}

static void extra(struct command *command, struct jsonw *w)
{
	struct session_auth *op = container_of(command, struct session_auth, command);
	char hash[SHA256_HEX_MAX];

	hex_encode(op->parts.secret_hash, SHA256_SIZE, hash);
	jsonw_kstr(w, "id", op->parts.id);
	jsonw_kstr(w, "hash", hash);
	jsonw_kint(w, "expires", session_auth_expires());
	if (op->hash[0])
		jsonw_kstr(w, "password", op->hash);
}

static void redeem(struct request *request, struct session_auth *op)
{
	op->command.kind = "code.redeem";
	op->command.key = op->key;
	op->command.write = write;
	op->command.extra = extra;
	op->command.done = on_redeemed;
	command_run(request, &op->command, NULL);
}

static void on_hashed(struct password_work *work)
{
	struct request *request = work->request;
	struct session_auth *op = request->data;
	int r = work->failed;

	if (r == 0) {
		memcpy(op->hash, work->made, sizeof(op->hash));
		r = password_proof(op->hash, op->proof);
	}
	password_work_free(work);
	if (r < 0)
		request_fail(request, ERROR_busy, NULL);
	else
		redeem(request, op);
}

/* Before the code is used up: a password that is refused costs nothing. */
static void hash_new(struct request *request, struct session_auth *op, const char *login)
{
	const char *rule, *refusal = password_refusal(op->password, login, &rule);
	struct password_work *work;

	if (refusal) {
		request_fail_field(request, ERROR_params, "password", rule, refusal);
		return;
	}
	work = password_work_new(request);
	if (!work || password_salt(op->key, login, work->salt) < 0) {
		password_work_free(work);
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	snprintf(work->fresh, sizeof(work->fresh), "%s", op->password);
	password_work_run(work, on_hashed);
}

static void on_code_found(struct query *query)
{
	struct session_auth *op = container_of(query, struct session_auth, first);
	bool retry = op->attempt.set && op->attempt.value > 1;
	_cleanup_(json_freep) struct cJSON *facts = NULL;

	if (!login_judge_code(&query->call, &op->presented, instant_now(), retry, &facts))
		guess_refuse(query->request, &op->guess, bad_code);
	else if (op->password)
		hash_new(query->request, op, json_str(facts, "login"));
	else
		redeem(query->request, op);
}

void login_by_code(struct request *request, struct session_auth *op)
{
	int r;

	if (!op->key) {
		request_fail_field(request, ERROR_params, "key", "missing",
				   "key is missing: a code is used up, so a retry has to be known");
		return;
	}
	r = token_parse(op->code, &op->presented);
	if (r < 0 && r != -EINVAL) { /* no word about the code: there was no memory to look at it */
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	if (r < 0 || op->presented.type != TOKEN_CODE) {
		guess_refuse(request, &op->guess,
			     "that is not a one-time code; it begins with cwc_");
		return;
	}
	if (derive_token(op) < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	op->first.call.urgent = true;
	query_param(&op->first, 0, op->presented.id);
	query_run(request, &op->first, &login_find, on_code_found);
}
