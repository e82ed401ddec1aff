#pragma once

/*
 * A conversation on one connection: hello, auth and the first request leave in one flight; after
 * that requests and replies by id. Knows nothing of retries: see call.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/connection.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/rpc.h"

struct cJSON;

struct session {
	struct connection *connection; /* owns */
	int64_t last_id;
	bool draining;	    /* the server said it is going away */
	int64_t clock_usec; /* the server's clock when it answered hello; 0 before */
	int64_t clock_at;   /* our clock at that time */
	char server[64];    /* name and version, safe to show */
	struct cJSON *auth; /* owns; the result of session.auth, NULL before */
	int64_t hello_id, auth_id;
};

enum reply_about {
	REPLY_REQUEST,
	REPLY_HELLO, /* always an error: the conversation cannot go on */
	REPLY_AUTH,  /* likewise */
};

struct reply {
	struct cJSON *tree; /* owns */
	struct rpc_response response;
	enum reply_about about;
	int64_t id;
};

struct session_start {
	const char *token; /* NULL: nobody is logged in by it */
	bool certificate;  /* without a token: by the certificate that the connection shows */
	const char *lang;  /* may be NULL */
	const char *tz;	   /* may be NULL */
};

/*
 * Connects and queues hello and auth. Errors of connection_open(), told in *ret_report. The session
 * owns all it needs and must be closed by session_close() also after a failure.
 */
int session_open(struct session *session, const struct connection_target *target,
		 const struct session_start *start, int64_t deadline,
		 struct connection_report *ret_report);
void session_close(struct session *session);
bool session_is_open(const struct session *session);

/* Queues a request with `params`, one JSON object. 0 and its id, -EMSGSIZE, -ENOMEM. */
int session_send(struct session *session, const char *method, const struct buf *params,
		 int64_t *ret_id);
/*
 * The next reply to a request, or the failure of hello or auth. Other results are those of
 * connection_next(), and -EBADMSG for a line that is not a reply; the caller closes the session
 * then.
 */
int session_next(struct session *session, int64_t deadline, struct reply *ret);
/* The same, and notifications besides (ret->response.type tells). */
int session_next_any(struct session *session, int64_t deadline, struct reply *ret);

void reply_done(struct reply *reply);
/* The kind of an error reply; ERROR_internal for one this client does not know. */
enum error_kind reply_kind(const struct reply *reply);
