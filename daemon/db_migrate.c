/*
 * coworkd migrate: compares the migrations in this binary with those the database has seen, and
 * applies the missing ones, in order, each in its own transaction together with its row in
 * cowork.migration.
 *
 * One migrates at a time: an advisory lock is taken first, and the comparison is made again under
 * it. A database that is ahead of the binary, or whose history is another, is left alone.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "common/civil.h"
#include "daemon/admin.h"
#include "daemon/db_admin.h"
#include "daemon/db_migrate.h"
#include "daemon/migrations.h"

#define LOCK_TRIES 12 /* of 5 s each and a pause between: about two minutes */

const char admin_migrate_usage[] =
	"Usage: coworkd migrate [--status | --plan] [--admin CONNINFO]\n"
	"\n"
	"Brings the database to the schema of this coworkd.\n"
	"--status          print what has been applied and what is missing\n"
	"--plan            print what would be applied\n"
	"--admin CONNINFO  instead of [database] admin_conninfo\n";

int admin_schema_version(void)
{
	return migrations_count;
}

/* What the database has seen */

/* The rows of cowork.migration in order: version, name, sha256, applied_at, ms, by_version. */
static int read_applied(struct db_admin *db, PGresult **ret)
{
	static const char sql[] = "SELECT version, name, sha256, to_char(applied_at, "
				  "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
				  " ms, by_version FROM cowork.migration ORDER BY version";

	if (db_admin_query(db, sql, 0, NULL, ret) == 0)
		return EX_OK;
	/* undefined_table, invalid_schema_name */
	if (db_admin_is(db, "42P01") || db_admin_is(db, "3F000"))
		return db_admin_say("database \"%s\" is not set up: run coworkd setup",
				    PQdb(db->conn));
	return db_admin_say_problem(db, "could not read the migrations that were applied");
}

static int check_row(const struct db_admin *db, const PGresult *applied, int row)
{
	const struct migration *m = &migrations[row];
	int version = (int)strtol(PQgetvalue(applied, row, 0), NULL, 10);

	if (version != m->version)
		return db_admin_say(
			"database \"%s\" has seen migration %d but not %d: nothing was changed",
			PQdb(db->conn), version, m->version);
	if (strcmp(PQgetvalue(applied, row, 2), m->sha256) != 0)
		return db_admin_say(
			"migration %s was applied to database \"%s\" with another content: "
			"nothing was changed",
			m->file, PQdb(db->conn));
	return EX_OK;
}

/* The database's history must be a beginning of ours. */
static int check_applied(const struct db_admin *db, const PGresult *applied)
{
	int rows = PQntuples(applied);

	if (rows > 0 && (int)strtol(PQgetvalue(applied, rows - 1, 0), NULL, 10) > migrations_count)
		return db_admin_say(
			"database \"%s\" is at version %s, newer than this coworkd, which "
			"knows %d: install the newer coworkd",
			PQdb(db->conn), PQgetvalue(applied, rows - 1, 0), migrations_count);
	for (int i = 0; i < rows; i++) {
		int status = check_row(db, applied, i);

		if (status != EX_OK)
			return status;
	}
	return EX_OK;
}

/* Applying */

static void pause_briefly(int try)
{
	struct timespec time = {.tv_sec = try < 5 ? try : 5 };

	nanosleep(&time, NULL);
}

/* The line of the file where the server saw the problem; 0 if it did not say. */
static int line_of(const struct migration *m, const PGresult *result)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	long left = position ? strtol(position, NULL, 10) : 0; /* characters, from 1 */
	int line = 1;

	if (left <= 0)
		return 0;
	for (const char *p = m->sql; *p && left > 1; p++) {
		line += *p == '\n';
		left -= ((unsigned char)*p & 0xc0) != 0x80;
	}
	return line;
}

/* Its text; 0, or -EIO and *ret_line. */
static int run_text(struct db_admin *db, const struct migration *m, int *ret_line)
{
	PGresult *result = PQexec(db->conn, m->sql);
	int r = db_admin_take(db, result);

	*ret_line = r < 0 ? line_of(m, result) : 0;
	PQclear(result);
	return r;
}

static int record(struct db_admin *db, const struct migration *m, int64_t began)
{
	char version[16], ms[24];
	const char *params[] = { version, m->name, m->sha256, ms, COWORK_VERSION };
	PGresult *result;

	snprintf(version, sizeof(version), "%d", m->version);
	snprintf(ms, sizeof(ms), "%" PRId64, (monotonic_now() - began) / USEC_PER_MSEC);
	if (db_admin_query(db,
			   "INSERT INTO cowork.migration (version, name, sha256, ms, by_version)"
			   " VALUES ($1, $2, $3, $4, $5)",
			   5, params, &result) < 0)
		return -EIO;
	PQclear(result);
	return 0;
}

/* One try; -EAGAIN when a lock was not to be had in time and nothing was done. */
static int try_one(struct db_admin *db, const struct migration *m, int *ret_line)
{
	int64_t began = monotonic_now();
	int r = m->transaction ? db_admin_exec(db, "BEGIN") : 0;

	*ret_line = 0;
	if (r == 0)
		r = run_text(db, m, ret_line);
	if (r == 0)
		r = record(db, m, began);
	if (r == 0)
		return m->transaction ? db_admin_exec(db, "COMMIT") : 0;
	r = db_admin_is(db, "55P03") ? -EAGAIN : r; /* lock_not_available */
	if (m->transaction && !db_admin_lost(db)) {
		PQclear(PQexec(db->conn, "ROLLBACK"));
	}
	return r;
}

