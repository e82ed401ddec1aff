#pragma once

/*
 * One client: a TLS connection, its lines in, its answers out, its deadlines.
 *
 * Bytes are taken only while there is room to work on them: at most in_flight requests under way,
 * of which few wait for what is read; at most output_bytes waiting to be read by the client, and
 * next to nothing where all together have more than output_total; before login one request at a
 * time. Of many lines that are here already one is worked on at once and the others in turns with
 * everybody else's, so that whoever asks for one thing never waits for who asks for many.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "daemon/conn_warm.h"
#include "daemon/loop.h"
#include "daemon/sources.h"

struct conn;
struct services;
struct ssl_ctx_st;

/* The list of all connections and what they share; owned by the listener. */
struct conns {
	struct services *services; /* borrows */
	struct ssl_ctx_st *tls;	   /* weak: replaced at reload; connections have references */
	TAILQ_HEAD(, conn) list;
	TAILQ_HEAD(, conn) shaking; /* of these in their handshake, the oldest first */
	int64_t count;
	struct sources sources; /* where they come from */
	struct warm_list warmth;
	int64_t before_login;
	int64_t output;	  /* bytes waiting for all of them */
	struct task trim; /* the output is beyond all measure */
	/* One left: there may be room again; or none is left. */
	void (*changed)(struct conns *conns);
};

/*
 * Takes over an accepted socket; -ENOMEM closes it. The connection ends by itself and leaves the
 * list.
 */
int conn_new(struct conns *conns, int fd, const struct sockaddr *address);

/*
 * Closes the connection that has been in its handshake the longest, for one that comes now: whoever
 * holds places without a word must not keep out who logs in at once. False: none is in a handshake.
 */
bool conns_make_room(struct conns *conns);

/*
 * What a person, or those of a tenant, may do can have changed (both 0: everyone). Whoever is logged
 * in goes on as who they are now, or hears at the next request that they are nobody any more.
 */
void conns_judge_again(struct conns *conns, int64_t person_id, int64_t tenant_id);

/* Tells all clients that the server is about to stop; each is closed once its requests are
 * answered. */
void conns_drain(struct conns *conns);
/* Closes all at once and frees them. */
void conns_close(struct conns *conns);
