/* See request.h. */

#include "daemon/request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/macros.h"
#include "daemon/log.h"
#include "daemon/method.h"

/* Bytes. An answer about one thing, with its envelope, is some hundred; a list grows from there. */
#define REPLY_USUAL    1000
#define SPARE_SIZE_MAX 8192

static void on_deadline(struct timer *timer);

/* What was a secret is not to stay behind in memory that is used again. */
static void wipe_secrets(struct request *request)
{
	const struct cJSON *params = json_get(request->tree, "params");
	const struct field *field = request->method ? request->method->params : NULL;

	for (; field && field->name; field++) {
		char *sent, *decoded = NULL;

		if (field->type != FIELD_SECRET)
			continue;
		sent = (char *)json_str(params, field->name);
		if (sent)
			crypto_wipe(sent, strlen(sent));
		if (request->data)
			memcpy(&decoded, (char *)request->data + field->offset, sizeof(decoded));
		if (decoded)
			crypto_wipe(decoded, strlen(decoded));
	}
}

/* What the last answer was written to, for the next. */
static struct buf spare = BUF_INIT(REQUEST_REPLY_MAX);

static void put_aside(struct buf *out)
{
	/* A token or a code may have been in it, also where it was begun anew and is another now. */
	if (out->data)
		crypto_wipe(out->data, out->size);
	if (!out->data || out->size > SPARE_SIZE_MAX) {
		buf_deinit(out);
		return;
	}
	buf_deinit(&spare);
	buf_reset(out);
	spare = *out;
}

static void request_free(struct request *request)
{
	wipe_secrets(request);
	timer_stop(&request->deadline);
	sites_forget(request->services->sites, &request->sites_wait);
	put_aside(&request->out);
	actor_unref(request->actor);
	json_free(request->tree);
	arena_free(request->arena);
	free(request);
}

/* "7f3a-1c9": by hand, for it is done for each request and seldom read. */
static void write_name(struct request *request, uint64_t number)
{
	static const char digits[] = "0123456789abcdef";
	char *at = stpcpy(request->name, request->services->instance);
	int shift = 0;

	*at++ = '-';
	while (shift < 60 && number >> shift >= 16)
		shift += 4;
	for (; shift >= 0; shift -= 4)
		*at++ = digits[number >> shift & 15];
}

struct request *request_new(struct services *services, struct reply_sink *sink,
			    struct session *session, struct cJSON *tree,
			    const struct rpc_request *envelope)
{
	static uint64_t counter;
	struct request *request = calloc(1, sizeof(*request));

	if (!request) {
		json_free(tree);
		return NULL;
	}
	request->services = services;
	request->sink = sink;
	request->session = session;
	request->actor = actor_ref(session->actor);
	request->tree = tree;
	request->id = envelope->id;
	request->out = spare;
	spare = BUF_INIT(REQUEST_REPLY_MAX);
	request->deadline.fire = on_deadline;
	write_name(request, ++counter);
	request_stamp(request, ROOM_READ);
	request->arena = arena_new(REQUEST_ARENA_MAX);
	if (!request->arena) {
		request_free(request);
		return NULL;
	}
	timer_start(services->loop, &request->deadline, services->config->request_timeout);
	return request;
}

void request_stamp(struct request *request, enum room room)
{
	request->stamps[room] = monotonic_now();
}

/* Takes the wait back, if there is one. */
static bool take_back(struct request *request)
{
	bool nothing_done = !request->cancel || request->cancel(request);

	request->cancel = NULL;
	return nothing_done;
}

void request_abandon(struct request *request)
{
	request->sink = NULL;
	request->session = NULL;
	if (take_back(request))
		log_debug("client left; request dropped", log_str("req", request->name));
	else
		log_info("client left while its change was under way",
			 log_str("req", request->name),
			 log_str("method", request->method ? request->method->name : NULL));
	request_free(request);
}

static void fail_unknown(struct request *request)
{
	request_fail(request, ERROR_outcome_unknown,
		     "it is not known whether this was done; send it again with the same key");
}

void request_cancel(struct request *request)
{
	/* A change that is under way goes on, and its own answer comes. */
	if (!request->cancel || request->method->flags & METHOD_MUTATION)
		return;
	if (take_back(request))
		request_fail(request, ERROR_cancelled, NULL);
	else
		fail_unknown(request);
}

static void on_deadline(struct timer *timer)
{
	struct request *request = container_of(timer, struct request, deadline);

	if (take_back(request))
		request_fail(request, ERROR_timeout, NULL);
	else
		fail_unknown(request);
}

void request_hold(struct request *request)
{
	if (request->held || !request->sink)
		return;
	request->held = true;
	request->sink->hold(request->sink, true);
}

