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

const struct field noun_local_fields[] = {
	{ "start", FIELD_STRING, offsetof(struct noun_local, start), .help = "YYYY-MM-DDTHH:MM" },
	{ "end", FIELD_STRING, offsetof(struct noun_local, end) },
	{ "zone", FIELD_ZONE, offsetof(struct noun_local, zone) },
	FIELD_END,
};

const struct noun *noun_at(size_t index)
{
	return index < ARRAY_SIZE(nouns) ? nouns[index] : NULL;
}

enum field_viewer noun_viewer(const struct actor *actor, const struct noun *noun, int64_t tenant_id)
{
	if (actor_is_staff(actor))
		return FIELD_FOR_STAFF;
	if (!noun->owned || (tenant_id != 0 && tenant_id == actor->tenant_id))
		return FIELD_FOR_OWN;
	return FIELD_FOR_OTHER;
}

int noun_write(struct jsonw *w, const struct noun *noun, const struct cJSON *facts,
	       const struct request *request)
{
	struct field_problem problem = { .name = "" };
	void *thing = arena_alloc(request->arena, noun->size);
	int r = thing ? field_decode(facts, noun->fields, FIELD_FROM_DATABASE, request->arena,
				     thing, &problem)
		      : -ENOMEM;
	int64_t tenant_id = 0;

	if (r < 0) {
		if (r != -ENOMEM)
			log_error("the database's facts do not fit", log_str("noun", noun->name),
				  log_str("field", problem.name), log_str("why", problem.reason));
		jsonw_null(w);
		return r == -ENOMEM ? r : -EBADMSG;
	}
	if (noun->conceal)
		noun->conceal(thing, request->actor);
	json_int(facts, "tenant_id", &tenant_id);
	field_encode(w, noun->fields, noun_viewer(request->actor, noun, tenant_id), thing);
	return 0;
}
