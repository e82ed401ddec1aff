/* See password.h. */

#include "daemon/password.h"

#include <argon2.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/macros.h"
#include "common/utf8.h"
#include "daemon/request.h"
#include "daemon/retry.h"

#define HASH_SIZE     32
#define BUSY_RETRY_MS 1000
/* A stored hash of more than this is not one of ours; nobody's login is to take all memory. */
#define MEMORY_MAX_KIB (1024 * 1024)
#define PASSES_MAX     64

const char *password_refusal(const char *password, const char *login, const char **ret_rule)
{
	size_t length = utf8_count(password);

	*ret_rule = "range";
	if (length < PASSWORD_MIN)
		return "a password has at least 10 characters";
	if (length > PASSWORD_MAX)
		return "a password has at most 128 characters";
	*ret_rule = "login";
	if (strcasecmp(password, login) == 0)
		return "a password must not be the login";
	*ret_rule = NULL;
	return NULL;
}

/* What a PHC string says of its cost; false when it is none of ours. */
static bool read_cost(const char *stored, struct password_cost *ret)
{
	int end = 0;

	return sscanf(stored, "$argon2id$v=19$m=%9u,t=%9u,p=1$%n", &ret->memory_kib, &ret->passes,
		      &end) == 2 &&
	       end > 0 && ret->memory_kib <= MEMORY_MAX_KIB && ret->passes <= PASSES_MAX;
}

static int from_argon2(int r)
{
	return r == ARGON2_OK ? 0 : r == ARGON2_MEMORY_ALLOCATION_ERROR ? -ENOMEM : -EIO;
}

int password_hash(const struct password_cost *cost, const char *password,
		  const uint8_t salt[PASSWORD_SALT_SIZE], char out[PASSWORD_HASH_MAX])
{
	return from_argon2(argon2id_hash_encoded(cost->passes, cost->memory_kib, 1, password,
						 strlen(password), salt, PASSWORD_SALT_SIZE,
						 HASH_SIZE, out, PASSWORD_HASH_MAX));
}

int password_check(const struct password_cost *cost, const char *password, const char *stored)
{
	static const uint8_t nobody[PASSWORD_SALT_SIZE];
	struct password_cost found;
	uint8_t unused[SHA256_SIZE];
	int r;

	if (stored && read_cost(stored, &found)) {
		r = argon2id_verify(stored, password, strlen(password));
		return r == ARGON2_VERIFY_MISMATCH ? -EACCES : from_argon2(r);
	}
	/* Whoever measures is not to learn that there is no such login. */
	r = password_derive(cost, password, nobody, unused);
	return r < 0 ? r : -EACCES;
}

bool password_outdated(const struct password_cost *cost, const char *stored)
{
	struct password_cost found;

	return !read_cost(stored, &found) || found.memory_kib != cost->memory_kib ||
	       found.passes != cost->passes;
}

int password_derive(const struct password_cost *cost, const char *password,
		    const uint8_t salt[PASSWORD_SALT_SIZE], uint8_t out[SHA256_SIZE])
{
	return from_argon2(argon2id_hash_raw(cost->passes, cost->memory_kib, 1, password,
					     strlen(password), salt, PASSWORD_SALT_SIZE, out,
					     SHA256_SIZE));
}

int password_salt(const char *key, const char *whose, uint8_t out[PASSWORD_SALT_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	int r = crypto_hmac_sha256(key, strlen(key), whose, strlen(whose), digest);

	memcpy(out, digest, PASSWORD_SALT_SIZE);
	return r;
}

int password_proof(const char *hash, char out[SHA256_HEX_MAX])
{
	uint8_t digest[SHA256_SIZE];
	int r = crypto_sha256(hash, strlen(hash), digest);

	if (r == 0)
		hex_encode(digest, sizeof(digest), out);
	return r;
}

struct password_cost password_cost(const struct config *config)
{
	return (struct password_cost){ .memory_kib = (uint32_t)(config->password_memory / 1024),
				       .passes = (uint32_t)config->password_passes };
}

/* ---- on the pool ---- */

static void compare(struct password_work *work)
{
	const char *stored = work->stored[0] ? work->stored : NULL;
	int r = password_check(&work->cost, work->given, stored);

	work->right = r == 0;
	/* A retry of a change that was done: the old password is old. */
	if (r == -EACCES && stored && work->fresh[0]) {
		r = password_check(&work->cost, work->fresh, stored);
		work->same = r == 0;
	}
	work->failed = r == -EACCES ? 0 : r;
}

static void run(struct worker_job *job)
{
	struct password_work *work = container_of(job, struct password_work, job);

	if (work->compare)
		compare(work);
	if (work->failed < 0 || (work->compare && !work->right && !work->same))
		return;
	if (work->fresh[0])
		work->failed = password_hash(&work->cost, work->fresh, work->salt, work->made);
	else if (work->right && password_outdated(&work->cost, work->stored))
		work->failed = password_hash(&work->cost, work->given, work->random, work->made);
	if (work->derive && work->failed == 0)
		work->failed = password_derive(&work->cost, work->given, work->salt, work->derived);
}

/* ---- on the loop ---- */

struct password_work *password_work_new(struct request *request)
{
	struct password_work *work = calloc(1, sizeof(*work));

	if (!work)
		return NULL;
	work->request = request;
	work->cost = password_cost(request->services->config);
	if (crypto_random(work->random, sizeof(work->random)) < 0)
		return password_work_free(work);
	return work;
}

struct password_work *password_work_free(struct password_work *work)
{
	if (work && work->listed)
		LIST_REMOVE(work, entry);
	if (work)
		crypto_wipe(work, sizeof(*work));
	free(work);
	return NULL;
}

static void on_done(struct worker_job *job)
{
	struct password_work *work = container_of(job, struct password_work, job);

	work->request->cancel = NULL;
	work->done(work);
}

static void on_drop(struct worker_job *job)
{
	password_work_free(container_of(job, struct password_work, job));
}

static bool cancel_work(struct request *request)
{
	struct password_work *work = request->waiting;

	worker_forget(request->services->workers, &work->job);
	return true;
}

/* One source must not fill the queue for all others. */
static bool source_has_room(const struct services *services, const struct throttle_source *source)
{
	const struct password_work *other;
	int count = 0;

	LIST_FOREACH (other, &services->hashing, entry)
		count += memcmp(&other->source, source, sizeof(*source)) == 0;
	return count < services->config->hash_queue_per_source;
}

static bool has_room(const struct request *request)
{
	const struct services *services = request->services;

	return source_has_room(services, &request->session->source) &&
	       worker_has_room(services->workers, services->config->hash_queue);
}

static void refuse_busy(struct request *request)
{
	request->retry_after_ms = retry_after(BUSY_RETRY_MS);
	request_fail(request, ERROR_busy,
		     "too many passwords are being checked; try again in a moment");
}

bool password_work_room(struct request *request)
{
	bool room = has_room(request);

	if (!room)
		refuse_busy(request);
	return room;
}

void password_work_run(struct password_work *work, void (*done)(struct password_work *work))
{
	struct request *request = work->request;
	struct services *services = request->services;

	work->done = done;
	work->job = (struct worker_job){ .run = run, .done = on_done, .drop = on_drop };
	work->source = request->session->source;
	if (!has_room(request) ||
	    worker_submit(services->workers, &work->job, services->config->hash_queue) < 0) {
		password_work_free(work);
		refuse_busy(request);
		return;
	}
	LIST_INSERT_HEAD(&services->hashing, work, entry);
	work->listed = true;
	request->waiting = work;
	request->cancel = cancel_work;
}
