#pragma once

/*
 * What the files of field_decode() share; nobody else includes this. field.c walks objects and
 * tables, field_text.c converts the types that are text in C, field_problem.c words the refusals.
 */

#include "common/field.h"

/* One object being decoded. */
struct decoding {
	enum field_source source;
	struct arena *arena;	       /* borrows */
	struct field_problem *problem; /* borrows; where a refusal goes */
	const struct decoding *up;     /* the object that holds this one; NULL at the top */
	const char *name;	       /* of this object in that one */
};

/* Converts one value into `out` (the member itself); 0, -EINVAL after a refusal, -ENOMEM. */
typedef int field_decoder(const struct decoding *at, const struct field *field,
			  const struct cJSON *value, void *out);

field_decoder field_decode_text; /* STRING, TEXT, SECRET */
field_decoder field_decode_form; /* CODE, REF, BLOCK, UUID, LOGIN, ZONE, DATE */

/* Whether it is a code; the rule is FIELD_CODE's. */
bool field_is_code(const char *text);

/* Say what is wrong with a field, or with an unknown member `name`; all return -EINVAL. */
int field_refuse(const struct decoding *at, const struct field *field, const char *rule,
		 const char *format, ...) _printf_(4, 5);
int field_refuse_choice(const struct decoding *at, const struct field *field);
int field_refuse_unknown(const struct decoding *at, const struct field *fields, const char *name);
/* `what` is counted: "characters", "items". */
int field_refuse_length(const struct decoding *at, const struct field *field, int64_t min,
			int64_t max, const char *what);
