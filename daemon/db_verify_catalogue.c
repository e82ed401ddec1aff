/*
 * What the database must be made of so that it refuses what must never happen: the constraint
 * against overlaps, the log's guard, and roles that can do what they need and no more.
 */

#include <stdlib.h>
#include <string.h>

#include "daemon/db_rights.h"
#include "daemon/db_verify.h"

struct expectation {
	const char *what;
	const char *sql;    /* one text */
	const char *wanted; /* "" also stands for null */
};

#define IN_COWORK     " JOIN pg_namespace n ON n.nspname = 'cowork' AND n.oid = "
#define RUNTIME_ROLES "('coworkd', 'cowork_report')"

static const struct expectation expectations[] = {
	{ "the constraint claim_alone",
	  "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c"
	  " WHERE c.conrelid = to_regclass('cowork.claim') AND c.conname = 'claim_alone'",
	  "EXCLUDE USING gist (unit_id WITH =, site_id WITH =, occupied WITH &&) WHERE (live)" },
	{ "the index of claim_alone",
	  "SELECT CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'in use' ELSE 'not "
	  "in use' END"
	  " FROM pg_constraint c JOIN pg_index i ON i.indexrelid = c.conindid"
	  " WHERE c.conrelid = to_regclass('cowork.claim') AND c.conname = 'claim_alone'",
	  "in use" },
	{ "the columns of checked intervals",
	  "SELECT string_agg(concat(c.relname, '.', a.attname), ' ' ORDER BY c.relname) FROM "
	  "pg_type "
	  "t" IN_COWORK "t.typnamespace JOIN pg_attribute a ON a.atttypid = t.oid"
	  " JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'"
	  " WHERE t.typname = 'span' AND EXISTS (SELECT FROM pg_constraint k"
	  "  WHERE k.contypid = t.oid AND k.convalidated)",
	  "block.during booking.during claim.occupied" },
	/* tgtype 58: BEFORE a statement that is UPDATE, DELETE or TRUNCATE; A: also in replica mode
	 */
	{ "the trigger event_append_only",
	  "SELECT concat_ws(' ', t.tgtype, t.tgenabled, p.proname) FROM pg_trigger t"
	  " JOIN pg_proc p ON p.oid = t.tgfoid"
	  " WHERE t.tgrelid = to_regclass('cowork.event') AND t.tgname = 'event_append_only'",
	  "58 A event_refuse" },
	{ "tables that runtime roles may change",
	  "SELECT string_agg(concat(r.rolname, ': ', c.relname), ', ' ORDER BY c.relname) FROM "
	  "pg_class "
	  "c" IN_COWORK "c.relnamespace JOIN pg_roles r ON r.rolname IN " RUNTIME_ROLES
	  " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
	  " AND (has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')"
	  "  OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE'))",
	  "" },
	/* what it lacks, verify_rights() says */
	{ "the role coworkd", "SELECT rolname FROM pg_roles WHERE rolname = 'coworkd'", "coworkd" },
	{ "runtime roles with more rights than their own",
	  "SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) FROM pg_roles r WHERE r.rolname "
	  "IN " RUNTIME_ROLES " AND (r.rolsuper OR pg_has_role(r.oid, 'cowork_owner', 'MEMBER'))",
	  "" },
	{ "relations not owned by cowork_owner",
	  "SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c" IN_COWORK
	  "c.relnamespace WHERE c.relowner <> to_regrole('cowork_owner')",
	  "" },
	{ "functions with the owner's rights that are not closed",
	  "SELECT string_agg(p.proname, ', ' ORDER BY p.proname) FROM pg_proc p" IN_COWORK
	  "p.pronamespace WHERE p.prosecdef AND (p.proowner <> to_regrole('cowork_owner')"
	  " OR NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))"
	  " OR has_function_privilege('public', p.oid, 'EXECUTE'))",
	  "" },
};

static int check(struct verify *verify, const struct expectation *e)
{
	char *found = NULL;
	int r = db_admin_text(&verify->db, e->sql, 0, NULL, &found);
	const char *text = found ? found : "";

	verify->tally[VERIFY_CATALOGUE].rows++;
	if (r == 0 && strcmp(text, e->wanted) != 0)
		verify_fault(verify, VERIFY_CATALOGUE, VERIFY_NO_SITE, "%s: %s%s%s", e->what,
			     *text ? text : "missing", *e->wanted ? "; must be " : "", e->wanted);
	free(found);
	return r;
}

/* A daemon that lacks one waits for it, and so do its clients. */
static int verify_rights(struct verify *verify)
{
	char *missing = NULL, *rest, *right;
	int r = db_admin_text(&verify->db, DB_RIGHTS_MISSING("to_regrole('coworkd')"), 2,
			      DB_RIGHTS_PARAMS, &missing);

	verify->tally[VERIFY_CATALOGUE].rows++;
	rest = missing;
	while (r == 0 && rest) {
		right = rest;
		rest = strstr(rest, ", ");
		if (rest) {
			*rest = '\0';
			rest += 2;
		}
		verify_fault(verify, VERIFY_CATALOGUE, VERIFY_NO_SITE,
			     "role coworkd lacks %s: coworkd setup gives it back", right);
	}
	free(missing);
	return r;
}

int verify_catalogue(struct verify *verify)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(expectations); i++)
		r = check(verify, &expectations[i]);
	/* Last: they may be many, and only the first faults are kept. */
	return r < 0 ? r : verify_rights(verify);
}
