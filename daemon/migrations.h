#pragma once

/*
 * The schema that this binary carries: migrations/ as C texts, made at build time by
 * migrations/embed.py.
 *
 * Each migration runs in a transaction of its own. One with the line "-- no-transaction" does not;
 * it is a single statement that can be run again (CREATE INDEX CONCURRENTLY IF NOT EXISTS ...).
 */

#include <stdbool.h>

struct migration {
	int version; /* from 1, without a gap */
	const char *name;
	const char *file;   /* its name in migrations/, for messages */
	const char *sha256; /* of the file, hex */
	const char *sql;
	bool transaction;
};

/* In order; one with version 0 ends it. */
extern const struct migration migrations[];
extern const int migrations_count;

/* What an administrator has to run before the first migration; can be run again. */
extern const char migrations_setup[];
