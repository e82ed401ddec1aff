/* Keeping and finding; what rows and events mean is in people_apply.c. See people.h. */

#include "daemon/people.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/people_internal.h"

static int by_id(const void *a, const void *b)
{
	const struct person *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int by_login(const void *a, const void *b)
{
	return strcmp(((const struct person *)a)->login, ((const struct person *)b)->login);
}

static int by_tenant_id(const void *a, const void *b)
{
	const struct people_tenant *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int by_token_id(const void *a, const void *b)
{
	return strcmp(((const struct people_token *)a)->id, ((const struct people_token *)b)->id);
}

static int by_fingerprint(const void *a, const void *b)
{
	return memcmp(((const struct people_token *)a)->hash,
		      ((const struct people_token *)b)->hash, SHA256_SIZE);
}

/* A node of tsearch() begins with the pointer that was put in. */
static void *found(void *node)
{
	return node ? *(void **)node : NULL;
}

static struct person *find_login(const struct people *people, const char *login)
{
	struct person key = { .login = (char *)login };

	return found(tfind(&key, &people->by_login, by_login));
}

struct people *people_new(void)
{
	struct people *people = calloc(1, sizeof(*people));

	if (!people)
		return NULL;
	LIST_INIT(&people->list);
	LIST_INIT(&people->tenant_list);
	return people;
}

struct people *people_free(struct people *people)
{
	if (!people)
		return NULL;
	while (!LIST_EMPTY(&people->list))
		people_person_drop(people, LIST_FIRST(&people->list));
	while (!LIST_EMPTY(&people->tenant_list))
		people_tenant_drop(people, LIST_FIRST(&people->tenant_list));
	free(people);
	return NULL;
}

/* ---- keeping ---- */

struct person *people_person_make(struct people *people, int64_t id)
{
	struct person key = { .id = id }, *person = found(tfind(&key, &people->by_id, by_id));

	if (person)
		return person;
	person = calloc(1, sizeof(*person));
	if (!person)
		return NULL;
	person->id = id;
	person->member_state = person->staff_state = -1;
	person->site_id = ACTOR_ALL_SITES;
	LIST_INIT(&person->tokens);
	if (!tsearch(person, &people->by_id, by_id)) {
		free(person);
		return NULL;
	}
	LIST_INSERT_HEAD(&people->list, person, entry);
	people->count++;
	return person;
}

void people_person_drop(struct people *people, struct person *person)
{
	people_tokens_drop(people, person);
	tdelete(person, &people->by_id, by_id);
	if (person->login)
		tdelete(person, &people->by_login, by_login);
	LIST_REMOVE(person, entry);
	people->count--;
	free(person->login);
	free(person->name);
	free(person->lang);
	free(person);
}

int people_set_login(struct people *people, struct person *person, const char *login)
{
	struct person *before = find_login(people, login);
	char *copy;

	if (before == person)
		return 0;
	copy = strdup(login);
	if (!copy)
		return -ENOMEM;
	if (before) { /* whose it was has another one; its row tells which */
		tdelete(before, &people->by_login, by_login);
		free(before->login);
		before->login = NULL;
	}
	if (person->login)
		tdelete(person, &people->by_login, by_login);
	free(person->login);
	person->login = copy;
	if (tsearch(person, &people->by_login, by_login))
		return 0;
	free(person->login);
	person->login = NULL;
	return -ENOMEM;
}

struct people_tenant *people_tenant_make(struct people *people, int64_t id)
{
	struct people_tenant key = { .id = id };
	struct people_tenant *tenant = found(tfind(&key, &people->tenants, by_tenant_id));

	if (tenant)
		return tenant;
	tenant = calloc(1, sizeof(*tenant));
	if (!tenant)
		return NULL;
	tenant->id = id;
	if (!tsearch(tenant, &people->tenants, by_tenant_id)) {
		free(tenant);
		return NULL;
	}
	LIST_INSERT_HEAD(&people->tenant_list, tenant, entry);
	return tenant;
}

void people_tenant_drop(struct people *people, struct people_tenant *tenant)
{
	tdelete(tenant, &people->tenants, by_tenant_id);
	LIST_REMOVE(tenant, entry);
	free(tenant->code);
	free(tenant->name);
	free(tenant);
}

struct people_token *people_token_make(struct people *people, struct person *person, const char *id)
{
	struct people_token key = { .id = "" }, *token;

	if (strlen(id) >= sizeof(key.id))
		return NULL;
	strcpy(key.id, id);
	token = found(tfind(&key, &people->tokens, by_token_id));
	if (token && token->person == person)
		return token;
	if (token)
		people_token_drop(people, token);
	token = calloc(1, sizeof(*token));
	if (!token)
		return NULL;
	strcpy(token->id, id);
	token->person = person;
	if (!tsearch(token, &people->tokens, by_token_id)) {
		free(token);
		return NULL;
	}
	LIST_INSERT_HEAD(&person->tokens, token, entry);
	people->token_count++;
	return token;
}

static void forget_fingerprint(struct people *people, struct people_token *token)
{
	/* another one may stand there */
	if (token->is_certificate &&
	    found(tfind(token, &people->certificates, by_fingerprint)) == token)
		tdelete(token, &people->certificates, by_fingerprint);
	token->is_certificate = false;
}

int people_token_certify(struct people *people, struct people_token *token,
			 const uint8_t *fingerprint)
{
	struct people_token *other;

	forget_fingerprint(people, token);
	if (!fingerprint)
		return 0;
	memcpy(token->hash, fingerprint, SHA256_SIZE);
	token->is_certificate = true;
	other = found(tfind(token, &people->certificates, by_fingerprint));
	if (other && other->expires_usec > token->expires_usec)
		return 0;
	if (other)
		tdelete(other, &people->certificates, by_fingerprint);
	return tsearch(token, &people->certificates, by_fingerprint) ? 0 : -ENOMEM;
}

void people_token_drop(struct people *people, struct people_token *token)
{
	forget_fingerprint(people, token);
	tdelete(token, &people->tokens, by_token_id);
	LIST_REMOVE(token, entry);
	people->token_count--;
	free(token);
}

void people_tokens_drop(struct people *people, struct person *person)
{
	while (!LIST_EMPTY(&person->tokens))
		people_token_drop(people, LIST_FIRST(&person->tokens));
}

/* ---- asking ---- */

bool people_ready(const struct people *people)
{
	return people->ready;
}

int64_t people_rev(const struct people *people)
{
	return people->rev;
}

const struct person *people_person(const struct people *people, int64_t id)
{
	struct person key = { .id = id };

	return found(tfind(&key, &people->by_id, by_id));
}

const struct person *people_by_login(const struct people *people, const char *login)
{
	return find_login(people, login);
}

const struct people_tenant *people_tenant(const struct people *people, int64_t id)
{
	struct people_tenant key = { .id = id };

	return found(tfind(&key, &people->tenants, by_tenant_id));
}

const struct people_tenant *people_tenant_by_code(const struct people *people, const char *code)
{
	const struct people_tenant *tenant;

	LIST_FOREACH (tenant, &people->tenant_list, entry)
		if (tenant->code && strcasecmp(tenant->code, code) == 0)
			return tenant;
	return NULL;
}

const struct people_token *people_token(const struct people *people, const char *id)
{
	struct people_token key = { .id = "" };

	if (strlen(id) >= sizeof(key.id))
		return NULL;
	strcpy(key.id, id);
	return found(tfind(&key, &people->tokens, by_token_id));
}

const struct people_token *people_certificate(const struct people *people,
					      const uint8_t fingerprint[SHA256_SIZE])
{
	const struct people_token *token;
	struct people_token key;
	enum role role;

	memcpy(key.hash, fingerprint, SHA256_SIZE);
	token = found(tfind(&key, &people->certificates, by_fingerprint));
	return token && people_role(token->person, &role) && role == ROLE_SERVICE ? token : NULL;
}

bool people_role(const struct person *person, enum role *ret)
{
	/* The last word of each list of states, "revoked" and "disabled", is the end. */
	if (person->staff_state == 0 || person->staff_state == 1)
		*ret = (enum role)(ROLE_FRONT_DESK + person->staff_role);
	else if (person->member_state == 0 || person->member_state == 1)
		*ret = (enum role)(ROLE_MEMBER + person->member_role);
	else
		return false;
	return true;
}

/* Whether `name` begins with the text, or a word in it does. */
static bool has_word(const char *name, const char *text, size_t len)
{
	for (const char *at = name; *at; at++)
		if ((at == name || isspace((unsigned char)at[-1])) &&
		    strncasecmp(at, text, len) == 0)
			return true;
	return false;
}

/* Puts it where it belongs by its login; false: the last one fell out, or it is that itself. */
static bool keep_first(const struct person **out, size_t *count, size_t max,
		       const struct person *person)
{
	size_t at = *count;
	bool all = *count < max;

	while (at > 0 && strcmp(person->login, out[at - 1]->login) < 0)
		at--;
	if (at == max)
		return false;
	memmove(out + at + 1, out + at, ((all ? *count : max - 1) - at) * sizeof(*out));
	out[at] = person;
	*count += all;
	return all;
}

size_t people_find(const struct people *people, const char *text, int64_t tenant_id,
		   const struct person **out, size_t max, bool *ret_more)
{
	const struct person *person;
	size_t count = 0, len = strlen(text);

	*ret_more = false;
	LIST_FOREACH (person, &people->list, entry) {
		if (person->member_state < 0 || !person->login ||
		    (tenant_id != 0 && person->tenant_id != tenant_id))
			continue;
		if (strncasecmp(person->login, text, len) != 0 &&
		    !has_word(person->name, text, len))
			continue;
		if (!keep_first(out, &count, max, person))
			*ret_more = true;
	}
	return count;
}

size_t people_count(const struct people *people)
{
	return people->count;
}

size_t people_token_count(const struct people *people)
{
	return people->token_count;
}
