/*
 * coworkd setup: with an administrator's connection makes the roles and the database, runs the
 * embedded setup.sql and the migrations in it, and makes the first operator; makes the certificate.
 * Every step looks first whether it is done, so that setup can be run again after anything went
 * wrong.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/admin.h"
#include "daemon/db_admin.h"
#include "daemon/db_migrate.h"
#include "daemon/db_setup.h"
#include "daemon/migrations.h"

/* Where to connect for making a database when the administrator names none. */
#define MAINTENANCE_DATABASE "postgres"

const char admin_setup_usage[] =
	"Usage: coworkd setup [--admin CONNINFO] [--database NAME] [--operator LOGIN --name NAME "
	"[--new-code]]\n"
	"       coworkd setup --certificate-for NAME[,NAME...] [--csr] [--certificate PATH --key "
	"PATH]\n"
	"\n"
	"Makes the roles, the database and its schema; can be run again. Both forms can be one.\n"
	"--admin CONNINFO        an administrator's connection; default: [database] "
	"admin_conninfo\n"
	"--database NAME         default: the one in [database] conninfo\n"
	"--operator LOGIN        an operator (e-mail address); a one-time code is printed\n"
	"--name NAME             the operator's name\n"
	"--new-code              another code for an operator who lost theirs; tokens given out "
	"end\n"
	"--certificate-for NAME  make a key and a self-signed certificate for these names or "
	"addresses\n"
	"--csr                   ... a request for an authority to sign instead\n"
	"--certificate, --key    default: [tls] certificate and key\n";

struct wish {
	const char *admin;    /* NULL: the configured connection, but of the maintenance database */
	const char *database; /* borrows */
	const char *login, *name;
	const char *names;
	const char *certificate, *key;
	bool csr;
	bool new_code;
	bool create; /* the database was made by us */
};

/* The server */

static int check_rights(struct db_admin *db)
{
	char *enough = NULL;
	int r = db_admin_text(db,
			      "SELECT rolsuper OR rolcreaterole AND rolcreatedb FROM pg_roles"
			      " WHERE rolname = current_user",
			      0, NULL, &enough);
	bool yes = r == 0 && enough && *enough == 't';

	free(enough);
	if (r < 0)
		return db_admin_say_problem(db, "could not read the role's rights");
	if (!yes)
		return db_admin_say(
			"role \"%s\" may not create roles and databases: use a superuser "
			"with --admin, such as --admin 'user=postgres'",
			PQuser(db->conn));
	return EX_OK;
}

/* The owner must exist before its database; setup.sql makes the others. */
static int make_owner(struct db_admin *db)
{
	static const char sql[] =
		"DO $$ BEGIN"
		" IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cowork_owner') THEN"
		"  CREATE ROLE cowork_owner NOLOGIN;"
		" END IF;"
		" IF NOT pg_has_role(current_user, 'cowork_owner', 'MEMBER') THEN"
		"  EXECUTE format('GRANT cowork_owner TO %I', current_user);"
		" END IF; "
		"END $$";

	if (db_admin_exec(db, sql) < 0)
		return db_admin_say_problem(db, "could not make role cowork_owner");
	return EX_OK;
}

static int make_database(struct db_admin *db, struct wish *wish)
{
	const char *params[] = { wish->database };
	char *encoding = NULL;
	int status = EX_OK;

	if (db_admin_text(
		    db, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = $1",
		    1, params, &encoding) < 0)
		return db_admin_say_problem(db, "could not look for the database");
	wish->create = !encoding;
	if (encoding && strcmp(encoding, "UTF8") != 0)
		status = db_admin_say(
			"database \"%s\" has the encoding %s; coworkd needs UTF8: name "
			"another with --database",
			wish->database, encoding);
	free(encoding);
	if (!wish->create || status != EX_OK)
		return status;
	if (db_admin_exec_named(db,
				"CREATE DATABASE %I OWNER cowork_owner TEMPLATE template0"
				" ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
				wish->database) < 0)
		return db_admin_say_problem(db, "could not create the database");
	fprintf(stderr, "coworkd: created database \"%s\"\n", wish->database);
	return EX_OK;
}

/* Two at once would both find nothing and both create; the lock ends with the connection. */
static int prepare_server(struct wish *wish, const char *conninfo)
{
	struct db_admin db;
	char lock[64];
	int status = db_admin_open(&db, conninfo, wish->admin ? NULL : MAINTENANCE_DATABASE,
				   MAINTENANCE_DATABASE);

	snprintf(lock, sizeof(lock), "SELECT pg_advisory_lock(%" PRId64 ")", DB_MIGRATE_LOCK_KEY);
	if (status == EX_OK)
		status = check_rights(&db);
	if (status == EX_OK && db_admin_exec(&db, lock) < 0)
		status = db_admin_say_problem(&db, "could not wait for another setup");
	if (status == EX_OK)
		status = make_owner(&db);
	if (status == EX_OK)
		status = make_database(&db, wish);
	db_admin_deinit(&db);
	return status;
}

/* The database */

