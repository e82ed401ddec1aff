#pragma once

/* A connection from inside, for daemon/conn*.c alone. */

#include "common/frame.h"
#include "daemon/conn.h"
#include "daemon/conn_stream.h"
#include "daemon/request.h"
#include "daemon/services.h"

enum conn_state {
	CONN_HANDSHAKE,
	CONN_LOGIN,
	CONN_OPEN,
	CONN_FINISHING,
	CONN_DEAD,
};

struct conn {
	struct conns *conns; /* borrows */
	struct stream stream;
	enum conn_state state;
	struct session session;
	struct frame_reader frames;
	struct reply_sink sink;
	TAILQ_HEAD(, request) requests;
	int64_t in_flight;
	int held;	/* requests whose followers wait */
	bool working;	/* lines are being taken just now */
	bool pausing;	/* output is over its mark */
	int64_t output; /* bytes waiting, as counted in conns->output */
	int64_t owed;	/* to be taken before the clock of the output starts anew */
	bool deep;	/* sends many lines at a time: none of them is worked on before its turn */
	bool turning;	/* it has its turn */
	bool draining;
	unsigned key_updates;  /* of TLS, since the last line */
	struct timer deadline; /* handshake and login, then finishing */
	struct timer line;     /* from the first byte of a line */
	struct timer stuck;    /* too little was taken of the output */
	struct timer expiry;   /* the token ends */
	int64_t expires_usec;  /* what that timer was started for */
	struct task reap;
	struct task resume; /* lines that are here already */
	struct task flush;  /* output that came from outside the work on lines; or it has left */
	TAILQ_ENTRY(conn) entry;
	TAILQ_ENTRY(conn) shaking; /* while in HANDSHAKE */
};

static inline const struct config *conn_config(const struct conn *conn)
{
	return conn->conns->services->config;
}

/* The way to DEAD; takes a connection that is there. */
void conn_close(struct conn *conn, const char *why);
/* Works on lines that are here, as far as it is the connection's turn. */
void conn_work(struct conn *conn);

/* Sets the hooks of the output; `conns` has to be there. */
void conn_output_init(struct conn *conn);
/* Without a byte: there was no memory for the answer, and the connection closes. */
void conn_write(struct conn *conn, const char *line, size_t len);
/* Sends what the socket takes; may close. */
void conn_flush(struct conn *conn);

/* The only writer of the state. */
void conn_set_state(struct conn *conn, enum conn_state state);

/* A login opens the connection; a logout takes it back to where it has to log in soon. */
void conn_follow_session(struct conn *conn);
void conn_on_expiry(struct timer *timer);
