#pragma once

/* What methods may use; owned by the daemon object, borrowed by everyone else. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/config.h"
#include "daemon/db.h"
#include "daemon/lane.h"
#include "daemon/loop.h"
#include "daemon/site.h"
#include "daemon/throttle.h"

struct day_texts;
struct directory;
struct feed;
struct people;
struct upkeep;
struct watches;
struct password_work;
struct workers;

struct services {
	struct loop *loop;
	struct db *db;
	struct sites *sites;
	const struct config *config; /* replaced as a whole at reload */
	struct feed *feed;
	struct directory *directory;
	const struct people *people; /* the directory's: who there is, in memory */
	struct upkeep *upkeep;
	struct day_texts *day_texts;
	struct watches *watches;
	struct workers *workers;	    /* for what takes long: passwords */
	LIST_HEAD(, password_work) hashing; /* what they are at, and what waits for them */
	struct lane_events lane_events;
	struct throttle throttle; /* failed logins by source */
	struct throttle accounts; /* and guessed passwords by login */
	bool draining;
	int64_t started_usec; /* instant */
	int64_t connections;  /* clients now */
	int64_t requests;     /* answered since the start */
	int64_t certificate_expiry_usec;
	int64_t clients_max; /* for so many there are descriptors */
	bool reload_refused; /* the last one */
	char stuck[160];     /* what makes no progress, "" when all does: health.c */
	char instance[8];    /* prefix of request ids, told apart from other instances */
};

/* The site's lane, made at its first use; NULL when out of memory. */
struct lane *services_lane(struct services *services, struct site *site);
/* The operator first, then the others in order of code; NULL at the end. */
struct site *services_next_site(const struct services *services, const struct site *site);
/* Changes waiting and under way in all lanes. */
int64_t services_lanes_load(const struct services *services);
