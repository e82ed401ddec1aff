#pragma once

/*
 * Who there is, in memory: tenants, persons with what they may act as, and the access tokens that
 * are good. Passwords are not here, nor codes. Pure: rows and events in, answers out; no I/O, no
 * clock, no SQL. The directory loads it in one snapshot and has it follow the operator's log.
 *
 * Everything carries the rev of the operator's log that it is as of, so that rows read earlier never
 * overwrite what later events told. Events hold no names: who they concern is read again for those.
 *
 * Memory, measured: 260 bytes a person and 130 a token that is good, so 100,000 persons with two
 * tokens each are 48 MiB. A person has at most 100 tokens (cowork.token_room() ends the one unused for
 * longest), and only the operator and the tenants' admins make persons.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/crypto.h"
#include "common/token.h"
#include "daemon/actor.h"

struct cJSON;
struct people;

/* All are borrowed until the next change of the directory. */
struct people_tenant {
	int64_t id, rev;
	char *code, *name;
	int state; /* index in tenant_states; 0 is active */
	bool seen;
	LIST_ENTRY(people_tenant) entry;
};

struct people_token {
	char id[TOKEN_ID_MAX];
	struct person *person;
	bool has_hash; /* false: only an event told of it so far, or it is a certificate */
	bool is_certificate;
	uint8_t hash[SHA256_SIZE]; /* of the secret; or the certificate's fingerprint */
	int64_t expires_usec;
	int scope; /* index in token_scopes; 0 is full */
	LIST_ENTRY(people_token) entry;
};

struct person {
	int64_t id, rev;
	char *login, *name, *lang; /* lang may be NULL */
	int64_t tenant_id;	   /* 0: no member */
	int member_role;	   /* index in member_roles */
	int member_state;	   /* index in person_states; -1: no member */
	int staff_role;		   /* index in staff_roles */
	int staff_state;	   /* index in staff_states; -1: not of the staff */
	int site_id;		   /* of the staff: theirs, or ACTOR_ALL_SITES */
	bool seen;
	LIST_HEAD(, people_token) tokens;
	LIST_ENTRY(person) entry;
};

/* NULL when out of memory. */
struct people *people_new(void);
/* Takes NULL, returns NULL. */
struct people *people_free(struct people *people);

/* ---- filling ---- */

/* Nothing of what we know is certain any more; all the same it stays until other rows come. */
void people_distrust(struct people *people);
/*
 * One row of a snapshot taken at `rev`: `what` is "tenant", "person" or "token", a person's tokens
 * behind the person. What is known to be newer stays. 0; -EBADMSG for a row that makes no sense,
 * -ENOMEM.
 */
int people_row(struct people *people, int64_t rev, const char *what, const struct cJSON *body);
/* All rows there are were given, between the two calls: what did not come is gone. */
void people_load_begin(struct people *people);
void people_load_end(struct people *people, int64_t rev);

/* Whom an event concerns; 0: nobody. */
struct people_change {
	int64_t person_id, tenant_id;
};

/*
 * One event of the operator's log. What only its rows tell has to be read again for everyone in
 * *ret. 0; -EBADMSG, -ENOMEM: load all again.
 */
int people_apply(struct people *people, int64_t rev, const char *kind, const struct cJSON *body,
		 struct people_change *ret);

/* ---- asking ---- */

/* Whether it was loaded since the last people_distrust(). */
bool people_ready(const struct people *people);
/* How far the log was followed: everything is as of this rev or a later one. */
int64_t people_rev(const struct people *people);

/* NULL: not known here. */
const struct person *people_person(const struct people *people, int64_t id);
const struct person *people_by_login(const struct people *people, const char *login);
const struct people_tenant *people_tenant(const struct people *people, int64_t id);
const struct people_tenant *people_tenant_by_code(const struct people *people, const char *code);
const struct people_token *people_token(const struct people *people, const char *id);
/* By its fingerprint, a service's; of anybody else it is none. */
const struct people_token *people_certificate(const struct people *people,
					      const uint8_t fingerprint[SHA256_SIZE]);

/* What the person acts as: staff before member. False: as nothing, whoever they were is disabled. */
bool people_role(const struct person *person, enum role *ret);

/*
 * The first `max` members in order of login whose login begins with `text` or in whose name a word
 * does (case of ASCII letters is ignored); of `tenant_id` alone unless that is 0. Gives how many;
 * *ret_more: there are others.
 */
size_t people_find(const struct people *people, const char *text, int64_t tenant_id,
		   const struct person **out, size_t max, bool *ret_more);

size_t people_count(const struct people *people);
size_t people_token_count(const struct people *people);
