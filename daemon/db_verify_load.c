/*
 * What the checks look up: sites, fences, and the identifiers of people and tenants. These are
 * small beside bookings and events, and are held in memory.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/db_cursor.h"
#include "daemon/db_verify.h"

/* Room for one more; 0 or -ENOMEM. */
static int grow(void **items, size_t count, size_t *size, size_t width)
{
	size_t wanted = *size ? 2 * *size : 64;
	void *more;

	if (count < *size)
		return 0;
	more = reallocarray(*items, wanted, width);
	if (!more)
		return -ENOMEM;
	*items = more;
	*size = wanted;
	return 0;
}

/* A cursor over `sql`, ended properly: 0, -EIO or `r`. */
static int finish(struct db_cursor *cursor, int r)
{
	db_cursor_close(cursor);
	return r < 0 ? r : cursor->failed ? -EIO : 0;
}

static int load_ids(struct verify *verify, const char *sql, struct verify_ids *ids)
{
	struct db_cursor cursor;
	size_t size = 0;
	void *items = NULL;
	int r = 0;

	db_cursor_open(&cursor, &verify->db, "ids", sql);
	while (r == 0 && db_cursor_next(&cursor)) {
		r = grow(&items, ids->count, &size, sizeof(*ids->items));
		ids->items = items;
		if (r == 0)
			ids->items[ids->count++] = db_cursor_int(&cursor, 0);
	}
	return finish(&cursor, r);
}

static int load_sites(struct verify *verify)
{
	struct db_cursor cursor;
	char sql[VERIFY_SQL_MAX];
	size_t size = 0;
	void *items = NULL;
	int r = 0;

	snprintf(sql, sizeof(sql),
		 "SELECT site_id, rev, " VERIFY_US(
			 "last_at") ", encode(last_hash, 'hex'), code"
				    " FROM cowork.site WHERE %s ORDER BY site_id",
		 verify->where);
	db_cursor_open(&cursor, &verify->db, "sites", sql);
	while (r == 0 && db_cursor_next(&cursor)) {
		struct verify_site *site;

		r = grow(&items, verify->site_count, &size, sizeof(*site));
		verify->sites = items;
		if (r < 0)
			break;
		site = &verify->sites[verify->site_count++];
		*site = (struct verify_site){
			.site_id = db_cursor_int(&cursor, 0),
			.rev = db_cursor_int(&cursor, 1),
			.last_at = db_cursor_int(&cursor, 2),
		};
		hex_decode(db_cursor_text(&cursor, 3), site->last_hash, SHA256_SIZE);
		snprintf(site->code, sizeof(site->code), "%s", db_cursor_text(&cursor, 4));
	}
	return finish(&cursor, r);
}

static int load_fences(struct verify *verify)
{
	struct db_cursor cursor;
	char sql[VERIFY_SQL_MAX];
	size_t size = 0;
	void *items = NULL;
	int r = 0;

	snprintf(
		sql, sizeof(sql),
		"SELECT site_id, lane_id, rev FROM cowork.fence WHERE %s ORDER BY site_id, lane_id",
		verify->where);
	db_cursor_open(&cursor, &verify->db, "fences", sql);
	while (r == 0 && db_cursor_next(&cursor)) {
		r = grow(&items, verify->fence_count, &size, sizeof(*verify->fences));
		verify->fences = items;
		if (r == 0)
			verify->fences[verify->fence_count++] = (struct verify_fence){
				.site_id = db_cursor_int(&cursor, 0),
				.lane_id = db_cursor_int(&cursor, 1),
				.rev = db_cursor_int(&cursor, 2),
			};
	}
	verify->tally[VERIFY_FENCES].rows = (int64_t)verify->fence_count;
	return finish(&cursor, r);
}

int verify_load(struct verify *verify)
{
	char *now = NULL;
	int r = db_admin_text(&verify->db, "SELECT " VERIFY_US("now()"), 0, NULL, &now);

	verify->now = now ? strtoll(now, NULL, 10) : 0;
	free(now);
	if (r == 0)
		r = load_sites(verify);
	if (r == 0)
		r = load_fences(verify);
	if (r == 0)
		r = load_ids(verify, "SELECT person_id FROM cowork.person ORDER BY 1",
			     &verify->people);
	if (r == 0)
		r = load_ids(verify, "SELECT tenant_id FROM cowork.tenant ORDER BY 1",
			     &verify->tenants);
	return r;
}

void verify_unload(struct verify *verify)
{
	free(verify->sites);
	free(verify->fences);
	free(verify->people.items);
	free(verify->tenants.items);
}

/* Looking up */

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool ids_have(const struct verify_ids *ids, int64_t id)
{
	return ids->count > 0 &&
	       bsearch(&id, ids->items, ids->count, sizeof(id), compare_ids) != NULL;
}

/* The site_id is the first member, so comparing it is enough. */
const struct verify_site *verify_find_site(const struct verify *verify, int64_t site_id)
{
	if (verify->site_count == 0)
		return NULL;
	return bsearch(&site_id, verify->sites, verify->site_count, sizeof(*verify->sites),
		       compare_ids);
}

void verify_person(struct verify *verify, int64_t site, int64_t person, const char *what)
{
	verify->tally[VERIFY_PEOPLE].rows++;
	if (person != 0 && !ids_have(&verify->people, person))
		verify_fault(verify, VERIFY_PEOPLE, site, "%s: there is no person %lld", what,
			     (long long)person);
}

void verify_tenant(struct verify *verify, int64_t site, int64_t tenant, const char *what)
{
	verify->tally[VERIFY_PEOPLE].rows++;
	if (!ids_have(&verify->tenants, tenant))
		verify_fault(verify, VERIFY_PEOPLE, site, "%s: there is no tenant %lld", what,
			     (long long)tenant);
}
