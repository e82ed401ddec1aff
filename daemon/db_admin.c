/*
 * See db_admin.h. The server's messages are for the administrator who started the subcommand, so
 * they are passed on, but as one line.
 */

#include "daemon/db_admin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/buf.h"

#define SQL_MAX 4096

/* libpq ends its messages with LF and folds them with LF and TAB. */
static void set_problem(struct db_admin *db, const char *state, const char *text)
{
	size_t n = 0;
	bool blank = true;

	snprintf(db->state, sizeof(db->state), "%s", state ? state : "");
	for (; *text && n + 2 < sizeof(db->problem); text++) {
		bool space = *text == ' ' || *text == '\n' || *text == '\t' || *text == '\r';

		if (space && blank)
			continue;
		db->problem[n++] = space ? ' ' : *text;
		blank = space;
	}
	if (n > 0 && db->problem[n - 1] == ' ')
		n--;
	db->problem[n] = '\0';
}

/* Message, then detail and hint where the server has some. */
static int fail(struct db_admin *db, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	char text[2 * DB_PROBLEM_MAX];

	/* What failed the transaction matters, not what was tried after it. */
	if (state && !strcmp(state, "25P02") && *db->problem)
		return -EIO;
	if (!message)
		message = PQerrorMessage(db->conn);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s", message, detail ? " (" : "",
		 detail ? detail : "", detail ? ")" : "", hint ? "; " : "", hint ? hint : "");
	set_problem(db, state, text);
	return -EIO;
}

static bool went_well(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* Connecting */

static const char *dbname_in(const PQconninfoOption *options)
{
	for (; options->keyword; options++)
		if (!strcmp(options->keyword, "dbname"))
			return options->val;
	return NULL;
}

char *db_admin_database_of(const char *conninfo)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	const char *name = options ? dbname_in(options) : NULL;
	char *copy = name ? strdup(name) : NULL;

	PQconninfoFree(options);
	return copy;
}

static int check_conninfo(struct db_admin *db, const char *conninfo, bool *ret_names_database)
{
	char *error = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &error);

	if (!options) {
		set_problem(db, NULL, error ? error : "out of memory");
		PQfreemem(error);
		return -EINVAL;
	}
	*ret_names_database = dbname_in(options) != NULL;
	PQconninfoFree(options);
	return 0;
}

int db_admin_connect(struct db_admin *db, const char *conninfo, const char *database,
		     const char *fallback)
{
	/* Of repeated keys the last one that is not NULL counts; the first dbname is expanded. */
	const char *keys[] = { "fallback_application_name",
			       "connect_timeout",
			       "dbname",
			       "dbname",
			       "client_encoding",
			       NULL };
	const char *values[] = { "coworkd", "10", conninfo, database, "UTF8", NULL };
	bool names_database = false;

	*db = (struct db_admin){ 0 };
	if (check_conninfo(db, conninfo, &names_database) < 0)
		return -EINVAL;
	if (!names_database && !database)
		values[3] = fallback;
	db->conn = PQconnectdbParams(keys, values, 1);
	if (!db->conn || PQstatus(db->conn) != CONNECTION_OK) {
		set_problem(db, NULL, db->conn ? PQerrorMessage(db->conn) : "out of memory");
		return -ECONNREFUSED;
	}
	return db_admin_exec(db, "SET client_min_messages = warning; SET search_path = '';"
				 "SET timezone = 'UTC'; SET standard_conforming_strings = on") < 0
		       ? -ECONNREFUSED
		       : 0;
}

void db_admin_deinit(struct db_admin *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
}

int db_admin_check_server(struct db_admin *db)
{
	const char *encoding = PQparameterStatus(db->conn, "server_encoding");
	const char *version = PQparameterStatus(db->conn, "server_version");
	char text[DB_PROBLEM_MAX];

	if (PQserverVersion(db->conn) < DB_SERVER_VERSION)
		snprintf(text, sizeof(text),
			 "the server is PostgreSQL %s; coworkd needs PostgreSQL 15 or later",
			 version ? version : "of unknown version");
	else if (!encoding || strcmp(encoding, "UTF8") != 0)
		snprintf(text, sizeof(text),
			 "database \"%s\" has the encoding %s; coworkd needs UTF8: use another "
			 "database",
			 PQdb(db->conn), encoding ? encoding : "?");
	else
		return 0;
	set_problem(db, NULL, text);
	return -ENOTSUP;
}

