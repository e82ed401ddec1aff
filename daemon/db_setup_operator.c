/*
 * The first operator: made by the same command that later makes all others, staff.grant in the
 * operator's lane (site 0), with the system itself (person 0) as the actor. So the log begins with
 * it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/civil.h"
#include "common/crypto.h"
#include "common/field.h"
#include "common/json.h"
#include "common/jsonw.h"
#include "common/token.h"
#include "common/uuid7.h"
#include "daemon/db_admin.h"
#include "daemon/db_setup.h"

#define CODE_HOURS  72
#define COMMAND_MAX 8192

/* What is decoded of the command line, by the same rules as requests. */
struct person {
	const char *login;
	const char *name;
};

static const struct field person_fields[] = {
	{ "operator", FIELD_LOGIN, offsetof(struct person, login), FIELD_REQUIRED },
	{ "name", FIELD_STRING, offsetof(struct person, name), FIELD_REQUIRED, 1,
	  FIELD_STRING_MAX },
	FIELD_END,
};

static int check_person(const char *login, const char *name, struct arena *arena,
			struct person *ret)
{
	struct buf text = BUF_INIT(COMMAND_MAX);
	struct jsonw w = JSONW_INIT(&text);
	struct field_problem problem;
	struct json_problem broken;
	struct cJSON *tree = NULL;
	int r = -EINVAL;

	*ret = (struct person){ 0 };
	snprintf(problem.name, sizeof(problem.name), "operator");
	snprintf(problem.reason, sizeof(problem.reason), "must be text without control characters");
	jsonw_object(&w);
	jsonw_kstr(&w, "operator", login);
	jsonw_kstr(&w, "name", name);
	jsonw_object_end(&w);
	if (!text.failed &&
	    json_parse(text.data, text.len, &json_limits_request, &tree, &broken) == 0)
		r = field_decode(tree, person_fields, FIELD_FROM_CLIENT, arena, ret, &problem);
	json_free(tree);
	buf_deinit(&text);
	return r == 0 ? EX_OK : db_admin_say("--%s %s", problem.name, problem.reason);
}

/* Who is there already */

static int tell_operators(struct db_admin *db)
{
	char *count = NULL;

	if (db_admin_text(db,
			  "SELECT count(*) FROM cowork.staff WHERE role = 'operator'"
			  " AND state <> 'revoked'",
			  0, NULL, &count) < 0)
		return db_admin_say_problem(db, "could not look for operators");
	if (count && !strcmp(count, "0"))
		fprintf(stderr,
			"coworkd: there is no operator yet: run coworkd setup --operator LOGIN "
			"--name NAME\n");
	else
		fprintf(stderr, "coworkd: operators: %s\n", count ? count : "?");
	free(count);
	return EX_OK;
}

/*
 * Whether the person is an operator, and whether one who can log in: has done so, or holds a code
 * that still can be used. Who lost the code gets another when it has run out.
 */
static int is_operator(struct db_admin *db, const char *login, bool *ret_there, bool *ret_can)
{
	static const char sql[] =
		"SELECT f.state = 'active' OR EXISTS (SELECT FROM cowork.token k"
		"  WHERE k.person_id = p.person_id AND k.kind = 'code' AND k.used_at IS NULL"
		"  AND k.revoked_at IS NULL AND k.expires_at > now())"
		" FROM cowork.staff f JOIN cowork.person p USING (person_id)"
		" WHERE p.login = $1 AND f.role = 'operator' AND f.state <> 'revoked'";
	char *found = NULL;

	if (db_admin_text(db, sql, 1, &login, &found) < 0)
		return db_admin_say_problem(db, "could not look for the operator");
	*ret_there = found;
	*ret_can = found && *found == 't';
	free(found);
	return EX_OK;
}

/* The command */

struct grant {
	struct person person;
	struct token_parts code;
	int64_t expires;
	char key[UUID_TEXT_MAX];
};

static void write_args(struct jsonw *w, const struct grant *grant)
{
	jsonw_object(w);
	jsonw_kstr(w, "login", grant->person.login);
	jsonw_kstr(w, "name", grant->person.name);
	jsonw_kstr(w, "role", "operator");
	jsonw_object_end(w);
}

