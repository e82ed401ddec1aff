/*
 * The policy of retries.
 *
 * Each try has a third of the command's time, so that a link that swallows packets is noticed while
 * there is time to ask again. A mutation whose answer did not come is "unknown" until an answer
 * with the same key says what happened; its key and command line stand in the state folder
 * meanwhile.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/interrupt.h"
#include "client/line.h"
#include "client/refusal.h"
#include "client/site_clock.h"
#include "client/state.h"
#include "common/civil.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/uuid7.h"

#define BACKOFF_FIRST (200 * USEC_PER_MSEC)
#define BACKOFF_MOST  (5 * USEC_PER_SEC)

struct tries {
	struct connection_target target;
	char key[UUID_TEXT_MAX]; /* empty: a read */
	int attempt;
	int64_t deadline;
	int64_t each; /* time of one try */
	bool sent;    /* by this try */
	bool unknown; /* an earlier try may have been carried out */
	bool kept;    /* the key stands in the state folder */
	int64_t asked_ms;
};

void call_begin(struct call *call, const char *method, bool mutation)
{
	*call = (struct call){ .method = method, .mutation = mutation };
	params_begin(&call->params);
}

bool call_begin_site(struct client *client, struct call *call, const char *method, bool mutation)
{
	int64_t rev;

	call_begin(call, method, mutation);
	call->site = client_site(client);
	if (!call->site) {
		call_done(call);
		return false;
	}
	params_str(&call->params, "site", call->site);
	rev = mutation ? 0 : state_rev(&client->paths, client->context_name, call->site);
	if (rev > 0)
		params_int(&call->params, "min_rev", rev);
	return true;
}

void call_done(struct call *call)
{
	params_deinit(&call->params);
	reply_done(&call->reply);
}

const struct cJSON *call_result(const struct call *call)
{
	return call->reply.response.result;
}

int64_t call_backoff(unsigned attempt, int64_t asked_ms)
{
	int64_t wait = BACKOFF_FIRST;
	uint32_t noise = 0;

	for (unsigned i = 2; i < attempt && wait < BACKOFF_MOST; i++)
		wait *= 2;
	if (wait > BACKOFF_MOST)
		wait = BACKOFF_MOST;
	if (asked_ms * USEC_PER_MSEC > wait)
		wait = asked_ms * USEC_PER_MSEC;
	/* Up to a quarter more: clients cut off together must not come back together. */
	(void)crypto_random(&noise, sizeof(noise));
	return wait + (int64_t)(noise % 1000) * wait / 4000;
}

int64_t call_retry_after(const struct reply *reply)
{
	int64_t ms = 0;

	if (reply->response.type == RPC_ERROR)
		(void)json_int(reply->response.data, "retry_after_ms", &ms);
	return ms > 0 && ms < 3600 * 1000 ? ms : 0;
}

static void keep_key(struct client *client, const struct call *call, struct tries *tries)
{
	char *line;

	if (!call->mutation || client->options.dry_run)
		return;
	line = line_with_key(client, tries->key);
	tries->kept = line && state_pending_add(&client->paths, tries->key, line) == 0;
	free(line);
}

static int begin_tries(struct client *client, const struct call *call, struct tries *tries)
{
	int r = 0;

	tries->attempt = 1;
	tries->deadline = monotonic_now() + client->options.timeout_usec;
	tries->each = client->options.timeout_usec / 3;
	if (!call->mutation)
		return 0;
	if (client->options.key) {
		/* The key was used before: the server must look for its receipt first. */
		tries->attempt = 2;
		r = uuid_parse(client->options.key, tries->key);
	} else {
		r = uuid7_make(instant_now(), tries->key);
	}
	if (r == 0)
		keep_key(client, call, tries);
	return r;
}

static int send_request(struct client *client, struct call *call, const struct tries *tries,
			int64_t *ret_id)
{
	struct params_try one = {
		.key = call->mutation ? tries->key : NULL,
		.attempt = tries->attempt,
		.dry_run = call->mutation && client->options.dry_run,
		.cursor = call->cursor,
		.limit = call->limit,
	};
	struct buf params = BUF_INIT(PARAMS_MAX);
	int r;

	params_finish(&call->params, &one, &params);
	r = session_send(&client->session, call->method, &params, ret_id);
	if (params.data)
		crypto_wipe(params.data, params.size);
	buf_deinit(&params);
	return r;
}

/* One try: 0 with an answer in call->reply, or a negative errno with the session closed. */
static int try_once(struct client *client, struct call *call, struct tries *tries)
{
	int64_t until = monotonic_now() + tries->each, id;
	int r;

	tries->sent = false;
	reply_done(&call->reply);
	if (until > tries->deadline)
		until = tries->deadline;
	r = client_connect(client, &tries->target, until);
	if (r == 0)
		r = send_request(client, call, tries, &id);
	tries->sent = r == 0;
	while (r == 0) {
		r = session_next(&client->session, until, &call->reply);
		if (r == 0 && (call->reply.about != REPLY_REQUEST || call->reply.id == id))
			break;
		if (r == 0 && call->reply.id == 0)
			r = -EBADMSG; /* an error without an id: the server could not read us */
		reply_done(&call->reply);
	}
	if (r < 0 || call->reply.about != REPLY_REQUEST || client->session.draining)
		session_close(&client->session);
	return r;
}