int db_admin_say(const char *format, ...)
{
	va_list args;

	fputs("coworkd: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EX_CONFIG;
}

int db_admin_say_problem(const struct db_admin *db, const char *doing)
{
	db_admin_say("%s: %s", doing, db->problem);
	return db_admin_lost(db) ? EX_TEMPFAIL : EX_CONFIG;
}

/* libpq gives no SQLSTATE for a connection that failed: the text is all there is. */
static bool lacks_setup(const struct db_admin *db)
{
	static const char *const made_by_setup[] = { "database \"", "role \"coworkd\"",
						     "role \"cowork_report\"" };

	for (size_t i = 0; i < ARRAY_SIZE(made_by_setup); i++) {
		const char *at = strstr(db->problem, made_by_setup[i]);

		if (at && strstr(at, "does not exist"))
			return true;
	}
	return false;
}

int db_admin_open(struct db_admin *db, const char *conninfo, const char *database,
		  const char *fallback)
{
	int r = db_admin_connect(db, conninfo, database, fallback);

	if (r == -EINVAL)
		return db_admin_say("the connection string is wrong: %s", db->problem);
	/* With a fallback it is setup itself. */
	if (r < 0 && !fallback && lacks_setup(db))
		return db_admin_say("could not connect: %s: coworkd setup makes it", db->problem);
	if (r < 0) {
		db_admin_say("could not connect: %s", db->problem);
		return EX_TEMPFAIL;
	}
	if (db_admin_check_server(db) < 0)
		return db_admin_say("%s", db->problem);
	return EX_OK;
}

/* Statements */

int db_admin_take(struct db_admin *db, const PGresult *result)
{
	return went_well(result) ? 0 : fail(db, result);
}

int db_admin_exec(struct db_admin *db, const char *sql)
{
	PGresult *result = PQexec(db->conn, sql);
	int r = db_admin_take(db, result);

	PQclear(result);
	return r;
}

int db_admin_exec_named(struct db_admin *db, const char *sql, const char *name)
{
	char *quoted = PQescapeIdentifier(db->conn, name, strlen(name));
	struct buf text = BUF_INIT(SQL_MAX);
	const char *at;
	int r;

	if (!quoted) {
		set_problem(db, NULL, PQerrorMessage(db->conn));
		return -EIO;
	}
	while ((at = strstr(sql, "%I"))) {
		buf_add(&text, sql, (size_t)(at - sql));
		buf_add_str(&text, quoted);
		sql = at + 2;
	}
	buf_add_str(&text, sql);
	PQfreemem(quoted);
	if (text.failed) {
		set_problem(db, NULL, "out of memory");
		r = -EIO;
	} else {
		r = db_admin_exec(db, text.data);
	}
	buf_deinit(&text);
	return r;
}

int db_admin_query(struct db_admin *db, const char *sql, int count, const char *const *params,
		   PGresult **ret)
{
	PGresult *result = PQexecParams(db->conn, sql, count, NULL, params, NULL, NULL, 0);
	int r = db_admin_take(db, result);

	if (r == 0)
		*ret = result;
	else
		PQclear(result);
	return r;
}

int db_admin_text(struct db_admin *db, const char *sql, int count, const char *const *params,
		  char **ret)
{
	_cleanup_(db_result_freep) PGresult *result = NULL;
	int r = db_admin_query(db, sql, count, params, &result);

	if (r < 0)
		return r;
	*ret = NULL;
	if (PQntuples(result) == 0 || PQgetisnull(result, 0, 0))
		return 0;
	*ret = strdup(PQgetvalue(result, 0, 0));
	if (*ret)
		return 0;
	set_problem(db, NULL, "out of memory");
	return -ENOMEM;
}

bool db_admin_is(const struct db_admin *db, const char *state)
{
	return !strcmp(db->state, state);
}

bool db_admin_lost(const struct db_admin *db)
{
	return !db->conn || PQstatus(db->conn) != CONNECTION_OK;
}
