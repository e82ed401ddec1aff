/* See login.h. */

#include "daemon/login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"

const struct db_statement login_find = {
	.name = "token_find",
	.sql = "SELECT facts FROM cowork.token_find($1)",
	.params = 1,
};

const struct db_statement login_password_find = {
	.name = "password_find",
	.sql = "SELECT facts FROM cowork.password_find($1)",
	.params = 1,
};

/* One text for whatever is wrong with the token itself. */
static const char refused[] = "the token is not valid; log in again";

static char *copy(const char *text, bool *failed)
{
	char *result = text ? strdup(text) : NULL;

	if (text && !result)
		*failed = true;
	return result;
}

static int actor_from_facts(const struct cJSON *facts, enum role role, struct actor **ret)
{
	struct actor *actor = actor_new();
	bool failed = false;
	int64_t site_id;

	if (!actor)
		return -ENOMEM;
	actor->role = role;
	json_int(facts, "person", &actor->person_id);
	json_int(facts, "tenant_id", &actor->tenant_id);
	json_int(facts, "expires", &actor->expires_usec);
	actor->site_id = json_int(facts, "site_id", &site_id) ? (int)site_id : ACTOR_ALL_SITES;
	actor->login = copy(json_str(facts, "login"), &failed);
	actor->name = copy(json_str(facts, "name"), &failed);
	actor->tenant = copy(json_str(facts, "tenant"), &failed);
	actor->site = copy(json_str(facts, "site"), &failed);
	if (failed) {
		actor_unref(actor);
		return -ENOMEM;
	}
	/* Who is of the staff acts as staff, even where they are a member somewhere too. */
	if (role >= ROLE_FRONT_DESK)
		actor->tenant_id = 0;
	*ret = actor;
	return 0;
}

/* In constant time: how much of a guess was right is not to be learnt from how long it took. */
static bool secret_right(const struct cJSON *facts, const struct token_parts *presented)
{
	uint8_t hash[SHA256_SIZE] = { 0 };
	const char *hex = json_str(facts, "hash");

	return hex && hex_decode(hex, hash, sizeof(hash)) == 0 &&
	       crypto_equal(hash, presented->secret_hash, sizeof(hash));
}

static int judge_facts(const struct cJSON *facts, const struct token_parts *presented,
		       int64_t now_usec, struct actor **ret, const char **ret_reason)
{
	const char *kind = json_str(facts, "kind"), *word = json_str(facts, "role"),
		   *tenant_state = json_str(facts, "tenant_state");
	int64_t expires = 0;
	int role = 0;

	*ret_reason = refused;
	if (!secret_right(facts, presented))
		return -EACCES;
	if (!kind || strcmp(kind, "access") != 0 || json_bool(facts, "revoked") ||
	    json_bool(facts, "disabled") || !word)
		return -EACCES;
	if (!json_int(facts, "expires", &expires) || expires <= now_usec) {
		*ret_reason = "the token has expired; log in again";
		return -EACCES;
	}
	while (role_names[role] && strcmp(role_names[role], word) != 0)
		role++;
	if (!role_names[role])
		return -EACCES;
	if (role <= ROLE_TENANT_ADMIN && tenant_state && strcmp(tenant_state, "active") != 0) {
		*ret_reason = "your company's account is disabled";
		return -EACCES;
	}
	return actor_from_facts(facts, (enum role)role, ret);
}

int login_judge(const struct db_call *call, const struct token_parts *presented, int64_t now_usec,
		struct actor **ret, const char **ret_reason)
{
	_cleanup_(json_freep) struct cJSON *facts = NULL;
	struct json_problem problem;
	const char *text = db_rows(call) == 1 ? db_value(call, 0, 0) : NULL;
	struct actor *actor = NULL;
	int r;

	*ret_reason = refused;
	if (!text || json_parse(text, strlen(text), &json_limits_reply, &facts, &problem) < 0)
		return -EACCES;
	r = judge_facts(facts, presented, now_usec, &actor, ret_reason);
	if (r < 0)
		return r;
	memcpy(actor->token, presented->id, sizeof(actor->token));
	*ret = actor;
	return 0;
}

static bool code_good(const struct cJSON *facts, const struct token_parts *presented,
		      int64_t now_usec, bool retry)
{
	const char *kind = json_str(facts, "kind");
	int64_t expires = 0;

	if (!secret_right(facts, presented) || !kind || strcmp(kind, "code") != 0)
		return false;
	if (retry || json_bool(facts, "used"))
		return true;
	return !json_bool(facts, "revoked") && !json_bool(facts, "disabled") &&
	       json_int(facts, "expires", &expires) && expires > now_usec;
}

bool login_judge_code(const struct db_call *call, const struct token_parts *presented,
		      int64_t now_usec, bool retry, struct cJSON **ret_facts)
{
	_cleanup_(json_freep) struct cJSON *facts = NULL;
	struct json_problem problem;
	const char *text = db_rows(call) == 1 ? db_value(call, 0, 0) : NULL;

	if (!text || json_parse(text, strlen(text), &json_limits_reply, &facts, &problem) < 0 ||
	    !code_good(facts, presented, now_usec, retry))
		return false;
	*ret_facts = facts;
	facts = NULL;
	return true;
}

/* Only described; the actor itself is no record. */
const struct field login_fields[] = {
	{ "login", FIELD_LOGIN, 0 },
	{ "name", FIELD_STRING, 0 },
	{ "role", FIELD_ENUM, 0, .choices = role_names },
	{ "tenant", FIELD_CODE, 0, .help = "members only" },
	{ "site", FIELD_CODE, 0, .help = "staff of one site only" },
	{ "expires", FIELD_INSTANT, 0, .help = "of the token" },
	{ "token", FIELD_SECRET, 0,
	  .help = "after a login by code or password: keep it, it is shown once" },
	FIELD_END,
};

void login_write(struct jsonw *w, const struct actor *actor, const char *token)
{
	jsonw_object(w);
	jsonw_kstr(w, "login", actor->login);
	jsonw_kstr(w, "name", actor->name);
	jsonw_kstr(w, "role", role_names[actor->role]);
	if (actor->tenant_id)
		jsonw_kstr(w, "tenant", actor->tenant);
	if (actor->site)
		jsonw_kstr(w, "site", actor->site);
	jsonw_kinstant(w, "expires", actor->expires_usec);
	if (token)
		jsonw_kstr(w, "token", token);
	jsonw_object_end(w);
}