/* Where it lacks alone: whoever made the database may have given it, and we may not. */
static int grant_connect(struct db_admin *db, const struct wish *wish)
{
	const char *params[] = { wish->database };
	char *lacks = NULL;
	int r = db_admin_text(db,
			      "SELECT 'connect' FROM unnest('{coworkd,cowork_report}'::text[]) r"
			      " WHERE NOT has_database_privilege(r, $1, 'CONNECT') LIMIT 1",
			      1, params, &lacks);

	if (r >= 0 && lacks)
		r = db_admin_exec_named(db,
					"GRANT CONNECT ON DATABASE %I TO coworkd, cowork_report",
					wish->database);
	free(lacks);
	return r < 0 ? db_admin_say_problem(db, "could not grant the use of the database") : EX_OK;
}

static int run_setup(struct db_admin *db, const struct wish *wish)
{
	char lock[80];

	snprintf(lock, sizeof(lock), "SELECT pg_advisory_xact_lock(%" PRId64 ")",
		 DB_MIGRATE_LOCK_KEY);
	if (db_admin_exec(db, "BEGIN") < 0 || db_admin_exec(db, lock) < 0 ||
	    db_admin_exec(db, migrations_setup) < 0 || db_admin_exec(db, "COMMIT") < 0)
		return db_admin_say_problem(db, "setup.sql");
	if (wish->create &&
	    db_admin_exec_named(db, "REVOKE ALL ON DATABASE %I FROM PUBLIC", wish->database) < 0)
		return db_admin_say_problem(db, "could not grant the use of the database");
	return grant_connect(db, wish);
}

static int prepare_database(struct wish *wish, const char *conninfo)
{
	struct db_admin db;
	int status = db_admin_open(&db, conninfo, wish->database, NULL);

	if (status == EX_OK)
		status = migrate_extension(&db, false);
	if (status == EX_OK)
		status = run_setup(&db, wish);
	if (status == EX_OK)
		status = migrate_apply(&db);
	if (status == EX_OK)
		status = setup_operator(&db, wish->login, wish->name, wish->new_code);
	db_admin_deinit(&db);
	return status;
}

/* The command */

/* What does not go together in it; NULL: nothing. */
static const char *wrong_in(const struct wish *wish)
{
	if (wish->login && !wish->name)
		return "--operator needs --name NAME, too: the operator's name";
	if (wish->name && !wish->login)
		return "--name is an operator's: it needs --operator LOGIN, too";
	if (wish->new_code && !wish->login)
		return "--new-code is an operator's: it needs --operator LOGIN --name NAME, too";
	if (!wish->certificate != !wish->key)
		return "--certificate and --key need one another";
	if (!wish->names && (wish->csr || wish->certificate))
		return "--csr, --certificate and --key need --certificate-for NAME, too";
	return NULL;
}

/* false when the command line is wrong, which has been said then. */
static bool read_wish(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "admin", required_argument, NULL, 'a' },
		{ "database", required_argument, NULL, 'd' },
		{ "operator", required_argument, NULL, 'o' },
		{ "name", required_argument, NULL, 'n' },
		{ "certificate-for", required_argument, NULL, 'f' },
		{ "new-code", no_argument, NULL, 'w' },
		{ "csr", no_argument, NULL, 'r' },
		{ "certificate", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ NULL },
	};
	const char *values[256] = { 0 }, *wrong;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?')
			return false;
		values[c] = optarg ? optarg : "";
	}
	*wish = (struct wish){
		.admin = values['a'],
		.database = values['d'],
		.login = values['o'],
		.name = values['n'],
		.names = values['f'],
		.new_code = values['w'],
		.csr = values['r'],
		.certificate = values['c'],
		.key = values['k'],
	};
	wrong = wrong_in(wish);
	if (optind < argc)
		db_admin_say("setup takes no word beside its options: \"%s\"", argv[optind]);
	else if (wrong)
		db_admin_say("%s", wrong);
	return optind == argc && !wrong;
}

static int setup_database(struct wish *wish, const struct config *config)
{
	const char *conninfo = wish->admin ? wish->admin : config->admin_conninfo;
	char *configured = NULL;
	int status;

	if (!wish->database)
		wish->database = configured = db_admin_database_of(config->conninfo);
	if (wish->login && setup_check_operator(wish->login, wish->name) != EX_OK) {
		free(configured);
		return EX_CONFIG;
	}
	if (!wish->database)
		return db_admin_say("which database? name one with --database");
	status = prepare_server(wish, conninfo);
	if (status == EX_OK)
		status = prepare_database(wish, conninfo);
	free(configured);
	return status;
}

int admin_setup(int argc, char **argv, const struct config *config)
{
	struct wish wish;
	int status = EX_OK;

	if (!read_wish(argc, argv, &wish)) {
		fputs(admin_setup_usage, stderr);
		return EX_USAGE;
	}
	/* The certificate is often made on another machine, or by another user, than the database.
	 */
	if (!wish.names || wish.admin || wish.database || wish.login)
		status = setup_database(&wish, config);
	if (status == EX_OK && wish.names)
		status =
			setup_certificate(wish.names, wish.csr,
					  wish.certificate ? wish.certificate : config->certificate,
					  wish.key ? wish.key : config->key);
	return status;
}
