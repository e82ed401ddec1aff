/*
 * No two live claims of a unit at one time, whatever the exclusion constraint believes: claims
 * sorted by unit and start, and each must begin where all before it have ended.
 */

#include <errno.h>
#include <inttypes.h>

#include "common/civil.h"
#include "daemon/db_cursor.h"
#include "daemon/db_verify.h"

enum { SITE, UNIT, CLAIM, START, END };

struct furthest {
	int64_t site, unit, claim, end;
};

static void check_claim(struct verify *verify, const struct db_cursor *c, struct furthest *furthest)
{
	struct furthest here = { db_cursor_int(c, SITE), db_cursor_int(c, UNIT),
				 db_cursor_int(c, CLAIM), db_cursor_int(c, END) };
	int64_t start = db_cursor_int(c, START);
	bool same = here.site == furthest->site && here.unit == furthest->unit;
	char text[INSTANT_TEXT_MAX];

	if (db_cursor_null(c, START) || db_cursor_null(c, END) || start >= here.end) {
		verify_fault(verify, VERIFY_OVERLAPS, here.site,
			     "claim %" PRId64 " of unit %" PRId64 " has no interval", here.claim,
			     here.unit);
		return;
	}
	if (same && start < furthest->end)
		verify_fault(verify, VERIFY_OVERLAPS, here.site,
			     "unit %" PRId64 ": claims %" PRId64 " and %" PRId64 " overlap from %s",
			     here.unit, furthest->claim, here.claim, instant_format(start, text));
	if (!same || here.end > furthest->end)
		*furthest = here;
}

int verify_overlaps(struct verify *verify)
{
	struct furthest furthest = { .site = VERIFY_NO_SITE };
	struct db_cursor cursor;
	char sql[VERIFY_SQL_MAX];

	snprintf(sql, sizeof(sql),
		 "SELECT site_id, unit_id, claim_id, " VERIFY_US("lower(occupied)") ", " VERIFY_US(
			 "upper(occupied)") " FROM cowork.claim WHERE live AND %s"
					    " ORDER BY site_id, unit_id, lower(occupied), claim_id",
		 verify->where);
	db_cursor_open(&cursor, &verify->db, "spans", sql);
	while (db_cursor_next(&cursor)) {
		verify->tally[VERIFY_OVERLAPS].rows++;
		check_claim(verify, &cursor, &furthest);
	}
	db_cursor_close(&cursor);
	return cursor.failed ? -EIO : 0;
}
