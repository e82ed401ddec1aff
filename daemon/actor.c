/* See actor.h. */

#include "daemon/actor.h"

#include <stdlib.h>

const char *const role_names[] = { "member",   "tenant_admin", "front_desk", "site_admin",
				   "operator", "auditor",      "service",    NULL };

struct actor *actor_new(void)
{
	struct actor *actor = calloc(1, sizeof(*actor));

	if (actor)
		actor->refs = 1;
	return actor;
}

struct actor *actor_ref(struct actor *actor)
{
	if (actor)
		actor->refs++;
	return actor;
}

struct actor *actor_unref(struct actor *actor)
{
	if (!actor || --actor->refs > 0)
		return NULL;
	free(actor->login);
	free(actor->name);
	free(actor->tenant);
	free(actor->site);
	free(actor);
	return NULL;
}

bool actor_is_staff(const struct actor *actor)
{
	return actor->tenant_id == 0;
}

bool actor_is_staff_of(const struct actor *actor, int site_id)
{
	return actor_is_staff(actor) &&
	       (actor->site_id == ACTOR_ALL_SITES || actor->site_id == site_id);
}
