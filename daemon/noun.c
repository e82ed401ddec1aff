/* See noun.h. */

#include "daemon/noun.h"

#include <errno.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/log.h"
#include "daemon/request.h"

static const struct noun *const nouns[] = { &noun_area,	 &noun_block,  &noun_booking, &noun_event,
					    &noun_floor, &noun_member, &noun_site,    &noun_space,
					    &noun_staff, &noun_tenant, &noun_token };

const struct noun *noun_at(size_t index)
{
	return index < ARRAY_SIZE(nouns) ? nouns[index] : NULL;
}

enum field_viewer noun_viewer(const struct request *request, int64_t tenant_id)
{
	if (actor_is_staff(request->actor))
		return FIELD_FOR_STAFF;
	if (tenant_id == 0 || tenant_id == request->actor->tenant_id)
		return FIELD_FOR_OWN;
	return FIELD_FOR_OTHER;
}

int noun_write(struct jsonw *w, const struct noun *noun, const struct cJSON *facts,
	       enum field_viewer viewer, struct arena *arena)
{
	struct field_problem problem = { .name = "" };
	void *thing = arena_alloc(arena, noun->size);
	int r = thing ? field_decode(facts, noun->fields, FIELD_FROM_DATABASE, arena, thing,
				     &problem)
		      : -ENOMEM;

	if (r < 0) {
		if (r != -ENOMEM)
			log_error("the database's facts do not fit", log_str("noun", noun->name),
				  log_str("field", problem.name), log_str("why", problem.reason));
		jsonw_null(w);
		return r == -ENOMEM ? r : -EBADMSG;
	}
	field_encode(w, noun->fields, viewer, thing);
	return 0;
}
