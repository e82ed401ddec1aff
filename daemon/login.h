#pragma once

/*
 * From a token to an actor: by who there is in memory, or by what the database knows of it; and an
 * actor's shape on the wire.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/token.h"
#include "daemon/actor.h"
#include "daemon/db.h"
#include "daemon/request.h"

struct services;

/*
 * Judges a token by who there is in memory; no query. 0 and a new actor; -ENOENT: it is not known
 * here; -EACCES: its secret is wrong; -EPERM with *ret_reason: it is theirs, but lets nobody in any
 * more as far as we know; -ENOMEM.
 */
int login_remember(const struct services *services, const struct token_parts *presented,
		   int64_t now_usec, struct actor **ret, const char **ret_reason);

/* The same of a client's certificate, by its fingerprint. Never -EACCES. */
int login_remember_certificate(const struct services *services,
			       const uint8_t fingerprint[SHA256_SIZE], int64_t now_usec,
			       struct actor **ret, const char **ret_reason);

/*
 * Whether somebody who is logged in still may be, by who there is in memory. 0 and *ret NULL: as
 * before; 0 and a new actor: as somebody with other rights; -EACCES with *ret_reason: not any more;
 * -ENOMEM. What we know from before their login is no judge of them.
 */
int login_again(const struct services *services, const struct actor *actor, struct actor **ret,
		const char **ret_reason);

/* Looks a token up: one row of facts, or none. Parameter: its id. */
extern const struct db_statement login_find;

/* Looks a password's hash up, with whose it is: one row of facts, or none. Parameter: the login. */
extern const struct db_statement login_password_find;

/* Looks a client's certificate up: one row of facts, or none. Parameter: its fingerprint in hex. */
extern const struct db_statement login_certificate_find;

/*
 * Judges the facts of a token of that kind, "access" or "certificate" (row 0 of what was looked up),
 * against the secret presented; a certificate's is its fingerprint. 0 and a new actor; -EACCES with *ret_reason, which tells a stranger nothing that a wrong token would not;
 * -ENOMEM.
 */
int login_judge(const struct db_call *call, const char *kind, const struct token_parts *presented,
		int64_t now_usec, struct actor **ret, const char **ret_reason);

/*
 * Whether a code (row 0 of login_find) may go on to be redeemed: the secret is right, and it is good
 * still; or it was used, or this is a retry, and the receipt has to tell. The lane judges again.
 * *ret_facts, the caller's to free, are what is known of its person.
 */
bool login_judge_code(const struct db_call *call, const struct token_parts *presented,
		      int64_t now_usec, bool retry, struct cJSON **ret_facts);

/* {login, name, role, tenant?, site?, expires, token?} as a value; `token` may be NULL. */
void login_write(struct jsonw *w, const struct actor *actor, const char *token);
/* The same for rpc.discover. */
extern const struct field login_fields[];
