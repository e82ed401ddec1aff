#pragma once

/*
 * The listening socket, our own or inherited from systemd, and who is let in: limits on connections
 * in all, per source and before login; few accepts a wake-up; a pause where descriptors run out. On a
 * socket that instances share, one that took the last leaves the next to the others for a moment: the
 * kernel may wake the same one first each time, and all clients would be on one core.
 */

#include "daemon/conn.h"
#include "daemon/inherited.h"
#include "daemon/loop.h"

struct listener;

struct listener_problem {
	char text[256];
};

/*
 * Listens on the socket inherited, where there is one, or at config's address and port. `conns` is
 * borrowed. 0 or negative errno with *ret_problem.
 */
int listener_new(struct conns *conns, const struct inherited *inherited, struct listener **ret,
		 struct listener_problem *ret_problem);
/* Takes NULL, returns NULL. An inherited socket stays open for its other holders. */
struct listener *listener_free(struct listener *listener);
/* The port in use (for port 0). */
int listener_port(const struct listener *listener);
