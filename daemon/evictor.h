#pragma once

/*
 * Looks after a batch that does not come back: no timeout of PostgreSQL ends a backend that holds a
 * site's lock while it waits for the rest of a half-sent message or for its reader. A batch that
 * has run for a second has its root blocker looked at; one of our own role that waits for its
 * client at two looks a second apart is terminated by cowork.evict(), logged and counted.
 */

#include "daemon/db.h"

struct evictor {
	struct loop *loop; /* borrows */
	struct db *db;	   /* borrows */
	int site_id;
	struct timer timer;
	struct db_call call;
	char pid[16];
	char seen[16]; /* root blocker of the look before */
	bool looking;
};

void evictor_init(struct evictor *evictor, struct loop *loop, struct db *db, int site_id);
void evictor_deinit(struct evictor *evictor);

/* Begins to watch over a batch of the given backend; ends the watch over the one before. */
void evictor_start(struct evictor *evictor, int backend_pid);
void evictor_stop(struct evictor *evictor);

/* Backends terminated by this process so far. */
int64_t evictor_count(void);
