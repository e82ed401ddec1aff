/* See site.h. */

#include "daemon/site.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/lane.h"
#include "daemon/log.h"

struct sites {
	struct loop *loop; /* borrows */
	struct db *db;	   /* borrows */
	struct site operator;
	struct db_call call;
	unsigned load;		 /* number of the newest reading begun */
	bool loading;		 /* it is under way */
	bool again;		 /* asked for while loading: what is being read may be too old */
	TAILQ_HEAD(, site) list; /* by code */
	TAILQ_HEAD(, sites_wait) waits;
};

static const struct db_statement LOAD = {
	.name = "sites_load",
	.sql = "SELECT site_id, facts->>'code', facts->>'zone' FROM cowork.site_facts"
	       " WHERE site_id <> 0 ORDER BY site_id",
};

static void load(struct sites *sites);

struct sites *sites_new(struct loop *loop, struct db *db)
{
	struct sites *sites = calloc(1, sizeof(*sites));

	if (!sites)
		return NULL;
	sites->loop = loop;
	sites->db = db;
	sites->operator.code = strdup("");
	sites->operator.id = SITE_OPERATOR;
	TAILQ_INIT(&sites->list);
	TAILQ_INIT(&sites->waits);
	return sites->operator.code ? sites : sites_free(sites);
}

static void site_deinit(struct site *site)
{
	lane_free(site->lane);
	zone_free(site->zone);
	free(site->zone_name);
	free(site->code);
}

struct sites *sites_free(struct sites *sites)
{
	struct site *site;

	if (!sites)
		return NULL;
	db_forget(&sites->call);
	while ((site = TAILQ_FIRST(&sites->list))) {
		TAILQ_REMOVE(&sites->list, site, entry);
		site_deinit(site);
		free(site);
	}
	site_deinit(&sites->operator);
	free(sites);
	return NULL;
}

struct site *sites_find(struct sites *sites, const char *code)
{
	struct site *site;

	TAILQ_FOREACH (site, &sites->list, entry)
		if (strcasecmp(site->code, code) == 0)
			return site;
	return NULL;
}

struct site *sites_by_id(struct sites *sites, int id)
{
	struct site *site;

	if (id == SITE_OPERATOR)
		return &sites->operator;
	TAILQ_FOREACH (site, &sites->list, entry)
		if (site->id == id)
			return site;
	return NULL;
}

struct site *sites_operator(struct sites *sites)
{
	return &sites->operator;
}

struct site *sites_next(struct sites *sites, const struct site *after)
{
	return after ? TAILQ_NEXT(after, entry) : TAILQ_FIRST(&sites->list);
}

static void set_zone(struct site *site, const char *name)
{
	struct zone *zone = NULL;

	if (site->zone_name && strcmp(site->zone_name, name) == 0)
		return;
	if (zone_load(name, NULL, &zone) < 0)
		log_error("the system has no such time zone; local times of this site are refused",
			  log_str("site", site->code), log_str("zone", name));
	zone_free(site->zone);
	free(site->zone_name);
	site->zone = zone;
	site->zone_name = strdup(name);
}

static void insert_sorted(struct sites *sites, struct site *site)
{
	struct site *other;

	TAILQ_FOREACH (other, &sites->list, entry) {
		if (strcasecmp(site->code, other->code) < 0) {
			TAILQ_INSERT_BEFORE(other, site, entry);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&sites->list, site, entry);
}

static void take_row(struct sites *sites, int id, const char *code, const char *zone)
{
	struct site *site = sites_by_id(sites, id);

	if (id == SITE_OPERATOR || !code || !zone) {
		log_error("a row of the sites cannot be used", log_int("site", id));
		return;
	}
	if (!site) {
		site = calloc(1, sizeof(*site));
		if (!site)
			return;
		site->id = id;
		site->code = strdup(code);
		if (!site->code) {
			free(site);
			return;
		}
		insert_sorted(sites, site);
	}
	set_zone(site, zone);
}

/* One at a time from the list: whoever is told may take others off it. */
static void tell_waits(struct sites *sites, unsigned number, bool loaded)
{
	struct sites_wait *wait;

	while ((wait = TAILQ_FIRST(&sites->waits)) && wait->load == number) {
		sites_forget(sites, wait);
		wait->done(wait, loaded);
	}
}

static void on_loaded(struct db_call *call)
{
	struct sites *sites = container_of(call, struct sites, call);

	if (call->status == DB_DONE)
		for (int i = 0; i < db_rows(call); i++)
			take_row(sites, (int)db_value_int(call, i, 0), db_value(call, i, 1),
				 db_value(call, i, 2));
	/* Still loading while telling: who asks again is in the next reading, begun below. */
	tell_waits(sites, sites->load, call->status == DB_DONE);
	sites->loading = false;
	if (sites->again) {
		sites->again = false;
		load(sites);
	}
}

static void load(struct sites *sites)
{
	sites->loading = true;
	sites->load++;
	sites->call.statement = &LOAD;
	sites->call.done = on_loaded;
	db_submit(sites->db, DB_READS, &sites->call);
}

void sites_refresh(struct sites *sites, struct sites_wait *wait)
{
	if (wait) {
		wait->waiting = true;
		wait->load = sites->load + 1;
		TAILQ_INSERT_TAIL(&sites->waits, wait, entry);
	}
	if (sites->loading)
		sites->again = true;
	else
		load(sites);
}

void sites_forget(struct sites *sites, struct sites_wait *wait)
{
	if (!wait->waiting)
		return;
	wait->waiting = false;
	TAILQ_REMOVE(&sites->waits, wait, entry);
}
