#pragma once

/* Nouns: from the database's facts to the wire, by one table each (view/NOUN.c). */

#include "common/field.h"
#include "daemon/method.h"
#include "daemon/words.h"

struct cJSON;
struct request;

extern const struct noun noun_area;
extern const struct noun noun_block;
extern const struct noun noun_booking;
extern const struct noun noun_event;
extern const struct noun noun_floor;
extern const struct noun noun_member;
extern const struct noun noun_site;
extern const struct noun noun_space;
extern const struct noun noun_staff;
extern const struct noun noun_tenant;
extern const struct noun noun_token;
/* All, in order of name; NULL at the end. */
const struct noun *noun_at(size_t index);

/* Which fields the request's actor may see of a thing of `tenant_id` (0: of nobody's in
 * particular). */
enum field_viewer noun_viewer(const struct request *request, int64_t tenant_id);

/*
 * Writes one thing as a value. 0; -EBADMSG when the facts do not fit the table (logged), -ENOMEM.
 * On an error `null` is written, so that the writer stays balanced.
 */
int noun_write(struct jsonw *w, const struct noun *noun, const struct cJSON *facts,
	       enum field_viewer viewer, struct arena *arena);
