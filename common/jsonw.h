#pragma once

/*
 * Writes JSON into a struct buf, compact, with correct escapes. Commas are its own business; an
 * unbalanced call is a bug and asserts. Failure is buf->failed, checked once at the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct jsonw {
	struct buf *out;  /* borrows */
	unsigned depth;	  /* open containers */
	uint64_t more;	  /* bit d: the container at depth d has an element already */
	uint64_t objects; /* bit d: the container at depth d is an object */
	bool key;	  /* a key was written and waits for its value */
};

#define JSONW_INIT(buffer) ((struct jsonw){ .out = (buffer) })
#define JSONW_DEPTH_MAX	   60

void jsonw_object(struct jsonw *w);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_array_end(struct jsonw *w);
void jsonw_key(struct jsonw *w, const char *key);

/* Values; a NULL string writes null. Bytes that are not UTF-8, and NUL, are written as
 * U+FFFD. */
void jsonw_str(struct jsonw *w, const char *value);
void jsonw_strn(struct jsonw *w, const char *value, size_t len);
void jsonw_int(struct jsonw *w, int64_t value);
void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);
/* `json` is one complete value, written as it is. */
void jsonw_raw(struct jsonw *w, const char *json, size_t len);

/* Key and value in one call. */
void jsonw_kstr(struct jsonw *w, const char *key, const char *value);
void jsonw_kint(struct jsonw *w, const char *key, int64_t value);
void jsonw_kbool(struct jsonw *w, const char *key, bool value);
void jsonw_kinstant(struct jsonw *w, const char *key, int64_t usec);
