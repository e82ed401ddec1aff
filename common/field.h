#pragma once

/*
 * Tables that describe C structs: one table decodes a JSON object into a struct, encodes a struct
 * as JSON, and describes itself to rpc.discover, the manual page and the fuzz dictionary.
 *
 * An absent optional field leaves the zero value: NULL for text, `set` false in struct field_int,
 * false for FIELD_BOOL, FIELD_WHEN_ABSENT, count 0.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/civil.h"
#include "common/jsonw.h"

struct cJSON;

enum field_type {
	/* Free text, const char *; min..max code points, not blank if min > 0. */
	FIELD_STRING, /* each code point is utf8_printable() */
	FIELD_TEXT,   /* as STRING, but LF and TAB are allowed (notes) */
	FIELD_SECRET, /* as STRING; never logged, never described with a value */
	/* Numbers and truth. */
	FIELD_INT,  /* struct field_int; min..max */
	FIELD_BOOL, /* bool */
	/* Text of a form, const char *, stored in the canonical one. */
	FIELD_CODE,  /* [A-Za-z0-9][A-Za-z0-9._-]{0,31} */
	FIELD_REF,   /* a booking's reference (letter R) */
	FIELD_BLOCK, /* a block's reference (letter B) */
	FIELD_UUID,
	FIELD_LOGIN, /* an e-mail address, lower-cased, <= 254 bytes */
	FIELD_ZONE,  /* shape of an IANA name; whoever loads the zone learns whether it exists */
	FIELD_DATE,  /* YYYY-MM-DD, a real date */
	/* Times and choices. */
	FIELD_TIME,    /* struct field_int; "HH:MM" ("24:00" too) on the wire, minutes in C */
	FIELD_INSTANT, /* struct field_int; RFC 3339 on the wire, microseconds in C */
	FIELD_WHEN,    /* struct field_when; instant, or wall clock YYYY-MM-DDTHH:MM */
	FIELD_ENUM,    /* struct field_int; one of choices[], C value is its index */
	/* What holds others. */
	FIELD_CODES,   /* struct field_list; codes, min..max of them, no repeats */
	FIELD_INTS,    /* struct field_ints; small integers each min..max (weekdays), no repeats */
	FIELD_OBJECT,  /* struct at offset, described by fields; its first member is bool set */
	FIELD_OBJECTS, /* struct field_objects; array of such structs (encode only) */
	FIELD_JSON,    /* const struct cJSON *; any value, borrowed from the tree */
};

struct field_int {
	bool set;
	int64_t value;
};

struct field_when {
	enum { FIELD_WHEN_ABSENT, FIELD_WHEN_INSTANT, FIELD_WHEN_WALL } kind;
	int64_t usec;	    /* INSTANT */
	struct civil civil; /* WALL */
};

struct field_list {
	size_t count;
	const char **items; /* in the arena */
};

struct field_ints {
	bool set; /* false: absent; an empty array is set with count 0 */
	size_t count;
	int64_t items[16];
};

struct field_objects {
	size_t count;
	const void *items; /* count * size bytes */
	size_t size;	   /* of one */
};

enum field_flags {
	FIELD_REQUIRED = 1, /* decode refuses absence (not from the server); discover says so */
	FIELD_NULLABLE = 2, /* absent is encoded as null; a client's null is absence */
	FIELD_OWN = 4,	    /* encoded for the own tenant and staff only */
	FIELD_STAFF = 8,    /* encoded for staff only */
	FIELD_HIDDEN = 16,  /* never encoded; decoded only from the database's facts */
	FIELD_META = 32,    /* decoded, but no part of what a command means: not an argument */
	FIELD_IF_TRUE = 64, /* BOOL: encoded only when it is true */
	FIELD_CLEARABLE =
		128, /* what holds text: "" is allowed whatever its form is, and takes it away */
};

struct field {
	const char *name; /* NULL ends a table */
	enum field_type type;
	size_t offset;
	unsigned flags;
	/* Of the value, or of the length. max 0 is the type's own default (INT: 2^53 - 1). */
	int64_t min, max;
	const char *const *choices; /* FIELD_ENUM: NULL-terminated */
	const struct field *fields; /* FIELD_OBJECT, FIELD_OBJECTS */
	const char *help;	    /* one line for people */
};

/* clang-format off */
#define FIELD_END { .name = NULL }
/* clang-format on */

/* Default longest STRING (and SECRET) and TEXT in code points, and longest list of CODES. */
#define FIELD_STRING_MAX 200
#define FIELD_TEXT_MAX	 2000
#define FIELD_CODES_MAX	 64

struct field_problem {
	char name[96]; /* the field, dotted for nested ones, e.g. "like.kind"; unknown ones too */
	char reason[160]; /* what is wanted, e.g. "must be between 1 and 500" */
	const char *rule; /* missing, unknown, type, range, format, choice or repeat; static */
};

enum field_source {
	/* Unknown names are refused; forms as on the wire. */
	FIELD_FROM_CLIENT,
	/* Unknown names are skipped, limits not checked, null is absence; FIELD_INSTANT is an
	 * integer of microseconds, FIELD_TIME of minutes; FIELD_HIDDEN is decoded too. */
	FIELD_FROM_DATABASE,
	/* A client reading a reply: unknown names and choices are skipped, forms as on the wire,
	 * limits not checked, absence and null allowed, FIELD_OBJECTS left alone. */
	FIELD_FROM_SERVER,
};

enum field_viewer {
	FIELD_FOR_OTHER, /* fields without OWN and STAFF */
	FIELD_FOR_OWN,	 /* and OWN */
	FIELD_FOR_STAFF, /* and STAFF */
};

/*
 * Fills the zeroed struct `out` from a JSON object (a NULL object counts as {}). Text is copied to
 * the arena. 0; -EINVAL with *ret_problem; -ENOMEM.
 */
int field_decode(const struct cJSON *object, const struct field *fields, enum field_source source,
		 struct arena *arena, void *out, struct field_problem *ret_problem);

/* Writes the struct as one JSON object. */
void field_encode(struct jsonw *w, const struct field *fields, enum field_viewer viewer,
		  const void *in);

/*
 * Writes the struct as the arguments of a command for the database: the forms of
 * FIELD_FROM_DATABASE (instants in microseconds, times of day in minutes), every set member but
 * those with FIELD_META. The same struct always gives the same bytes. A FIELD_WHEN is left to the
 * caller, who knows the zone. begin has to be an open object of `w`.
 */
void field_encode_args(struct jsonw *w, const struct field *fields, const void *in);

/* Writes a parsed value as it was, without white space. */
void field_encode_tree(struct jsonw *w, const struct cJSON *value);

/* Writes the table as a JSON object {name: {type, required?, clearable?, min?, max?, choices?, fields?,
 * help?}}. */
void field_describe(struct jsonw *w, const struct field *fields);

/* The word discover uses for a type, e.g. "instant". */
const char *field_type_name(enum field_type type);
