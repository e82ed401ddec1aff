#pragma once

/*
 * The sites this instance knows: code, zone, lane. A directory loaded from the database when it
 * comes up and again when a site's catalogue changed or somebody names a site we have not heard of.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/zone.h"
#include "daemon/db.h"

#define SITE_OPERATOR 0 /* the operator's own log: tenants, members, staff, tokens, sites */

struct lane;
struct sites;

struct site {
	int id;
	char *code;	   /* owns; as written by the operator; "" for site 0 */
	struct zone *zone; /* owns; NULL where the system has no such zone */
	char *zone_name;   /* owns */
	struct lane *lane; /* owns by sites; made at its first change */
	TAILQ_ENTRY(site) entry;
};

/* Somebody who waits for the directory to be read again; embedded. */
struct sites_wait {
	void (*done)(struct sites_wait *wait, bool loaded);
	TAILQ_ENTRY(sites_wait) entry;
	unsigned load; /* the reading it waits for */
	bool waiting;
};

struct sites *sites_new(struct loop *loop, struct db *db);
struct sites *sites_free(struct sites *sites);

/* Borrowed; sites are never forgotten while the daemon runs. NULL if unknown (case is ignored). */
struct site *sites_find(struct sites *sites, const char *code);
struct site *sites_by_id(struct sites *sites, int id);
struct site *sites_operator(struct sites *sites);
/* In order of code; NULL at the end. The operator is not among them. */
struct site *sites_next(struct sites *sites, const struct site *after);

/* Reads the directory again; `wait` (may be NULL) is told when what was committed before this call
 * is in. */
void sites_refresh(struct sites *sites, struct sites_wait *wait);
/* Takes a wait that is not waiting. */
void sites_forget(struct sites *sites, struct sites_wait *wait);
