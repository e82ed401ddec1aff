#pragma once

/*
 * Tables that describe C structs: one table decodes a JSON object into a struct, encodes a struct as
 * JSON, and describes itself to rpc.discover, the manual page and the fuzz dictionary.
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
	FIELD_STRING,  /* const char *; min..max code points, every one utf8_printable(), trimmed non-empty if min > 0 */
	FIELD_TEXT,    /* const char *; as STRING but LF and TAB are allowed (notes) */
	FIELD_SECRET,  /* const char *; as STRING; never logged, never described with a value */
	FIELD_INT,     /* struct field_int; min..max */
	FIELD_BOOL,    /* bool */
	FIELD_CODE,    /* const char *; [A-Za-z0-9][A-Za-z0-9._-]{0,31} */
	FIELD_REF,     /* const char *; canonical booking reference (letter R) */
	FIELD_BLOCK,   /* const char *; canonical block reference (letter B) */
	FIELD_UUID,    /* const char *; canonical */
	FIELD_LOGIN,   /* const char *; an e-mail address, lower-cased, <= 254 bytes */
	FIELD_ZONE,    /* const char *; shape of an IANA name (existence is checked by whoever loads it) */
	FIELD_DATE,    /* const char *; YYYY-MM-DD, a real date */
	FIELD_TIME,    /* struct field_int; "HH:MM" on the wire ("24:00" allowed), minutes of the day in C */
	FIELD_INSTANT, /* struct field_int; RFC 3339 on the wire, microseconds in C */
	FIELD_WHEN,    /* struct field_when; RFC 3339 instant, or wall clock YYYY-MM-DDTHH:MM */
	FIELD_ENUM,    /* struct field_int; one of choices[], C value is its index */
	FIELD_CODES,   /* struct field_list; array of codes, at most max, no repeats */
	FIELD_INTS,    /* struct field_ints; array of small integers each min..max (weekdays), no repeats */
	FIELD_OBJECT,  /* struct of its own at offset, described by fields; its first member is bool set */
	FIELD_OBJECTS, /* struct field_objects; array of such structs, each `size` bytes (encode only) */
	FIELD_JSON,    /* const struct cJSON * on decode: any value, borrowed from the tree */
};

struct field_int {
	bool    set;
	int64_t value;
};

struct field_when {
	enum { FIELD_WHEN_ABSENT, FIELD_WHEN_INSTANT, FIELD_WHEN_WALL } kind;
	int64_t      usec;  /* INSTANT */
	struct civil civil; /* WALL */
};

struct field_list {
	size_t       count;
	const char **items; /* in the arena */
};

struct field_ints {
	bool    set;      /* false: absent; an empty array is set with count 0 */
	size_t  count;
	int64_t items[16];
};

struct field_objects {
	size_t      count;
	const void *items;  /* count * size bytes */
	size_t      size;   /* of one */
};

enum field_flags {
	FIELD_REQUIRED = 1 << 0, /* decode refuses its absence (except from the server); discover says so */
	FIELD_NULLABLE = 1 << 1, /* encode writes null where absent (default: leaves it out); a client's null is absence */
	FIELD_OWN      = 1 << 2, /* encoded for the own tenant and staff only */
	FIELD_STAFF    = 1 << 3, /* encoded for staff only */
	FIELD_HIDDEN   = 1 << 4, /* never encoded; decoded only from the database's facts */
};

struct field {
	const char               *name;    /* NULL ends a table */
	enum field_type           type;
	size_t                    offset;
	unsigned                  flags;
	int64_t                   min, max;  /* of the value, or of the length; max 0 = the type's own default (INT: 2^53 - 1) */
	const char *const        *choices; /* FIELD_ENUM: NULL-terminated */
	const struct field       *fields;  /* FIELD_OBJECT, FIELD_OBJECTS */
	const char               *help;    /* one line for people */
};

#define FIELD_END { .name = NULL }

/* Default longest STRING (and SECRET) and TEXT in code points, and longest list of CODES. */
#define FIELD_STRING_MAX 200
#define FIELD_TEXT_MAX 2000
#define FIELD_CODES_MAX 64

struct field_problem {
	char        name[96];    /* the field, dotted for nested ones, e.g. "like.kind"; unknown ones too */
	char        reason[160]; /* what is wrong and what is wanted, e.g. "must be between 1 and 500" */
	const char *rule;        /* static word: "missing", "unknown", "type", "range", "format", "choice", "repeat" */
};

enum field_source {
	FIELD_FROM_CLIENT,   /* unknown names are refused; forms as on the wire */
	FIELD_FROM_DATABASE, /* unknown names are skipped, limits not checked, null = absent, FIELD_INSTANT is an integer of
	                      * microseconds and FIELD_TIME of minutes, FIELD_HIDDEN is decoded too */
	FIELD_FROM_SERVER,   /* client reading a reply: unknown names and choices skipped, wire forms, limits not checked,
	                      * absence and null allowed, FIELD_OBJECTS left alone */
};

enum field_viewer {
	FIELD_FOR_OTHER, /* fields without OWN and STAFF */
	FIELD_FOR_OWN,   /* and OWN */
	FIELD_FOR_STAFF, /* and STAFF */
};

/*
 * Fills the zeroed struct `out` from a JSON object (a NULL object counts as {}). Text is copied to the
 * arena. 0; -EINVAL with *ret_problem; -ENOMEM.
 */
int field_decode(const struct cJSON *object, const struct field *fields, enum field_source source,
		 struct arena *arena, void *out, struct field_problem *ret_problem);

/* Writes the struct as one JSON object. */
void field_encode(struct jsonw *w, const struct field *fields, enum field_viewer viewer, const void *in);

/* Writes the table as a JSON object {name: {type, required?, min?, max?, choices?, fields?, help?}}. */
void field_describe(struct jsonw *w, const struct field *fields);

/* The word discover uses for a type, e.g. "instant". */
const char *field_type_name(enum field_type type);
