#pragma once

/* Nouns: from the database's facts to the wire, by one table each (view/NOUN.c). */

#include "common/field.h"
#include "daemon/method.h"
#include "daemon/words.h"

struct actor;
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
/* An interval on the site's clock, as bookings, blocks and events tell it beside the instants. */
struct noun_local {
	bool set;
	const char *start;
	const char *end;
	const char *zone;
};
extern const struct field noun_local_fields[];

/* All, in order of name; NULL at the end. */
const struct noun *noun_at(size_t index);

/*
 * Writes one thing as a value, as the request's actor may see it: staff, its own tenant or
 * others. 0; -EBADMSG when the facts do not fit the table (logged), -ENOMEM.
 * On an error `null` is written, so that the writer stays balanced.
 */
int noun_write(struct jsonw *w, const struct noun *noun, const struct cJSON *facts,
	       const struct request *request);
/* Which of the fields an actor may see of a thing of this tenant (0: of none). */
enum field_viewer noun_viewer(const struct actor *actor, const struct noun *noun,
			      int64_t tenant_id);
