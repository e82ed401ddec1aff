#pragma once

/*
 * Who keeps OpenSSL's buffers, 33 KiB a connection. To take, wipe and give them back at each read and
 * write is much beside an answer from memory; to keep them is too much for those who only wait. So a
 * connection that is read keeps them until it has rested for one to two WARM_REST_MS, and WARM_MAX do at
 * most.
 */

#include <sys/queue.h>

#include "daemon/loop.h"

#define WARM_REST_MS 1000
#define WARM_MAX     256 /* connections: 8 MiB */

struct ssl_st;

/* One connection's part. */
struct warm {
	struct ssl_st *ssl; /* borrows */
	bool listed;
	bool used; /* since the last look */
	TAILQ_ENTRY(warm) entry;
};

struct warm_list {
	struct loop *loop; /* borrows */
	TAILQ_HEAD(, warm) list;
	int count;
	struct timer look;
};

void warm_init(struct warm_list *list, struct loop *loop);
/* Each is taken off first. */
void warm_deinit(struct warm_list *list);

/* It is in use: cheap where it is listed already. Not before its handshake is done. */
void warm_use(struct warm_list *list, struct warm *warm);
/* Before its SSL goes. Takes one that is not listed. */
void warm_leave(struct warm_list *list, struct warm *warm);
