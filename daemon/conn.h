#pragma once

/*
 * One client: a TLS connection, its lines in, its answers out, its deadlines (PROTOCOL sections 1
 * and 9).
 *
 * Bytes are taken only while there is room to work on them: at most in_flight requests under way,
 * of which few wait for what is read; at most output_bytes waiting to be read by the client, and
 * next to nothing where all together have more than output_total; before login one request at a
 * time.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "daemon/loop.h"

struct conn;
struct services;
struct ssl_ctx_st;

/* The list of all connections and what they share; owned by the listener. */
struct conns {
	struct services *services; /* borrows */
	struct ssl_ctx_st *tls;	   /* weak: replaced at reload; connections have references */
	TAILQ_HEAD(, conn) list;
	int64_t count;
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

/* How many connections come from the same source: an IPv4 address, an IPv6 /64. */
int64_t conns_from(const struct conns *conns, const struct sockaddr *address);

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
