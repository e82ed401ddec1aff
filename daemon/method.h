#pragma once

/*
 * A method of the protocol: one file in methods/, one row in methods.def. The row declares what has
 * to be there before start() runs: dispatch finds, authorises, finds the site and decodes the
 * parameters, and answers whatever is wrong; start() begins with valid input.
 */

#include <stddef.h>

#include "common/field.h"
#include "common/json.h"
#include "daemon/request.h"

enum method_flags {
	METHOD_MUTATION = 1 << 0, /* params begin with struct mutation */
	METHOD_SITE = 1 << 1,	  /* has struct site_params at site_offset; request->site is set */
	METHOD_NO_LOGIN = 1 << 2, /* before login too */
	METHOD_NO_HELLO = 1 << 3, /* before hello too */
	METHOD_NO_DB = 1 << 4,	  /* answered without the database */
};

struct actor;

/* A noun's shape on the wire and in the database's facts. */
struct noun {
	const char *name;		  /* "booking" */
	const char *plural;		  /* "bookings" */
	const struct db_statement *by_id; /* facts of site $1 and id $2; NULL: never changed */
	const struct field *fields;
	size_t size;
	bool owned; /* facts tell a "tenant_id"; without one it is the operator's own */
	/* Takes out of the decoded struct what the viewer's class alone would show, or NULL. */
	void (*conceal)(void *thing, const struct actor *actor);
};

struct method {
	const char *name;
	const char *summary; /* one line for people */
	unsigned flags;
	const struct field *params;
	size_t size;		    /* of the decoded struct */
	size_t site_offset;	    /* METHOD_SITE: of struct site_params in it */
	const struct noun *noun;    /* what the result holds, or NULL */
	bool list;		    /* a page of them */
	const struct field *result; /* further members of the result, or NULL */
	void (*start)(struct request *request, void *data);
};

/* Rows of a params table that many share. */
#define MUTATION_FIELDS(type)                                                                      \
	{ "key", FIELD_UUID, offsetof(type, mutation.key), FIELD_REQUIRED | FIELD_META,            \
	  .help = "UUID of this command, made by the client; the same for every retry" },          \
		{ "attempt", FIELD_INT, offsetof(type, mutation.attempt),	 FIELD_META,       \
		  1,	     1000,	.help = "1, and one more for each retry" },                \
	{                                                                                          \
		"dry_run", FIELD_BOOL, offsetof(type, mutation.dry_run), FIELD_META,               \
			.help = "judge it and say what would happen, but change nothing"           \
	}
#define SITE_FIELDS(type)                                                                          \
	{ "site", FIELD_CODE, offsetof(type, at.site), FIELD_REQUIRED | FIELD_META,                \
	  .help = "code of the site" },                                                            \
	{                                                                                          \
		"min_rev", FIELD_INT, offsetof(type, at.min_rev), FIELD_META, 0, JSON_INT_MAX,     \
			.help = "answer as of this rev of the site or later"                       \
	}

#define METHOD(name) extern const struct method method_##name;
#include "daemon/methods.def"
#undef METHOD

/* By name; NULL if there is none. */
const struct method *method_find(const char *name);
/* All, in order of name; NULL at the end. */
const struct method *method_at(size_t index);
