/* Rights and extensions, as setup and migrate see to them. */

#include <stdlib.h>
#include <sysexits.h>

#include "daemon/db_admin.h"
#include "daemon/db_migrate.h"
#include "daemon/db_rights.h"

/* As the owner; what is given already is given again. */
static const char give[] = "DO $$ DECLARE r record; BEGIN"
			   " GRANT USAGE ON SCHEMA cowork TO coworkd;"
			   " FOR r IN SELECT c.oid::regclass AS it FROM pg_class c"
			   " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'cowork'"
			   " WHERE c.relname = ANY ('{" DB_RIGHTS_TABLES "}') LOOP"
			   "  EXECUTE format('GRANT SELECT ON %s TO coworkd', r.it);"
			   " END LOOP;"
			   " FOR r IN SELECT p.oid::regprocedure AS it FROM pg_proc p"
			   " JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'cowork'"
			   " WHERE p.proname = ANY ('{" DB_RIGHTS_FUNCTIONS "}') LOOP"
			   "  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO coworkd', r.it);"
			   " END LOOP; "
			   "END $$";

static int find_missing(struct db_admin *db, char **ret)
{
	if (db_admin_text(db, DB_RIGHTS_MISSING("'coworkd'"), 2, DB_RIGHTS_PARAMS, ret) < 0)
		return db_admin_say_problem(db, "could not look at the rights of coworkd");
	return EX_OK;
}

int migrate_rights(struct db_admin *db)
{
	char *missing = NULL;
	int status = find_missing(db, &missing);

	if (status == EX_OK && missing) {
		if (db_admin_exec(db, give) < 0)
			status = db_admin_say_problem(db, "could not give rights back to coworkd");
		else
			fprintf(stderr, "coworkd: gave role coworkd back %s\n", missing);
	}
	free(missing);
	return status;
}

int migrate_extension(struct db_admin *db, bool installed)
{
	char *found = NULL;
	bool there;

	if (db_admin_text(db,
			  installed
				  ? "SELECT extname FROM pg_extension WHERE extname = 'btree_gist'"
				  : "SELECT name FROM pg_available_extensions WHERE name = "
				    "'btree_gist'",
			  0, NULL, &found) < 0)
		return db_admin_say_problem(db, "could not look for btree_gist");
	there = found;
	free(found);
	if (there)
		return EX_OK;
	if (!installed)
		return db_admin_say(
			"PostgreSQL's contrib package is missing on the server (extension "
			"btree_gist): install postgresql-contrib or postgresql-%d",
			PQserverVersion(db->conn) / 10000);
	if (migrate_extension(db, false) != EX_OK)
		return EX_CONFIG;
	return db_admin_say("the extension btree_gist is not in database \"%s\": run coworkd setup",
			    PQdb(db->conn));
}
