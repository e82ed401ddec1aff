/* See auth.h. */

#include "daemon/auth.h"

#include <string.h>

#include "common/macros.h"
#include "daemon/site.h"

static const struct {
	const char *method;
	enum scope roles[ROLE_COUNT];
} table[] = {
#define x		 SCOPE_NONE
#define o		 SCOPE_OWN
#define t		 SCOPE_TENANT
#define s		 SCOPE_SITE
#define a		 SCOPE_ALL
#define MAY(method, ...) { method, { __VA_ARGS__ } },
#include "daemon/auth.def"
#undef MAY
#undef x
#undef o
#undef t
#undef s
#undef a
};

enum scope auth_table(const char *method, enum role role)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].method, method) == 0)
			return table[i].roles[role];
	return SCOPE_NONE;
}

enum scope may(const struct actor *actor, const char *method, const struct site *site)
{
	enum scope scope = auth_table(method, actor->role);

	if (!actor_is_staff(actor) || actor->site_id == ACTOR_ALL_SITES)
		return scope;
	if (!site)
		return scope == SCOPE_SITE ? SCOPE_NONE : scope;
	if (site->id == actor->site_id)
		return scope;
	/* Of one site, whatever the role: elsewhere they may what everybody may. */
	return auth_table(method, ROLE_MEMBER) == SCOPE_ALL ? scope : SCOPE_NONE;
}
