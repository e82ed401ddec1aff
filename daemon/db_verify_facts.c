/*
 * What one query each can judge: spaces and sites against their events, the units of live bookings
 * and blocks, what claims refer to, wall clocks, and whom staff, members and tokens belong to. The queries use
 * none of the schema's own functions.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/db_cursor.h"
#include "daemon/db_verify.h"

/* Columns: site, what is wrong (null: nothing). "%s" is the condition, as often as it stands there. */
struct query {
	enum verify_check check;
	bool counts; /* gives right ones too, and nobody else counts them */
	const char *sql;
};

#define UNITS_OF_SPACE(thing)                                                                      \
	"ARRAY(SELECT u.unit_id FROM cowork.space_unit u WHERE u.site_id = " thing                 \
	".site_id AND u.space_id = " thing ".space_id ORDER BY 1)"
#define UNITS_CLAIMED(thing, id)                                                                   \
	"ARRAY(SELECT c.unit_id FROM cowork.claim c WHERE c.live AND c.site_id = " thing           \
	".site_id AND c." id " = " thing "." id " ORDER BY 1)"
/* What is over may hold units that its space had at the time: some event of the space names them. */
#define LIVE_WITH_OTHER_UNITS(table, id, states)                                                   \
	"SELECT t.site_id, t.ref || ': its claims are not the units of its space' FROM (SELECT *"  \
	" FROM cowork." table " WHERE %s AND state IN (" states ")) t"                             \
	" CROSS JOIN LATERAL (SELECT " UNITS_CLAIMED(                                              \
		"t", id) " AS units) c"                                                            \
			 " WHERE c.units IS DISTINCT FROM " UNITS_OF_SPACE(                        \
				 "t") " AND NOT (upper(t.during) < clock_timestamp() AND EXISTS "  \
				      "(SELECT FROM cowork.event e"                                \
				      " WHERE e.site_id = t.site_id AND e.kind LIKE 'space.%%' "   \
				      "AND e.subject = t.space_id"                                 \
				      " AND e.body -> 'units' = to_jsonb(c.units))) ORDER BY "     \
				      "t.site_id, t." id

static const struct query queries[] = {
	{ VERIFY_SPACES, true,
	  "SELECT coalesce(s.site_id, e.site_id), coalesce(s.code, 'space ' || e.subject) || CASE"
	  " WHEN s.site_id IS NULL THEN ': the log speaks of it, but it does not exist'"
	  " WHEN e.site_id IS NULL THEN ': no event tells of it'"
	  " WHEN e.steps <> s.version THEN ': its version is not the number of its events'"
	  " WHEN e.body -> 'version' IS DISTINCT FROM to_jsonb(s.version) THEN ': its version' || "
	  "e.says"
	  " WHEN e.body -> 'code' IS DISTINCT FROM to_jsonb(s.code) THEN ': its code' || e.says"
	  " WHEN e.body -> 'state' IS DISTINCT FROM to_jsonb(s.state) THEN ': its state' || e.says"
	  " WHEN e.body -> 'kind' IS DISTINCT FROM to_jsonb(s.kind) THEN ': its kind' || e.says"
	  " WHEN e.body -> 'capacity' IS DISTINCT FROM to_jsonb(s.capacity)"
	  "  THEN ': its capacity' || e.says"
	  " WHEN ARRAY(SELECT n.value::bigint FROM jsonb_array_elements_text(CASE"
	  "   jsonb_typeof(e.body -> 'units') WHEN 'array' THEN e.body -> 'units' ELSE '[]' END) n"
	  "   ORDER BY 1) IS DISTINCT FROM " UNITS_OF_SPACE(
		  "s") " THEN ': its list of units' || e.says END"
		       " FROM (SELECT * FROM cowork.space WHERE %s) s FULL JOIN ("
		       "  SELECT DISTINCT ON (site_id, subject) site_id, subject, body,"
		       "  count(*) OVER (PARTITION BY site_id, subject) AS steps,"
		       "  ' is not that of its last event, rev ' || rev AS says FROM cowork.event"
		       "  WHERE kind LIKE 'space.%%' AND %s ORDER BY site_id, subject, rev DESC) e"
		       " ON e.site_id = s.site_id AND e.subject = s.space_id ORDER BY 1, 2" },
	/* a site's first state is told in the operator's log, without hours and rules */
	{ VERIFY_SPACES, false,
	  "SELECT t.site_id, 'site ' || t.code || CASE"
	  " WHEN t.version <> 1 + coalesce(e.steps, 0)"
	  "  THEN ': its version is not the number of its events'"
	  " WHEN e.body IS NULL THEN NULL"
	  " WHEN e.body -> 'version' IS DISTINCT FROM to_jsonb(t.version) THEN ': its version' || "
	  "e.says"
	  " WHEN e.body -> 'zone' IS DISTINCT FROM to_jsonb(t.zone) THEN ': its zone' || e.says"
	  " WHEN e.body -> 'open' IS DISTINCT FROM to_jsonb(t.open_min)"
	  "  OR e.body -> 'close' IS DISTINCT FROM to_jsonb(t.close_min)"
	  "  OR e.body -> 'closed_days' IS DISTINCT FROM to_jsonb(t.closed_days)"
	  "  THEN ': when it is open' || e.says"
	  " WHEN e.body -> 'rules' IS DISTINCT FROM coalesce((SELECT jsonb_object_agg(u.kind,"
	  "   jsonb_strip_nulls(to_jsonb(u) - 'site_id' - 'kind'))"
	  "   FROM cowork.booking_rule u WHERE u.site_id = t.site_id), '{}')"
	  "  THEN ': the list of its rules' || e.says END"
	  " FROM (SELECT * FROM cowork.site WHERE %s AND site_id <> 0) t LEFT JOIN ("
	  "  SELECT DISTINCT ON (site_id) site_id, body, count(*) OVER (PARTITION BY site_id) AS "
	  "steps,"
	  "  ' is not that of its last event, rev ' || rev AS says FROM cowork.event"
	  "  WHERE kind = 'site.updated' AND %s ORDER BY site_id, rev DESC) e"
	  " ON e.site_id = t.site_id ORDER BY 1" },
	{ VERIFY_CLAIMS, false, LIVE_WITH_OTHER_UNITS("block", "block_id", "'active'") },
	{ VERIFY_CLAIMS, false,
	  LIVE_WITH_OTHER_UNITS("booking", "booking_id", "'held', 'confirmed', 'checked_in'") },
	/* also those that are not live any more */
	{ VERIFY_CLAIMS, false,
	  "SELECT c.site_id, 'claim ' || c.claim_id || CASE"
	  " WHEN u.unit_id IS NULL THEN ': there is no unit ' || c.unit_id"
	  " WHEN c.booking_id IS NOT NULL THEN ': there is no booking ' || c.booking_id"
	  " ELSE coalesce(': there is no block ' || c.block_id, ': it is nobody''s') END"
	  " FROM (SELECT * FROM cowork.claim WHERE %s) c LEFT JOIN cowork.unit u USING (site_id, "
	  "unit_id)"
	  " LEFT JOIN cowork.booking b ON b.site_id = c.site_id AND b.booking_id = c.booking_id"
	  " LEFT JOIN cowork.block o ON o.site_id = c.site_id AND o.block_id = c.block_id"
	  " WHERE u.unit_id IS NULL OR num_nonnulls(b.booking_id, o.block_id) <> 1"
	  " OR num_nonnulls(c.booking_id, c.block_id) <> 1 ORDER BY c.site_id, c.claim_id" },
	{ VERIFY_BOOKINGS, false,
	  "SELECT site_id, ref || CASE WHEN zone IN (SELECT name FROM pg_timezone_names)"
	  " THEN ': its wall clock is not that of its interval' ELSE ': there is no zone ' || zone "
	  "END"
	  " FROM cowork.booking WHERE %s AND CASE"
	  " WHEN zone NOT IN (SELECT name FROM pg_timezone_names) THEN true"
	  " ELSE local_start IS DISTINCT FROM lower(during) AT TIME ZONE zone"
	  " OR local_end IS DISTINCT FROM upper(during) AT TIME ZONE zone END"
	  " ORDER BY site_id, booking_id" },
	{ VERIFY_PEOPLE, false,
	  "SELECT 0, 'person ' || person_id || ': staff of a site that does not exist'"
	  " FROM cowork.staff WHERE site_id NOT IN (SELECT site_id FROM cowork.site)"
	  " ORDER BY person_id" },
};

