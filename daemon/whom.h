#pragma once

/*
 * Whom a login means, before a change for them goes its way: from memory, or from the database
 * where they are not known here yet (invited a moment ago, or we have only begun). The lines behind
 * the request wait, so that changes do not overtake each other.
 */

#include <stdint.h>

#include "daemon/db.h"

struct request;

struct whom {
	int64_t id;	   /* 0: nobody */
	int64_t tenant_id; /* 0: none */
	struct request *request;
	struct db_call call;
	void (*done)(struct whom *whom); /* once, maybe from inside whom_find() */
};

/* `whom` is in the request's arena, `login` borrowed as long. Where it does not come to done() the
 * request was answered. */
void whom_find(struct request *request, struct whom *whom, const char *login,
	       void (*done)(struct whom *whom));
