#pragma once

/*
 * What a connection has learnt of its client: version agreed, who it is. Part of the connection;
 * methods session.* change it through their request, for which it is NULL once the client has left.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/crypto.h"
#include "daemon/actor.h"
#include "daemon/throttle.h"

#define SESSION_PROTOCOL 1 /* the only version there is */

/*
 * The way to a client for what is no answer: the notifications of its watches (watch.h). The
 * connection gives it.
 */
struct outlet {
	/* False: not now; watches_resume() comes when there is. */
	bool (*has_room)(struct outlet *outlet);
	/* `line` ends in LF. False: the connection has closed, and its watches are gone. */
	bool (*send)(struct outlet *outlet, const char *line, size_t len);
	LIST_HEAD(, watch) watches;
	int64_t last_watch; /* number of the newest */
};

struct session {
	bool greeted;	     /* session.hello was answered */
	struct actor *actor; /* owns a reference; NULL before login */
	const char *ended;   /* why others ended the login; NULL: they did not */
	bool revoked;	     /* ended for good: the client is told so, and the connection closed */
	bool told;	     /* the client has heard of it */
	int failures;
	/*
	 * Requests that request_reading() counted, at most limits.reads_in_flight: an answer may be a
	 * MiB, and the mark of the output is looked at only before a line is taken, so this many
	 * MiB can come on top of it. Also, no connection has more of them in the queue that all
	 * share. The lines behind wait unread: one place to stop, the one that in_flight has,
	 * instead of a second queue whose answers nobody would have counted.
	 */
	int reads;
	struct throttle_source source;
	struct outlet outlet;
	bool has_certificate;		  /* the client showed one, and holds its key */
	uint8_t certificate[SHA256_SIZE]; /* its fingerprint */
	int64_t certificate_expiry_usec;
	char client[80]; /* "cowork 0.1.0", for the log */
	char peer[64];	 /* address, for the log */
};

/* Somebody is logged in, or whoever was is somebody with other rights; takes a reference. */
void session_begin(struct session *session, struct actor *actor);
/* Nobody is any more. `why` is static; NULL: they logged out. */
void session_end(struct session *session, const char *why, bool revoked);