/* The batch of one command that lane_run takes. */
static int write_command(struct buf *out, const struct grant *grant)
{
	struct jsonw w = JSONW_INIT(out);
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_MAX];

	write_args(&w, grant);
	if (out->failed || crypto_sha256(out->data, out->len, digest) < 0)
		return -ENOMEM;
	buf_reset(out);
	hex_encode(digest, sizeof(digest), hex);

	w = JSONW_INIT(out);
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_kstr(&w, "k", "staff.grant");
	jsonw_kint(&w, "p", 0);
	jsonw_kstr(&w, "key", grant->key);
	jsonw_kstr(&w, "h", hex);
	jsonw_kint(&w, "n", 1);
	jsonw_key(&w, "a");
	write_args(&w, grant);
	jsonw_key(&w, "r");
	jsonw_object(&w);
	jsonw_key(&w, "code");
	jsonw_object(&w);
	jsonw_kstr(&w, "id", grant->code.id);
	hex_encode(grant->code.secret_hash, SHA256_SIZE, hex);
	jsonw_kstr(&w, "hash", hex);
	jsonw_kint(&w, "expires", grant->expires);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	jsonw_array_end(&w);
	return out->failed ? -ENOMEM : 0;
}

/* Whether the reply says that the one command was done. */
static bool was_done(const char *reply)
{
	struct json_problem problem;
	struct cJSON *tree = NULL;
	const char *outcome;
	bool done;

	if (!reply || json_parse(reply, strlen(reply), &json_limits_reply, &tree, &problem) < 0)
		return false;
	outcome = json_str(json_first(json_get(tree, "outcomes")), "o");
	done = outcome && !strcmp(outcome, "done");
	json_free(tree);
	return done;
}

static int run_command(struct db_admin *db, const char *commands)
{
	char *reply = NULL;
	int status = EX_OK;

	if (db_admin_text(
		    db,
		    "SELECT cowork.lane_run(0, cowork.lane_open(), '{}', NULL, '{}', $1, false)", 1,
		    &commands, &reply) < 0)
		return db_admin_say_problem(db, "could not make the operator");
	if (!was_done(reply))
		status = db_admin_say("could not make the operator: the database answered %s",
				      reply ? reply : "nothing");
	free(reply);
	return status;
}

/* `there`: an operator already, who gets another code. */
static int grant_operator(struct db_admin *db, const struct person *person, bool there)
{
	struct grant grant = { .person = *person };
	struct buf commands = BUF_INIT(COMMAND_MAX);
	char code[TOKEN_TEXT_MAX], until[INSTANT_TEXT_MAX];
	int status;

	grant.expires =
		(instant_seconds(instant_now()) + CODE_HOURS * INT64_C(3600)) * USEC_PER_SEC;
	if (token_new(TOKEN_CODE, code, &grant.code) < 0 ||
	    uuid7_make(instant_now(), grant.key) < 0 || write_command(&commands, &grant) < 0) {
		buf_deinit(&commands);
		return db_admin_say("could not make a code: no randomness or no memory");
	}
	status = run_command(db, commands.data);
	buf_deinit(&commands);
	if (status == EX_OK) {
		fprintf(stderr, "coworkd: made %s %s; the code below logs in once, until %s:\n",
			there ? "a new code for operator" : "operator", person->login,
			instant_format(grant.expires, until));
		puts(code);
	}
	crypto_wipe(code, sizeof(code));
	return status;
}

static int ensure_operator(struct db_admin *db, const struct person *person, bool new_code)
{
	bool there = false, can = false;
	int status = is_operator(db, person->login, &there, &can);

	if (status != EX_OK)
		return status;
	if (!can || new_code)
		return grant_operator(db, person, there);
	fprintf(stderr,
		"coworkd: %s is an operator already; nothing was changed (a lost code or token: "
		"--new-code)\n",
		person->login);
	return EX_OK;
}

int setup_check_operator(const char *login, const char *name)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(COMMAND_MAX);
	struct person person;

	return arena ? check_person(login, name, arena, &person) : db_admin_say("out of memory");
}

int setup_operator(struct db_admin *db, const char *login, const char *name, bool new_code)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(COMMAND_MAX);
	struct person person;
	int status;

	if (!login)
		return tell_operators(db);
	if (!arena)
		return db_admin_say("out of memory");
	status = check_person(login, name, arena, &person);
	return status == EX_OK ? ensure_operator(db, &person, new_code) : status;
}