static int apply_one(struct db_admin *db, const struct migration *m)
{
	int line, r = -EAGAIN;

	for (int try = 1; r == -EAGAIN && try <= LOCK_TRIES; try++) {
		if (try > 1) {
			fprintf(stderr, "coworkd: migration %s waits for a lock\n", m->file);
			pause_briefly(try);
		}
		r = try_one(db, m, &line);
	}
	if (r == 0) {
		fprintf(stderr, "coworkd: applied migration %s\n", m->file);
		return EX_OK;
	}
	if (r == -EAGAIN) {
		db_admin_say("migration %s got no lock: stop long transactions and try again",
			     m->file);
		return EX_TEMPFAIL;
	}
	if (line > 0)
		db_admin_say("migrations/%s:%d: %s", m->file, line, db->problem);
	else
		db_admin_say("migration %s: %s", m->file, db->problem);
	return db_admin_lost(db) ? EX_TEMPFAIL : EX_CONFIG;
}

static int become_owner(struct db_admin *db)
{
	if (db_admin_exec(db, "SET ROLE cowork_owner") == 0)
		return EX_OK;
	if (db_admin_is(db, "22023")) /* invalid_parameter_value: no such role */
		return db_admin_say("there is no role cowork_owner: run coworkd setup");
	if (db_admin_is(db, "42501"))
		return db_admin_say(
			"role \"%s\" may not act as cowork_owner: GRANT cowork_owner TO \"%s\", "
			"or use an administrator",
			PQuser(db->conn), PQuser(db->conn));
	return db_admin_say_problem(db, "could not become cowork_owner");
}

/* Held until the session ends. Who migrates before us may take long, but not for ever. */
static int take_lock(struct db_admin *db)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		 "SET lock_timeout = '15min'; SELECT pg_advisory_lock(%" PRId64 ");"
		 "SET lock_timeout = '5s'",
		 DB_MIGRATE_LOCK_KEY);
	if (db_admin_exec(db, "SET statement_timeout = 0") < 0 || db_admin_exec(db, sql) < 0) {
		db_admin_say_problem(db, "another coworkd is migrating");
		return EX_TEMPFAIL;
	}
	return EX_OK;
}

int migrate_apply(struct db_admin *db)
{
	_cleanup_(db_result_freep) PGresult *applied = NULL;
	int status = become_owner(db);

	if (status == EX_OK)
		status = take_lock(db);
	if (status == EX_OK)
		status = read_applied(db, &applied);
	if (status == EX_OK)
		status = check_applied(db, applied);
	if (status == EX_OK)
		status = migrate_extension(db, true);
	for (int i = applied ? PQntuples(applied) : 0; status == EX_OK && i < migrations_count; i++)
		status = apply_one(db, &migrations[i]);
	if (status == EX_OK)
		status = migrate_rights(db);
	if (status == EX_OK)
		fprintf(stderr, "coworkd: database \"%s\" is at version %d\n", PQdb(db->conn),
			migrations_count);
	return status;
}

/* Showing */

static int show_status(struct db_admin *db, const PGresult *applied)
{
	int rows = PQntuples(applied), status = check_applied(db, applied);

	for (int i = 0; i < rows; i++)
		printf("%04d %-24s applied %s in %s ms by %s\n",
		       (int)strtol(PQgetvalue(applied, i, 0), NULL, 10), PQgetvalue(applied, i, 1),
		       PQgetvalue(applied, i, 3), PQgetvalue(applied, i, 4),
		       PQgetvalue(applied, i, 5));
	for (int i = rows; i < migrations_count; i++)
		printf("%04d %-24s missing\n", migrations[i].version, migrations[i].name);
	return status;
}

static int show_plan(struct db_admin *db, const PGresult *applied)
{
	int status = check_applied(db, applied);

	for (int i = PQntuples(applied); status == EX_OK && i < migrations_count; i++)
		printf("%s%s\n", migrations[i].file,
		       migrations[i].transaction ? "" : " (without a transaction)");
	return status;
}

static int show(struct db_admin *db, bool plan)
{
	_cleanup_(db_result_freep) PGresult *applied = NULL;
	int status = read_applied(db, &applied);

	if (status != EX_OK)
		return status;
	return plan ? show_plan(db, applied) : show_status(db, applied);
}

/* The command */

struct wish {
	bool status, plan;
	const char *conninfo;
};

static bool read_wish(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "status", no_argument, NULL, 's' },
		{ "plan", no_argument, NULL, 'p' },
		{ "admin", required_argument, NULL, 'a' },
		{ NULL },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 's')
			wish->status = true;
		else if (c == 'p')
			wish->plan = true;
		else if (c == 'a')
			wish->conninfo = optarg;
		else
			return false;
	return optind == argc && !(wish->status && wish->plan);
}

int admin_migrate(int argc, char **argv, const struct config *config)
{
	struct wish wish = { .conninfo = config->admin_conninfo };
	struct db_admin db;
	int status;

	if (!read_wish(argc, argv, &wish)) {
		fputs(admin_migrate_usage, stderr);
		return EX_USAGE;
	}
	status = db_admin_open(&db, wish.conninfo, NULL, NULL);
	if (status == EX_OK)
		status = wish.status || wish.plan ? show(&db, wish.plan) : migrate_apply(&db);
	db_admin_deinit(&db);
	return status;
}
