#pragma once

/*
 * Keeps the people in memory true: loads them when the operator's log is first followed, in one
 * statement and so in one snapshot, and follows that log. An event takes effect as it comes; what
 * only rows tell, names and digests, is read again by one query for all who were concerned.
 *
 * While PostgreSQL is away all stays as it was.
 */

#include <stdint.h>

#include "daemon/db.h"
#include "daemon/feed.h"
#include "daemon/loop.h"
#include "daemon/people.h"
#include "daemon/site.h"

struct directory;

#define DIRECTORY_RETRY_MS 500

struct directory_events {
	/* What these may do can have changed; both 0: everyone. From inside the event's coming. */
	void (*changed)(struct directory_events *events, int64_t person_id, int64_t tenant_id);
};

/* All are borrowed. NULL when out of memory. */
struct directory *directory_new(struct loop *loop, struct db *db, struct feed *feed,
				const struct site *operator, struct directory_events * events);
/* Takes NULL, returns NULL. */
struct directory *directory_free(struct directory *directory);

const struct people *directory_people(const struct directory *directory);
