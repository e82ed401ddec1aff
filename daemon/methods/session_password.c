/*
 * session.password: set or change one's own password.
 *
 *	look the hash up -> compare the old and hash the new one, on a thread -> password.set
 *
 * Who has none yet needs no old one: a login by code came before. Who forgot theirs is invited again.
 * The salt of the hash is of the request's key, so that a retry makes the same hash, and a receipt can
 * tell another request under the same key without holding anything of the password itself.
 */

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/command.h"
#include "daemon/guess.h"
#include "daemon/login.h"
#include "daemon/method.h"
#include "daemon/password.h"
#include "daemon/query.h"

struct session_password {
	struct mutation mutation;
	const char *old;
	const char *fresh;
	struct query query;
	struct command command;
	struct guess guess;
	char hash[PASSWORD_HASH_MAX];
	char proof[SHA256_HEX_MAX];
	int64_t version; /* of the old one; 0: there is none */
};

#define AT(member) offsetof(struct session_password, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct session_password),
	{ "old", FIELD_SECRET, AT(old), FIELD_META, 1, PASSWORD_MAX,
	  .help = "the password until now; not where there is none yet" },
	{ "new", FIELD_SECRET, AT(fresh), FIELD_REQUIRED | FIELD_META, PASSWORD_MIN, PASSWORD_MAX,
	  .help = "not the login" },
	FIELD_END,
};

static bool write(struct command *command, struct jsonw *w)
{
	jsonw_kint(w, "person", command->request->actor->person_id);
	return true;
}

static void extra(struct command *command, struct jsonw *w)
{
	struct session_password *op = container_of(command, struct session_password, command);

	jsonw_kstr(w, "hash", op->hash);
	jsonw_kint(w, "version", op->version);
}

static void on_hashed(struct password_work *work)
{
	struct request *request = work->request;
	struct session_password *op = request->data;
	bool wrong = work->compare && !work->right && !work->same;
	int r = work->failed;

	if (r == 0 && !wrong) {
		memcpy(op->hash, work->made, sizeof(op->hash));
		r = password_proof(op->hash, op->proof);
	}
	password_work_free(work);
	if (r < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	if (wrong) {
		op->guess.field = "old";
		guess_refuse(request, &op->guess, "the old password is wrong");
		return;
	}
	guess_right(request, request->actor->login);
	op->command.kind = "password.set";
	op->command.proof = op->proof;
	op->command.write = write;
	op->command.extra = extra;
	command_run(request, &op->command, &op->mutation);
}

/* The hash kept until now; false when it cannot be read. */
static bool read_facts(struct session_password *op, const struct db_call *call,
		       struct password_work *work)
{
	_cleanup_(json_freep) struct cJSON *facts = NULL;
	struct json_problem problem;
	const char *text = db_rows(call) == 1 ? db_value(call, 0, 0) : NULL, *hash;

	if (!text)
		return true;
	if (json_parse(text, strlen(text), &json_limits_reply, &facts, &problem) < 0)
		return false;
	hash = json_str(facts, "hash");
	if (!hash || strlen(hash) >= sizeof(work->stored))
		return false;
	strcpy(work->stored, hash);
	work->compare = true;
	return json_int(facts, "version", &op->version);
}

static void on_found(struct query *query)
{
	struct session_password *op = container_of(query, struct session_password, query);
	struct request *request = query->request;
	const char *login = request->actor->login;
	struct password_work *work = password_work_new(request);

	if (!work || password_salt(op->mutation.key, login, work->salt) < 0 ||
	    !read_facts(op, &query->call, work)) {
		password_work_free(work);
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	/* A retry of a first one finds that there is one now: the new one has to be it. */
	if (work->compare && !op->old && op->mutation.attempt.value <= 1) {
		password_work_free(work);
		request_fail_field(request, ERROR_params, "old", "missing",
				   "old is missing: there is a password already");
		return;
	}
	if (work->compare && !guess_turn(request, login)) {
		password_work_free(work);
		return;
	}
	if (work->compare && op->old)
		snprintf(work->given, sizeof(work->given), "%s", op->old);
	snprintf(work->fresh, sizeof(work->fresh), "%s", op->fresh);
	password_work_run(work, on_hashed);
}

static void start(struct request *request, void *data)
{
	struct session_password *op = data;
	const char *rule;
	const char *refusal = password_refusal(op->fresh, request->actor->login, &rule);

	if (refusal) {
		request_fail_field(request, ERROR_params, "new", rule, refusal);
		return;
	}
	query_param(&op->query, 0, request->actor->login);
	query_run(request, &op->query, &login_password_find, on_found);
}

const struct method method_session_password = {
	.name = "session.password",
	.summary = "set or change my password",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct session_password),
	.start = start,
};
