/* See login.h. */

#include "daemon/login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/people.h"
#include "daemon/services.h"
#include "daemon/site.h"
#include "daemon/words.h"

const struct db_statement login_find = {
	.name = "token_find",
	.sql = "SELECT facts FROM cowork.token_find($1)",
	.params = 1,
};

const struct db_statement login_certificate_find = {
	.name = "certificate_find",
	.sql = "SELECT facts FROM cowork.certificate_find($1)",
	.params = 1,
};

const struct db_statement login_password_find = {
	.name = "password_find",
	.sql = "SELECT facts FROM cowork.password_find($1)",
	.params = 1,
};

/* One text for whatever is wrong with the token itself. */
static const char refused[] = "the token is not valid; log in again";
static const char expired[] = "the token has expired; log in again";
static const char tenant_disabled[] = "your company's account is disabled";

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
	json_int(facts, "rev", &actor->rev);
	actor->reads_only = word_index(token_scopes, json_str(facts, "scope")) != 0;
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

/* ---- by memory ---- */

static int actor_from_person(const struct services *services, const struct person *person,
			     enum role role, struct actor **ret)
{
	const struct people_tenant *tenant = people_tenant(services->people, person->tenant_id);
	struct actor *actor = actor_new();
	const struct site *site;
	bool failed = false;

	if (!actor)
		return -ENOMEM;
	actor->role = role;
	actor->person_id = person->id;
	actor->rev = people_rev(services->people);
	actor->login = copy(person->login, &failed);
	actor->name = copy(person->name, &failed);
	actor->site_id = ACTOR_ALL_SITES;
	/* Who is of the staff acts as staff, even where they are a member somewhere too. */
	if (role >= ROLE_FRONT_DESK) {
		actor->site_id = person->site_id;
		site = person->site_id != ACTOR_ALL_SITES
			       ? sites_by_id(services->sites, person->site_id)
			       : NULL;
		actor->site = copy(site ? site->code : NULL, &failed);
	} else {
		actor->tenant_id = person->tenant_id;
		actor->tenant = copy(tenant->code, &failed);
	}
	if (failed) {
		actor_unref(actor);
		return -ENOMEM;
	}
	*ret = actor;
	return 0;
}

/*
 * What the person may act as now. 0; -ENOENT: not all of it is known here; -EPERM with *ret_reason.
 */
static int judge_person(const struct people *people, const struct person *person, enum role *ret,
			const char **ret_reason)
{
	const struct people_tenant *tenant;

	*ret_reason = "your account is disabled";
	if (!person || !person->login)
		return -ENOENT;
	if (!people_role(person, ret))
		return -EPERM;
	if (*ret >= ROLE_FRONT_DESK)
		return 0;
	tenant = people_tenant(people, person->tenant_id);
	*ret_reason = tenant_disabled;
	if (!tenant || !tenant->code)
		return -ENOENT;
	return tenant->state == 0 ? 0 : -EPERM;
}

/* Of a token whose bearer has proven that it is theirs. */
static int judge_token(const struct services *services, const struct people_token *token,
		       int64_t now_usec, struct actor **ret, const char **ret_reason)
{
	struct actor *actor;
	enum role role;
	int r;

	r = judge_person(services->people, token->person, &role, ret_reason);
	if (r < 0)
		return r;
	if (token->expires_usec <= now_usec) {
		*ret_reason = expired;
		return -EPERM;
	}
	r = actor_from_person(services, token->person, role, &actor);
	if (r < 0)
		return r;
	memcpy(actor->token, token->id, sizeof(actor->token));
	actor->expires_usec = token->expires_usec;
	actor->reads_only = token->scope != 0;
	*ret = actor;
	return 0;
}

int login_remember(const struct services *services, const struct token_parts *presented,
		   int64_t now_usec, struct actor **ret, const char **ret_reason)
{
	const struct people_token *token = people_token(services->people, presented->id);

	*ret_reason = refused;
	if (!token || !token->has_hash)
		return -ENOENT;
	if (!crypto_equal(token->hash, presented->secret_hash, SHA256_SIZE))
		return -EACCES;
	return judge_token(services, token, now_usec, ret, ret_reason);
}

int login_remember_certificate(const struct services *services,
			       const uint8_t fingerprint[SHA256_SIZE], int64_t now_usec,
			       struct actor **ret, const char **ret_reason)
{
	const struct people_token *token = people_certificate(services->people, fingerprint);