void request_release(struct request *request)
{
	if (!request->held)
		return;
	request->held = false;
	if (request->sink)
		request->sink->hold(request->sink, false);
}

void request_reading(struct request *request)
{
	if (request->reading || !request->session)
		return;
	request->reading = true;
	request->session->reads++;
}

/* ---- the answer ---- */

static int64_t millis(int64_t usec)
{
	return usec > 0 ? usec / USEC_PER_MSEC : 0;
}

static void log_answer(struct request *request, enum error_kind kind)
{
	const struct config *config = request->services->config;
	bool change = request->method && (request->method->flags & METHOD_MUTATION);
	int64_t now = monotonic_now(), *at = request->stamps;

	if (kind != ERROR_internal && (config->requests == CONFIG_REQUESTS_NONE ||
				       (config->requests == CONFIG_REQUESTS_CHANGES && !change)))
		return;
	/* A room that was not entered took no time. */
	for (int i = 1; i < ROOM_COUNT; i++)
		if (at[i] == 0)
			at[i] = at[i - 1];
	log_info("answered", log_str("req", request->name),
		 log_str("method", request->method ? request->method->name : NULL),
		 log_str("actor", request->actor ? request->actor->login : NULL),
		 log_str("site", request->site ? request->site->code : NULL),
		 log_str("kind", kind == ERROR_NONE ? "ok" : error_name(kind)),
		 log_int("ms", millis(now - at[ROOM_READ])),
		 log_int("dispatch_us", at[ROOM_DISPATCH] - at[ROOM_READ]),
		 log_int("queue_us", at[ROOM_QUEUE] - at[ROOM_DISPATCH]),
		 log_int("db_us", at[ROOM_DATABASE] - at[ROOM_QUEUE]),
		 log_int("reply_us", now - at[ROOM_DATABASE]));
}

static void send_out(struct request *request, enum error_kind kind)
{
	struct reply_sink *sink = request->sink;

	log_answer(request, kind);
	request->services->requests++;
	request_release(request);
	if (request->reading && request->session)
		request->session->reads--;
	if (sink)
		sink->reply(sink, request, request->out.data, request->out.len);
	request_free(request);
}

struct jsonw *request_reply_begin(struct request *request)
{
	request->cancel = NULL;
	buf_reset(&request->out);
	request->writer = JSONW_INIT(&request->out);
	buf_reserve(&request->out, REPLY_USUAL);
	rpc_result_begin(&request->writer, &request->id);
	return &request->writer;
}

void request_reply_end(struct request *request)
{
	bool failed = request->out.failed || arena_failed(request->arena);

	rpc_end(&request->writer);
	if (request->out.starved || arena_starved(request->arena)) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	if (failed || request->out.failed) {
		request_fail(request, ERROR_too_large,
			     "the answer is too large; ask for less at a time");
		return;
	}
	send_out(request, ERROR_NONE);
}

void request_reply_empty(struct request *request)
{
	struct jsonw *w = request_reply_begin(request);

	jsonw_object(w);
	jsonw_object_end(w);
	request_reply_end(request);
}

struct jsonw *request_fail_begin(struct request *request, enum error_kind kind, const char *message)
{
	request->cancel = NULL;
	buf_reset(&request->out);
	request->writer = JSONW_INIT(&request->out);
	request->failure = kind;
	rpc_error_begin(&request->writer, &request->id, kind, message ? message : error_text(kind));
	jsonw_kstr(&request->writer, "request", request->name);
	if (error_retry(kind))
		jsonw_kint(&request->writer, "retry_after_ms",
			   request->retry_after_ms ? request->retry_after_ms
						   : REQUEST_RETRY_AFTER_MS);
	return &request->writer;
}

void request_fail_end(struct request *request)
{
	rpc_error_end(&request->writer);
	if (request->out.failed) { /* no memory even for this: the connection is closed */
		buf_reset(&request->out);
	}
	send_out(request, request->failure);
}

void request_fail(struct request *request, enum error_kind kind, const char *message)
{
	request_fail_begin(request, kind, message);
	request_fail_end(request);
}

void request_fail_field(struct request *request, enum error_kind kind, const char *field,
			const char *rule, const char *message)
{
	struct jsonw *w = request_fail_begin(request, kind, message);

	jsonw_kstr(w, "field", field);
	if (rule)
		jsonw_kstr(w, "rule", rule);
	request_fail_end(request);
}

void request_write_error(struct buf *out, const struct rpc_id *id, enum error_kind kind,
			 const char *message)
{
	struct jsonw w = JSONW_INIT(out);

	rpc_error_begin(&w, id, kind, message ? message : error_text(kind));
	rpc_error_end(&w);
}
