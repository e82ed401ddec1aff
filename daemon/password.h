#pragma once

/*
 * Passwords: argon2id, stored as a PHC string ("$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH"). The first
 * part is pure and may run on any thread; struct password_work takes it to the pool of threads.
 *
 * One lane (p=1) always: lanes are threads, and the pool's are all there are.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/crypto.h"
#include "daemon/throttle.h"
#include "daemon/worker.h"

struct config;
struct request;

#define PASSWORD_MIN	   10  /* code points, of a new one */
#define PASSWORD_MAX	   128 /* code points, of any */
#define PASSWORD_TEXT_MAX  (4 * PASSWORD_MAX + 1)
#define PASSWORD_HASH_MAX  128 /* as cowork.password has it */
#define PASSWORD_SALT_SIZE 16

struct password_cost {
	uint32_t memory_kib;
	uint32_t passes;
};

/* What a new password is refused for, as one sentence, or NULL; *ret_rule is "range" or "login". */
const char *password_refusal(const char *password, const char *login, const char **ret_rule);
/* Hashes; 0, -ENOMEM or -EIO. */
int password_hash(const struct password_cost *cost, const char *password,
		  const uint8_t salt[PASSWORD_SALT_SIZE], char out[PASSWORD_HASH_MAX]);
/* 0: it is the one that was hashed; -EACCES; -ENOMEM. `stored` NULL or of another form: never, but as
 * slowly. */
int password_check(const struct password_cost *cost, const char *password, const char *stored);
/* Whether it was hashed at another cost than is wanted now. */
bool password_outdated(const struct password_cost *cost, const char *stored);
/* 32 bytes that only who has the password can make again, as dear as the hash. 0 or -ENOMEM. */
int password_derive(const struct password_cost *cost, const char *password,
		    const uint8_t salt[PASSWORD_SALT_SIZE], uint8_t out[SHA256_SIZE]);
/* A salt that a retry has again: of the request's key, and of whom it is about. 0 or -EIO. */
int password_salt(const char *key, const char *whose, uint8_t out[PASSWORD_SALT_SIZE]);

/*
 * What stands for a new password in its request's meaning: a digest of its hash, which the same password
 * under the same key has again. 0 or -EIO.
 */
int password_proof(const char *hash, char out[SHA256_HEX_MAX]);

struct password_cost password_cost(const struct config *config);

/*
 * What is done with passwords in one go, off the loop: `given` is compared with `stored`; if it is
 * right (or nothing was to be compared), `fresh` is hashed, a token's bytes are derived of `given`, and
 * a hash of another cost is made anew.
 */
struct password_work {
	/* In. Empty text: absent. */
	bool compare;
	bool derive;
	char given[PASSWORD_TEXT_MAX];
	char stored[PASSWORD_HASH_MAX]; /* empty although `compare`: nobody's */
	char fresh[PASSWORD_TEXT_MAX];
	uint8_t salt[PASSWORD_SALT_SIZE];   /* of what is derived or hashed fresh */
	uint8_t random[PASSWORD_SALT_SIZE]; /* of what is hashed anew */
	struct password_cost cost;
	/* Out. */
	int failed; /* 0 or a negative errno: nothing else counts */
	bool right;
	bool same; /* not right, but `fresh` is what is stored already */
	uint8_t derived[SHA256_SIZE];
	char made[PASSWORD_HASH_MAX]; /* of `fresh`, or anew of `given`; empty: none */

	struct request *request; /* whose work it is, while it waits */
	void (*done)(struct password_work *work);
	struct throttle_source source; /* where it comes from */
	bool listed;
	LIST_ENTRY(password_work) entry; /* of services->hashing, until it is freed */
	struct worker_job job;
};

/* In the cost of the request's configuration; NULL when out of memory or randomness. */
struct password_work *password_work_new(struct request *request);
/* Wipes all of it. Takes NULL, returns NULL. */
struct password_work *password_work_free(struct password_work *work);
/*
 * Whether password_work_run() takes work of the request, which it then does until control returns to
 * the loop; else the request was refused as busy.
 */
bool password_work_room(struct request *request);
/*
 * Gives the work to the pool. done() is called unless the request ends before, and has to free the
 * work; the request is waiting until then. When too many wait, of all or of its source, the request is
 * refused as busy, and the work freed.
 */
void password_work_run(struct password_work *work, void (*done)(struct password_work *work));
