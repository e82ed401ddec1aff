#pragma once

/* What people.c keeps, for people_apply.c alone. */

#include "daemon/people.h"

struct people {
	/* Trees of tsearch(3): balanced whatever the order, and no hash that a client could aim at. */
	void *by_id, *by_login, *tokens, *certificates, *tenants;
	LIST_HEAD(, person) list;
	LIST_HEAD(, people_tenant) tenant_list;
	size_t count, token_count;
	int64_t rev;
	bool ready;
};

/* Known or new; NULL when out of memory. */
struct person *people_person_make(struct people *people, int64_t id);
struct people_tenant *people_tenant_make(struct people *people, int64_t id);
/* The person's; one that was somebody else's is theirs now. NULL when out of memory. */
struct people_token *people_token_make(struct people *people, struct person *person,
				       const char *id);
/*
 * The token is the certificate of that fingerprint from now on, or none (NULL). Of several with one
 * fingerprint, of which all but one have ended, the one that is good for longest is found. 0, -ENOMEM.
 */
int people_token_certify(struct people *people, struct people_token *token,
			 const uint8_t *fingerprint);
void people_person_drop(struct people *people, struct person *person);
void people_tenant_drop(struct people *people, struct people_tenant *tenant);
void people_token_drop(struct people *people, struct people_token *token);
void people_tokens_drop(struct people *people, struct person *person);
/* 0, -ENOMEM. */
int people_set_login(struct people *people, struct person *person, const char *login);
