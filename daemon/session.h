#pragma once

/*
 * What a connection has learnt of its client: version agreed, who it is. Part of the connection;
 * methods session.* change it through their request, for which it is NULL once the client has left.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/actor.h"

#define SESSION_PROTOCOL    1 /* the only version there is */
#define SESSION_LOGIN_TRIES 5 /* failed logins before the connection is closed */

struct session {
	bool greeted;	     /* session.hello was answered */
	struct actor *actor; /* owns a reference; NULL before login */
	int failures;
	char client[80]; /* "cowork 0.1.0", for the log */
	char peer[64];	 /* address, for the log */
};