	return token ? judge_token(services, token, now_usec, ret, ret_reason) : -ENOENT;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_rights(const struct actor *a, const struct actor *b)
{
	return a->role == b->role && a->tenant_id == b->tenant_id && a->site_id == b->site_id &&
	       a->expires_usec == b->expires_usec && same_text(a->name, b->name);
}

int login_again(const struct services *services, const struct actor *actor, struct actor **ret,
		const char **ret_reason)
{
	const struct people *people = services->people;
	const struct person *person = people_person(people, actor->person_id);
	const struct people_token *token = people_token(people, actor->token);
	struct actor *now;
	enum role role;
	int r;

	*ret = NULL;
	if (!people_ready(people) || people_rev(people) < actor->rev || !person)
		return 0;
	if (actor->token[0] && !token) {
		*ret_reason = "your token was revoked; log in again";
		return -EACCES;
	}
	r = judge_person(people, person, &role, ret_reason);
	if (r < 0)
		return r == -EPERM ? -EACCES : 0;
	r = actor_from_person(services, person, role, &now);
	if (r < 0)
		return r;
	memcpy(now->token, actor->token, sizeof(now->token));
	/* It never grows; a certificate may end before what it is registered for. */
	now->expires_usec = actor->expires_usec;
	now->reads_only = actor->reads_only;
	if (token && token->expires_usec < now->expires_usec)
		now->expires_usec = token->expires_usec;
	if (same_rights(now, actor))
		actor_unref(now);
	else
		*ret = now;
	return 0;
}

/* ---- by the database ---- */

/* In constant time: how much of a guess was right is not to be learnt from how long it took. */
static bool secret_right(const struct cJSON *facts, const struct token_parts *presented)
{
	uint8_t hash[SHA256_SIZE] = { 0 };
	const char *hex = json_str(facts, "hash");

	return hex && hex_decode(hex, hash, sizeof(hash)) == 0 &&
	       crypto_equal(hash, presented->secret_hash, sizeof(hash));
}

static int judge_facts(const struct cJSON *facts, const char *wanted,
		       const struct token_parts *presented, int64_t now_usec, struct actor **ret,
		       const char **ret_reason)
{
	const char *kind = json_str(facts, "kind"), *word = json_str(facts, "role"),
		   *tenant_state = json_str(facts, "tenant_state");
	int64_t expires = 0;
	int role = 0;

	*ret_reason = refused;
	if (!secret_right(facts, presented))
		return -EACCES;
	if (!kind || strcmp(kind, wanted) != 0 || json_bool(facts, "revoked") ||
	    json_bool(facts, "disabled") || !word)
		return -EACCES;
	if (!json_int(facts, "expires", &expires) || expires <= now_usec) {
		*ret_reason = expired;
		return -EACCES;
	}
	while (role_names[role] && strcmp(role_names[role], word) != 0)
		role++;
	if (!role_names[role])
		return -EACCES;
	if (role <= ROLE_TENANT_ADMIN && tenant_state && strcmp(tenant_state, "active") != 0) {
		*ret_reason = tenant_disabled;
		return -EACCES;
	}
	return actor_from_facts(facts, (enum role)role, ret);
}

int login_judge(const struct db_call *call, const char *kind, const struct token_parts *presented,
		int64_t now_usec, struct actor **ret, const char **ret_reason)
{
	_cleanup_(json_freep) struct cJSON *facts = NULL;
	struct json_problem problem;
	const char *text = db_rows(call) == 1 ? db_value(call, 0, 0) : NULL;
	struct actor *actor = NULL;
	int r;

	*ret_reason = refused;
	if (!text)
		return -EACCES;
	r = json_parse(text, strlen(text), &json_limits_reply, &facts, &problem);
	if (r < 0)
		return r == -ENOMEM ? r : -EACCES;
	r = judge_facts(facts, kind, presented, now_usec, &actor, ret_reason);
	if (r < 0)
		return r;
	snprintf(actor->token, sizeof(actor->token), "%s", json_str(facts, "token"));
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
	{ "scope", FIELD_ENUM, 0, .choices = token_scopes,
	  .help = "of the token, where it is read: nothing can be changed" },
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
	if (actor->reads_only)
		jsonw_kstr(w, "scope", "read");
	if (token)
		jsonw_kstr(w, "token", token);
	jsonw_object_end(w);
}
