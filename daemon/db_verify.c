/*
 * coworkd verify: reads one snapshot of the database with the role that only reads, and judges
 * whether what must always hold does hold: see enum verify_check.
 *
 * Exit statuses: 0 holds; 1 does not hold; 64 usage, or there is no such site; 75 could not be
 * checked; 78 there is no such database, or none of ours.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/civil.h"
#include "daemon/admin.h"
#include "daemon/db_verify.h"

const char admin_verify_usage[] =
	"Usage: coworkd verify [--database CONNINFO] [--site CODE] [--json]\n"
	"\n"
	"Checks bookings, claims, log and receipts against one another.\n"
	"--database CONNINFO  instead of [database] report_conninfo\n"
	"--site CODE          this site only\n"
	"--json               one JSON object instead of text\n";

static int could_not(const struct verify *verify, const char *what)
{
	db_admin_say("%s: %s", what, verify->db.problem);
	return EX_TEMPFAIL;
}

/* A long reading transaction: the role's own time limits are for the daemon's short ones. */
static int take_snapshot(struct verify *verify)
{
	static const char sql[] =
		"SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
		"SET cursor_tuple_fraction = 1; SET extra_float_digits = 1; SET bytea_output = "
		"'hex'";

	if (db_admin_exec(&verify->db, sql) < 0 ||
	    db_admin_exec(&verify->db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") < 0)
		return could_not(verify, "could not take a snapshot");
	return EX_OK;
}

static int check_version(struct verify *verify)
{
	char *text = NULL;
	int version;

	if (db_admin_text(&verify->db, "SELECT max(version) FROM cowork.migration", 0, NULL,
			  &text) < 0) {
		if (!db_admin_is(&verify->db, "42P01")) /* undefined_table */
			return could_not(verify, "could not read the schema's version");
		return db_admin_say(
			"database \"%s\" has no schema of coworkd: coworkd setup makes it",
			PQdb(verify->db.conn));
	}
	version = text ? (int)strtol(text, NULL, 10) : 0;
	free(text);
	if (version == admin_schema_version())
		return EX_OK;
	db_admin_say("database \"%s\" is at version %d, this coworkd verifies version %d",
		     PQdb(verify->db.conn), version, admin_schema_version());
	return EX_TEMPFAIL;
}

static int choose_site(struct verify *verify)
{
	const char *sql = "SELECT site_id FROM cowork.site WHERE lower(code) = lower($1)";
	char *id = NULL;

	snprintf(verify->where, sizeof(verify->where), "true");
	if (!verify->site_code)
		return EX_OK;
	if (db_admin_text(&verify->db, sql, 1, &verify->site_code, &id) < 0)
		return could_not(verify, "could not look for the site");
	if (!id) {
		db_admin_say("there is no site \"%s\"", verify->site_code);
		return EX_USAGE;
	}
	snprintf(verify->where, sizeof(verify->where), "site_id = %s", id);
	free(id);
	return EX_OK;
}

static int run_checks(struct verify *verify)
{
	static int (*const checks[])(struct verify *) = {
		verify_load,  verify_catalogue, verify_log,
		verify_folds, verify_overlaps,	verify_facts,
	};

	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(checks); i++)
		r = checks[i](verify);
	if (r == -ENOMEM)
		snprintf(verify->db.problem, sizeof(verify->db.problem), "out of memory");
	return r < 0 ? could_not(verify, "could not check") : EX_OK;
}

static int verify_all(struct verify *verify, const char *conninfo, bool json)
{
	int64_t began = monotonic_now();
	int status = db_admin_open(&verify->db, conninfo, NULL, NULL);

	if (status == EX_OK)
		status = take_snapshot(verify);
	if (status == EX_OK)
		status = check_version(verify);
	if (status == EX_OK)
		status = choose_site(verify);
	if (status == EX_OK)
		status = run_checks(verify);
	if (status != EX_OK)
		return status;
	verify_report(verify, monotonic_now() - began, json);
	return verify_holds(verify) ? 0 : 1;
}

int admin_verify(int argc, char **argv, const struct config *config)
{
	static const struct option options[] = {
		{ "database", required_argument, NULL, 'd' },
		{ "site", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL },
	};
	const char *conninfo = config->report_conninfo, *site = NULL;
	struct verify *verify;
	bool json = false;
	int c, status;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'd')
			conninfo = optarg;
		else if (c == 's')
			site = optarg;
		else if (c == 'j')
			json = true;
		else
			break;
	if (c != -1 || optind != argc) {
		fputs(admin_verify_usage, stderr);
		return EX_USAGE;
	}
	verify = calloc(1, sizeof(*verify));
	if (!verify) {
		db_admin_say("out of memory");
		return EX_TEMPFAIL;
	}
	verify->site_code = site;
	status = verify_all(verify, conninfo, json);
	verify_unload(verify);
	db_admin_deinit(&verify->db);
	free(verify);
	return status;
}