/* Whoever is referred to from the operator's own tables: name, person, tenant. */
static const char people[] =
	"SELECT 'staff', person_id, NULL::bigint FROM cowork.staff"
	" UNION ALL SELECT 'member ' || person_id, person_id, tenant_id FROM cowork.member"
	" UNION ALL SELECT 'token ' || token_id, person_id, NULL FROM cowork.token";

/* The query with the condition in it, and "%%" as "%". */
static void fill_in(struct buf *sql, const char *format, const char *where)
{
	for (const char *p = format; *p; p++) {
		if (*p != '%')
			buf_add_char(sql, *p);
		else if (*++p == 's')
			buf_add_str(sql, where);
		else
			buf_add_char(sql, '%');
	}
}

static int run(struct verify *verify, const struct query *query)
{
	struct buf sql = BUF_INIT(VERIFY_SQL_MAX * 2);
	struct verify_tally *tally = &verify->tally[query->check];
	struct db_cursor c;

	fill_in(&sql, query->sql, verify->where);
	db_cursor_open(&c, &verify->db, "facts", sql.failed ? "" : sql.data);
	while (db_cursor_next(&c)) {
		tally->rows += query->counts;
		if (!db_cursor_null(&c, 1))
			verify_fault(verify, query->check, db_cursor_int(&c, 0), "%s",
				     db_cursor_text(&c, 1));
	}
	db_cursor_close(&c);
	buf_deinit(&sql);
	return c.failed ? -EIO : 0;
}

static int check_people(struct verify *verify)
{
	struct db_cursor c;

	db_cursor_open(&c, &verify->db, "people", people);
	while (db_cursor_next(&c)) {
		verify_person(verify, 0, db_cursor_int(&c, 1), db_cursor_text(&c, 0));
		if (!db_cursor_null(&c, 2))
			verify_tenant(verify, 0, db_cursor_int(&c, 2), db_cursor_text(&c, 0));
	}
	db_cursor_close(&c);
	return c.failed ? -EIO : 0;
}

int verify_facts(struct verify *verify)
{
	int r = check_people(verify);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(queries); i++)
		r = run(verify, &queries[i]);
	return r;
}