/* Whether an error reply leaves it open what became of the request. */
static bool leaves_unknown(enum error_kind kind)
{
	return kind == ERROR_outcome_unknown || kind == ERROR_in_progress;
}

/* Whether an error reply tells nothing about earlier tries: it was refused at the door. */
static bool refused_at_door(enum error_kind kind)
{
	return error_retry(kind) || kind == ERROR_unauthenticated || kind == ERROR_forbidden ||
	       kind == ERROR_internal || kind == ERROR_cancelled;
}

/* Judges a try; true when another one may help. */
static bool again(const struct call *call, struct tries *tries, int r)
{
	enum error_kind kind;

	tries->asked_ms = 0;
	if (r < 0) {
		tries->unknown = tries->unknown || (call->mutation && tries->sent);
		if (r == -EAGAIN)
			return true;
		if (r == -ECONNRESET || r == -ETIMEDOUT)
			return tries->sent || tries->unknown;
		return r == -EHOSTUNREACH && tries->unknown;
	}
	if (call->reply.response.type == RPC_RESULT) {
		tries->unknown = false;
		return false;
	}
	kind = reply_kind(&call->reply);
	if (call->mutation && leaves_unknown(kind))
		tries->unknown = true;
	else if (!refused_at_door(kind))
		tries->unknown = false;
	tries->asked_ms = call_retry_after(&call->reply);
	return error_retry(kind);
}

/* A moment passes without a word; who waits longer is told for what. */
static void tell_refused(struct client *client, enum error_kind kind, int64_t wait)
{
	if (wait >= USEC_PER_SEC)
		note(&client->out, _("the server says: %s; asking again in %d s"), error_text(kind),
		     (int)((wait + USEC_PER_SEC - 1) / USEC_PER_SEC));
	else
		note_verbose(&client->out, _("the server says: %s; asking again"),
			     error_text(kind));
}

/* Waits before the next try; false when there is no time for one. */
static bool pause_for_next(struct client *client, struct call *call, struct tries *tries, int *r)
{
	int64_t wait = call_backoff((unsigned)tries->attempt + 1, tries->asked_ms);

	if (tries->attempt >= 100 || monotonic_now() + wait >= tries->deadline)
		return false;
	if (*r == -EAGAIN)
		note_verbose(&client->out, "%s", client->report.problem);
	else if (*r < 0)
		note(&client->out, _("no answer yet (%s); asking again"), strerror(-*r));
	else
		tell_refused(client, reply_kind(&call->reply), wait);
	if (interrupt_sleep(wait) < 0) {
		*r = -EINTR;
		return false;
	}
	tries->attempt++;
	return true;
}

static void learn(struct client *client, const struct call *call)
{
	int64_t rev;

	site_clock_learn(client, call_result(call));
	if (call->site && client->context && json_int(call_result(call), "rev", &rev) && rev > 0)
		(void)state_save_rev(&client->paths, client->context_name, call->site, rev);
}

/* The way out of a mutation whose fate is not known. */
static int tell_unknown(struct client *client, const struct call *call, const struct tries *tries,
			int r)
{
	char *line = line_with_key(client, tries->key);

	complain(_("it is not known whether this was done: %s"),
		 r < 0 ? strerror(-r) : error_text(reply_kind(&call->reply)));
	complain_more(_("to find out, run"), "%s", line ? line : tries->key);
	free(line);
	return r == -EINTR ? STATUS_INTERRUPTED : STATUS_TEMPFAIL;
}

int call_run(struct client *client, struct call *call)
{
	struct tries tries = { 0 };
	int r = client_target(client, &tries.target);

	if (r != 0)
		return r;
	r = begin_tries(client, call, &tries);
	if (r < 0) {
		complain(_("no key can be made: %s"), strerror(-r));
		return STATUS_SOFTWARE;
	}
	do
		r = try_once(client, call, &tries);
	while (again(call, &tries, r) && pause_for_next(client, call, &tries, &r));
	if (tries.unknown)
		return tell_unknown(client, call, &tries, r);
	if (tries.kept)
		state_pending_remove(&client->paths, tries.key);
	if (r < 0)
		return client_tell_unreachable(client, r);
	if (call->reply.response.type == RPC_ERROR)
		return refusal_tell(client, call->method, &call->reply);
	learn(client, call);
	return STATUS_OK;
}

int call_try(struct client *client, struct call *call)
{
	struct tries tries = { .attempt = 1 };
	int r;

	if (client_target(client, &tries.target) != STATUS_OK)
		return -EINVAL;
	tries.each = client->options.timeout_usec;
	tries.deadline = monotonic_now() + tries.each;
	r = try_once(client, call, &tries);
	if (r == 0 && call->reply.response.type == RPC_ERROR)
		return -EREMOTE;
	return r;
}
