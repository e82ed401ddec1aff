/*
 * watch: what happens at a site, a line an event, as it happens. Goes on behind the rev it was told
 * last whenever it was cut off, so that nothing is missed and nothing comes twice; until Ctrl-C.
 */

#include <errno.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/interrupt.h"
#include "client/refusal.h"
#include "client/watch_lines.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"

/* Two ticks of the server and a little; then it is asked whether it is there. */
#define SILENCE (40 * USEC_PER_SEC)
#define ANSWER	(10 * USEC_PER_SEC)
/* An instance that lags is behind for a moment, another history for good. */
#define BEHIND_TRIES 5

struct watching {
	struct client *client;
	struct connection_target target;
	const char *site;
	const char *topics; /* or NULL */
	bool known;	    /* rev is */
	int64_t rev;	    /* told up to here */
	int64_t left;	    /* events to print; 0: no end */
	unsigned tries;	    /* in a row without a word from the watch */
	unsigned behind;    /* in a row */
	bool pinged;
	struct watch_lines lines;
};

/* What one connection came to. */
enum follow {
	FOLLOW_ON,    /* goes on */
	FOLLOW_AGAIN, /* connect anew */
	FOLLOW_DONE,  /* with the exit status */
};

static int send_params(struct watching *w, const char *method, struct params *params)
{
	struct buf text = BUF_INIT(PARAMS_MAX);
	int64_t id;
	int r;

	params_finish(params, &(struct params_try){ 0 }, &text);
	r = session_send(&w->client->session, method, &text, &id);
	buf_deinit(&text);
	return r;
}

static int send_start(struct watching *w)
{
	struct params params;
	int r;

	params_begin(&params);
	params_str(&params, "site", w->site);
	params_int(&params, "since_rev", w->rev);
	params_list(&params, "topics", w->topics);
	r = send_params(w, "watch.start", &params);
	params_deinit(&params);
	return r;
}

static int send_ping(struct watching *w)
{
	struct params params;
	int r;

	w->pinged = true;
	params_begin(&params);
	r = send_params(w, "session.ping", &params);
	params_deinit(&params);
	return r;
}

/* Where the site's log is now; 0 or an exit status after telling why not. */
static int find_rev(struct watching *w)
{
	struct call call;
	int r;

	call_begin(&call, "site.show", false);
	params_str(&call.params, "site", w->site);
	r = call_run(w->client, &call);
	if (r == STATUS_OK)
		w->known = json_int(call_result(&call), "rev", &w->rev);
	call_done(&call);
	return r;
}

/* ---- what comes ---- */

static enum follow take_events(struct watching *w, const struct cJSON *params, int *ret_status)
{
	const struct cJSON *events = json_get(params, "events");

	for (const struct cJSON *event = json_first(events); event; event = json_next(event)) {
		watch_lines_event(&w->lines, event);
		json_int(event, "rev", &w->rev);
		if (w->left > 0 && --w->left == 0) {
			*ret_status = STATUS_OK;
			return FOLLOW_DONE;
		}
	}
	out_flush(&w->client->out);
	/* Nobody reads any more: the last words of the run say so. */
	*ret_status = STATUS_OK;
	return out_alive(&w->client->out) ? FOLLOW_ON : FOLLOW_DONE;
}

static enum follow take_loss(struct watching *w, const char *reason)
{
	/* After the others, also "revoked", the next try tells what may be told. */
	if (reason && strcmp(reason, "reset") == 0) {
		w->known = false;
		complain(_("the site's history was replaced; events may be missing here"));
	}
	return FOLLOW_AGAIN;
}

static enum follow take_notification(struct watching *w, const struct rpc_response *told,
				     int *ret_status)
{
	enum follow next = FOLLOW_ON;

	if (strncmp(told->method, "watch.", 6) != 0)
		return FOLLOW_ON;
	w->tries = w->behind = 0;
	if (strcmp(told->method, "watch.event") == 0)
		next = take_events(w, told->params, ret_status);
	if (next == FOLLOW_ON)
		json_int(told->params, "rev", &w->rev);
	if (strcmp(told->method, "watch.lost") == 0)
		return take_loss(w, json_str(told->params, "reason"));
	return next;
}

