/* What rows and events of the operator's log mean for those in memory. See people.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "daemon/people_internal.h"
#include "daemon/words.h"

void people_distrust(struct people *people)
{
	struct people_tenant *tenant;
	struct person *person;

	LIST_FOREACH (tenant, &people->tenant_list, entry)
		tenant->rev = 0;
	LIST_FOREACH (person, &people->list, entry)
		person->rev = 0;
	people->rev = 0;
	people->ready = false;
}

void people_load_begin(struct people *people)
{
	struct people_tenant *tenant;
	struct person *person;

	LIST_FOREACH (tenant, &people->tenant_list, entry)
		tenant->seen = false;
	LIST_FOREACH (person, &people->list, entry)
		person->seen = false;
}

void people_load_end(struct people *people, int64_t rev)
{
	struct people_tenant *tenant, *next_tenant;
	struct person *person, *next;

	for (tenant = LIST_FIRST(&people->tenant_list); tenant; tenant = next_tenant) {
		next_tenant = LIST_NEXT(tenant, entry);
		if (!tenant->seen && tenant->rev <= rev)
			people_tenant_drop(people, tenant);
	}
	for (person = LIST_FIRST(&people->list); person; person = next) {
		next = LIST_NEXT(person, entry);
		if (!person->seen && person->rev <= rev)
			people_person_drop(people, person);
	}
	if (people->rev < rev)
		people->rev = rev;
	people->ready = true;
}

/* ---- rows ---- */

