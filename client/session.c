/*
 * The start of a conversation and the match of replies to ids.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/session.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/utf8.h"

#define REQUEST_MAX (64 * 1024)

static void write_hello(struct jsonw *w, const struct session_start *start)
{
	jsonw_object(w);
	jsonw_key(w, "protocol");
	jsonw_object(w);
	jsonw_kint(w, "min", 1);
	jsonw_kint(w, "max", 1);
	jsonw_object_end(w);
	jsonw_key(w, "client");
	jsonw_object(w);
	jsonw_kstr(w, "name", "cowork");
	jsonw_kstr(w, "version", COWORK_VERSION);
	jsonw_object_end(w);
	if (start->lang)
		jsonw_kstr(w, "lang", start->lang);
	if (start->tz)
		jsonw_kstr(w, "tz", start->tz);
	jsonw_object_end(w);
}

static int send_start(struct session *session, const struct session_start *start)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	struct jsonw w = JSONW_INIT(&text);
	int r;

	write_hello(&w, start);
	r = session_send(session, "session.hello", &text, &session->hello_id);
	if (r == 0 && (start->token || start->certificate)) {
		buf_reset(&text);
		w = JSONW_INIT(&text);
		jsonw_object(&w);
		if (start->token)
			jsonw_kstr(&w, "token", start->token);
		else
			jsonw_kbool(&w, "certificate", true);
		jsonw_object_end(&w);
		r = session_send(session, "session.auth", &text, &session->auth_id);
		crypto_wipe(text.data, text.size);
	}
	buf_deinit(&text);
	return r;
}

int session_open(struct session *session, const struct connection_target *target,
		 const struct session_start *start, int64_t deadline,
		 struct connection_report *ret_report)
{
	int r;

	*session = (struct session){ 0 };
	r = connection_open(target, deadline, &session->connection, ret_report);
	return r < 0 ? r : send_start(session, start);
}

void session_close(struct session *session)
{
	connection_close(session->connection);
	json_free(session->auth);
	session->connection = NULL;
	session->auth = NULL;
}

bool session_is_open(const struct session *session)
{
	return session->connection != NULL;
}

int session_send(struct session *session, const char *method, const struct buf *params,
		 int64_t *ret_id)
{
	struct buf line = BUF_INIT(REQUEST_MAX);
	struct jsonw w = JSONW_INIT(&line);
	struct rpc_id id = { .kind = RPC_ID_INT, .number = session->last_id + 1 };
	int r;

	rpc_request_begin(&w, &id, method);
	jsonw_raw(&w, params->data, params->len);
	rpc_end(&w);
	r = line.failed || params->failed
		    ? -EMSGSIZE
		    : connection_queue(session->connection, line.data, line.len);
	if (line.data)
		crypto_wipe(line.data, line.size);
	buf_deinit(&line);
	if (r == 0)
		*ret_id = session->last_id = id.number;
	return r;
}

/* Keeps what the answer to hello tells. */
static void take_hello(struct session *session, const struct cJSON *result)
{
	const struct cJSON *server = json_get(result, "server");
	const char *time = json_str(result, "time");
	const char *name = json_str(server, "name");
	const char *version = json_str(server, "version");
	struct buf safe = BUF_INIT(sizeof(session->server) - 1);

	session->clock_at = instant_now();
	if (!time || instant_parse(time, &session->clock_usec) < 0)
		session->clock_usec = 0;
	utf8_add_safe(&safe, name ? name : "coworkd");
	buf_add_char(&safe, ' ');
	utf8_add_safe(&safe, version ? version : "");
	if (!safe.failed)
		memcpy(session->server, safe.data, safe.len + 1);
	buf_deinit(&safe);
}

/* Whether the caller is to see the reply; the good ends of hello and auth are kept here. */
static bool for_caller(struct session *session, struct reply *reply)
{
	reply->id = reply->response.id.number;
	if (reply->id == session->hello_id) {
		if (reply->response.type == RPC_RESULT) {
			take_hello(session, reply->response.result);
			return false;
		}
		reply->about = REPLY_HELLO;
	} else if (session->auth_id && reply->id == session->auth_id) {
		if (reply->response.type == RPC_RESULT) {
			json_free(session->auth);
			session->auth = reply->tree;
			reply->tree = NULL;
			return false;
		}
		reply->about = REPLY_AUTH;
	}
	return true;
}

int session_next_any(struct session *session, int64_t deadline, struct reply *ret)
{
	struct json_problem problem;
	const char *reason;
	char *line;
	size_t len;
	int r;

	do {
		*ret = (struct reply){ 0 };
		r = connection_next(session->connection, deadline, &line, &len);
		if (r < 0)
			return r;
		r = json_parse(line, len, &json_limits_reply, &ret->tree, &problem);
		if (r == 0)
			r = rpc_read_response(ret->tree, &ret->response, &reason);
		if (r < 0) {
			reply_done(ret);
			return r;
		}
		if (ret->response.type == RPC_NOTIFICATION) {
			if (strcmp(ret->response.method, "server.draining") == 0)
				session->draining = true;
			return 0;
		}
		if (for_caller(session, ret))
			return 0;
		reply_done(ret);
	} while (true);
}

int session_next(struct session *session, int64_t deadline, struct reply *ret)
{
	int r;

	while ((r = session_next_any(session, deadline, ret)) == 0 &&
	       ret->response.type == RPC_NOTIFICATION)
		reply_done(ret);
	return r;
}

void reply_done(struct reply *reply)
{
	json_free(reply->tree);
	*reply = (struct reply){ 0 };
}

enum error_kind reply_kind(const struct reply *reply)
{
	const char *word = json_str(reply->response.data, "kind");
	enum error_kind kind = word ? error_from_name(word) : ERROR_NONE;

	return kind == ERROR_NONE ? ERROR_internal : kind;
}