static enum follow take_refusal(struct watching *w, const struct reply *reply, int *ret_status)
{
	enum error_kind kind = reply_kind(reply);

	if (kind == ERROR_behind && w->behind++ >= BEHIND_TRIES) {
		w->known = false;
		complain(_("the site's history was replaced; events may be missing here"));
		return FOLLOW_AGAIN;
	}
	if (error_retry(kind) || kind == ERROR_behind)
		return FOLLOW_AGAIN;
	*ret_status = refusal_tell(w->client, "watch.start", reply);
	return FOLLOW_DONE;
}

static enum follow take(struct watching *w, const struct reply *reply, int *ret_status)
{
	w->pinged = false;
	if (reply->response.type == RPC_NOTIFICATION)
		return take_notification(w, &reply->response, ret_status);
	if (reply->response.type == RPC_ERROR)
		return take_refusal(w, reply, ret_status);
	return FOLLOW_ON;
}

/* ---- one connection after another ---- */

/* 0, or the errors of session_next() once the connection is of no use any more. */
static int listen_on(struct watching *w, enum follow *ret_next, int *ret_status)
{
	struct session *session = &w->client->session;
	int r = send_start(w);

	*ret_next = FOLLOW_ON;
	while (r == 0 && *ret_next == FOLLOW_ON) {
		struct reply reply;

		r = session_next_any(session, monotonic_now() + (w->pinged ? ANSWER : SILENCE),
				     &reply);
		if (r == -ETIMEDOUT && !w->pinged) {
			r = send_ping(w);
			continue;
		}
		if (r < 0)
			break;
		*ret_next = take(w, &reply, ret_status);
		reply_done(&reply);
	}
	return r;
}

static enum follow follow(struct watching *w, int *ret_status)
{
	struct client *client = w->client;
	enum follow next = FOLLOW_AGAIN;
	int r;

	if (!w->known) {
		*ret_status = find_rev(w);
		if (*ret_status != STATUS_OK)
			return FOLLOW_DONE;
	}
	w->pinged = false;
	r = client_connect(client, &w->target, monotonic_now() + client->options.timeout_usec);
	if (r == 0)
		r = listen_on(w, &next, ret_status);
	session_close(&client->session);
	if (r == -EINTR || interrupt_pending()) {
		*ret_status = STATUS_INTERRUPTED;
		return FOLLOW_DONE;
	}
	if (r == 0)
		return next;
	if (r == -EACCES || r == -EPROTO || r == -EINVAL || r == -ENOMEM) {
		*ret_status = client_tell_unreachable(client, r);
		return FOLLOW_DONE;
	}
	if (w->tries == 0)
		note(&client->out, _("the connection is lost; trying again until it is back"));
	return FOLLOW_AGAIN;
}

static int watch(struct watching *w)
{
	int status = STATUS_OK;

	while (follow(w, &status) != FOLLOW_DONE) {
		w->tries++;
		if (interrupt_sleep(call_backoff(w->tries + 1, 0)) < 0)
			return STATUS_INTERRUPTED;
	}
	return status;
}

int cmd_watch(struct client *client, const struct command *command _unused_,
	      const struct arguments *arguments)
{
	struct watching w = { .client = client, .topics = arguments_get(arguments, "topic") };
	int r;

	w.site = client_site(client);
	if (!w.site)
		return STATUS_USAGE;
	r = client_target(client, &w.target);
	if (r != STATUS_OK)
		return r;
	w.left = client->options.limit > 0 ? client->options.limit : 0;
	r = find_rev(&w);
	if (r == STATUS_OK)
		r = watch_lines_begin(&w.lines, client);
	if (r == STATUS_OK)
		r = watch(&w);
	watch_lines_end(&w.lines);
	return r;
}