/* Replaces a text; NULL takes it away. 0 or -ENOMEM. */
static int set_text(char **at, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

static int tenant_row(struct people *people, int64_t rev, const struct cJSON *body)
{
	const char *code = json_str(body, "code"), *name = json_str(body, "name");
	int state = word_index(tenant_states, json_str(body, "state"));
	struct people_tenant *tenant;
	int64_t id;

	if (!json_int(body, "tenant", &id) || !code || !name || state < 0)
		return -EBADMSG;
	tenant = people_tenant_make(people, id);
	if (!tenant)
		return -ENOMEM;
	tenant->seen = true;
	if (tenant->rev > rev)
		return 0;
	tenant->rev = rev;
	tenant->state = state;
	if (set_text(&tenant->code, code) < 0 || set_text(&tenant->name, name) < 0)
		return -ENOMEM;
	return 0;
}

/* The same in rows and bodies: {"tenant", "role", "state"}. */
static int set_member(struct person *person, const struct cJSON *body)
{
	int role = word_index(member_roles, json_str(body, "role"));
	int state = word_index(person_states, json_str(body, "state"));
	int64_t tenant_id;

	if (!json_int(body, "tenant", &tenant_id) || role < 0 || state < 0)
		return -EBADMSG;
	person->tenant_id = tenant_id;
	person->member_role = role;
	person->member_state = state;
	return 0;
}

/* {"site" or null, "role", "state"} */
static int set_staff(struct person *person, const struct cJSON *body)
{
	int role = word_index(staff_roles, json_str(body, "role"));
	int state = word_index(staff_states, json_str(body, "state"));
	int64_t site_id;

	if (role < 0 || state < 0)
		return -EBADMSG;
	person->site_id = json_int(body, "site", &site_id) ? (int)site_id : ACTOR_ALL_SITES;
	person->staff_role = role;
	person->staff_state = state;
	return 0;
}

static int set_places(struct person *person, const struct cJSON *body)
{
	const struct cJSON *member = json_get(body, "member"), *staff = json_get(body, "staff");
	int r = 0;

	person->member_state = person->staff_state = -1;
	person->tenant_id = 0;
	person->site_id = ACTOR_ALL_SITES;
	if (json_is_object(member))
		r = set_member(person, member);
	if (r == 0 && json_is_object(staff))
		r = set_staff(person, staff);
	return r;
}

static int person_row(struct people *people, int64_t rev, const struct cJSON *body)
{
	const char *login = json_str(body, "login"), *name = json_str(body, "name");
	struct person *person;
	int64_t id;

	if (!json_int(body, "person", &id) || !login || !name)
		return -EBADMSG;
	person = people_person_make(people, id);
	if (!person)
		return -ENOMEM;
	person->seen = true;
	if (person->rev > rev)
		return 0;
	person->rev = rev;
	people_tokens_drop(people, person); /* those that are good come behind */
	if (set_text(&person->name, name) < 0 ||
	    set_text(&person->lang, json_str(body, "lang")) < 0 ||
	    people_set_login(people, person, login) < 0)
		return -ENOMEM;
	return set_places(person, body);
}

/* False: it is none that we know. Without one it is full: a code and a password make such tokens. */
static bool read_scope(const struct cJSON *body, int *ret)
{
	const char *scope = json_str(body, "scope");

	*ret = scope ? word_index(token_scopes, scope) : 0;
	return *ret >= 0;
}

static int token_row(struct people *people, int64_t rev, const struct cJSON *body)
{
	const char *id = json_str(body, "token"), *hash = json_str(body, "hash");
	const char *fingerprint = json_str(body, "fingerprint");
	const char *hex = hash ? hash : fingerprint;
	uint8_t bytes[SHA256_SIZE];
	int64_t person_id, expires;
	struct people_token *token;
	struct person *person;
	int scope;

	if (!id || strlen(id) >= TOKEN_ID_MAX || !read_scope(body, &scope) ||
	    (hex && hex_decode(hex, bytes, sizeof(bytes)) < 0) ||
	    !json_int(body, "person", &person_id) || !json_int(body, "expires", &expires))
		return -EBADMSG;
	person = people_person_make(people, person_id);
	if (!person)
		return -ENOMEM;
	if (person->rev > rev)
		return 0;
	token = people_token_make(people, person, id);
	if (!token)
		return -ENOMEM;
	token->has_hash = hash;
	token->expires_usec = expires;
	token->scope = scope;
	if (people_token_certify(people, token, !hash && fingerprint ? bytes : NULL) < 0)
		return -ENOMEM;
	if (hash)
		memcpy(token->hash, bytes, sizeof(bytes));
	return 0;
}

int people_row(struct people *people, int64_t rev, const char *what, const struct cJSON *body)
{
	if (strcmp(what, "tenant") == 0)
		return tenant_row(people, rev, body);
	if (strcmp(what, "person") == 0)
		return person_row(people, rev, body);
	if (strcmp(what, "token") == 0)
		return token_row(people, rev, body);
	return -EBADMSG;
}

/* ---- events ---- */

static int tenant_event(struct people *people, int64_t rev, const struct cJSON *body,
			struct people_change *ret)
{
	int state = word_index(tenant_states, json_str(body, "state"));
	const struct people_tenant *known;
	struct people_tenant *tenant;

	if (!json_int(body, "tenant", &ret->tenant_id) || state < 0)
		return -EBADMSG;
	known = people_tenant(people, ret->tenant_id);
	if (!known || known->rev >= rev)
		return 0;
	tenant = people_tenant_make(people, ret->tenant_id); /* the same one, to write in */
	tenant->rev = rev;
	tenant->state = state;
	return 0;
}

/* A token that there is from now on; its hash comes with the row. */
static int new_token(struct people *people, struct person *person, const struct cJSON *body)
{
	const char *id = json_str(body, "token");
	struct people_token *token;
	int64_t expires;
	int scope;

	if (!id || strlen(id) >= TOKEN_ID_MAX || !json_int(body, "expires", &expires) ||
	    !read_scope(body, &scope))
		return -EBADMSG;
	token = people_token_make(people, person, id);
	if (!token)
		return -ENOMEM;
	token->expires_usec = expires;
	token->scope = scope;
	return 0;
}

static void end_token(struct people *people, struct person *person, const char *id)
{
	struct people_token *token, *next;

	for (token = LIST_FIRST(&person->tokens); token; token = next) {
		next = LIST_NEXT(token, entry);
		if (id && strcmp(token->id, id) == 0)
			people_token_drop(people, token);
	}
}

/* Whoever has a code has taken the place that they were invited to. */
static void take_place(struct person *person)
{
	if (person->member_state == 0)
		person->member_state = 1;
	if (person->staff_state == 0)
		person->staff_state = 1;
}

static int person_event(struct people *people, struct person *person, const char *kind,
			const struct cJSON *body)
{
	int64_t expires;
	int r = 0;

	if (strncmp(kind, "member.", 7) == 0)
		r = set_member(person, body);
	else if (strncmp(kind, "staff.", 6) == 0)
		r = set_staff(person, body);
	else if (strcmp(kind, "code.redeemed") == 0)
		take_place(person);
	if (r < 0)
		return r;
	/* With another place what was given out before ends; so it does where the event says so. */
	if (strcmp(kind, "member.invited") == 0 || strcmp(kind, "staff.granted") == 0 ||
	    json_bool(body, "ended"))
		people_tokens_drop(people, person);
	end_token(people, person, json_str(body, "instead_of"));
	/* Whatever makes one, by code, by password or for a certificate, says until when it is good. */
	if (json_int(body, "expires", &expires))
		r = new_token(people, person, body);
	else if (json_str(body, "token"))
		end_token(people, person, json_str(body, "token"));
	return r;
}

int people_apply(struct people *people, int64_t rev, const char *kind, const struct cJSON *body,
		 struct people_change *ret)
{
	const struct person *known;
	struct person *person;

	*ret = (struct people_change){ 0 };
	if (people->rev < rev)
		people->rev = rev;
	if (strncmp(kind, "tenant.", 7) == 0)
		return tenant_event(people, rev, body, ret);
	if (!json_int(body, "person", &ret->person_id))
		return 0; /* of a site, or of what is not kept here */
	known = people_person(people, ret->person_id);
	if (!known || known->rev >= rev)
		return 0;
	person = people_person_make(people, ret->person_id); /* the same one, to write in */
	person->rev = rev;
	return person_event(people, person, kind, body);
}
