#pragma once

/*
 * Blocking PostgreSQL for the subcommands setup, migrate and verify: one connection, its last
 * problem as one line. The daemon itself never blocks and has connections of its own.
 */

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/macros.h"

#define DB_PROBLEM_MAX	    512
#define DB_SERVER_VERSION   150000 /* what Debian 12 has and our tests run on */
#define DB_MIGRATE_LOCK_KEY INT64_C(0x636f776f726b6d67) /* "coworkmg", any fixed number */

struct db_admin {
	PGconn *conn; /* owns */
	char problem[DB_PROBLEM_MAX];
	char state[6]; /* SQLSTATE of the problem; "" when it is none of the server's */
};

/*
 * Connects. `database` overrides the one in the connection string, `fallback` serves where that
 * names none; either may be NULL. 0; -EINVAL for a malformed string, -ECONNREFUSED when there is no
 * connection; the problem is in db->problem. db_admin_deinit() in every case.
 */
int db_admin_connect(struct db_admin *db, const char *conninfo, const char *database,
		     const char *fallback);
void db_admin_deinit(struct db_admin *db);

/* Server and encoding are such as we need: 0; -ENOTSUP with the problem. */
int db_admin_check_server(struct db_admin *db);

/* Connects and checks the server; an exit status of admin.h, the reason of which has been said. */
int db_admin_open(struct db_admin *db, const char *conninfo, const char *database,
		  const char *fallback);
/* One line on stderr; gives EX_CONFIG. */
int db_admin_say(const char *format, ...) _printf_(1, 2);
/* "`doing`: the problem"; EX_TEMPFAIL when the link broke, else EX_CONFIG. */
int db_admin_say_problem(const struct db_admin *db, const char *doing);

/* Any number of statements without parameters; 0 or -EIO with the problem. */
int db_admin_exec(struct db_admin *db, const char *sql);
/* The same with every "%I" replaced by the quoted identifier `name`. */
int db_admin_exec_named(struct db_admin *db, const char *sql, const char *name);
/* One statement with text parameters (NULL is null); the caller clears *ret. 0 or -EIO. */
int db_admin_query(struct db_admin *db, const char *sql, int count, const char *const *params,
		   PGresult **ret);
/* Judges a result that the caller keeps and clears: 0 or -EIO with the problem. */
int db_admin_take(struct db_admin *db, const PGresult *result);
/* The first column of the first row as malloc'd text in *ret, NULL for no row or null; 0, -EIO,
 * -ENOMEM. */
int db_admin_text(struct db_admin *db, const char *sql, int count, const char *const *params,
		  char **ret);

/* Whether the last problem has this SQLSTATE; whether it is that the link broke. */
bool db_admin_is(const struct db_admin *db, const char *state);
bool db_admin_lost(const struct db_admin *db);

/* The database that a connection string names, malloc'd; NULL if none or malformed. */
char *db_admin_database_of(const char *conninfo);

static inline void db_result_freep(PGresult **result)
{
	PQclear(*result);
	*result = NULL;
}
