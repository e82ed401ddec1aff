#pragma once

/*
 * Who may do what: one table, auth.def, of methods by roles. Default deny: a method without a row,
 * a role without a letter, may not.
 */

#include <stdbool.h>

#include "daemon/actor.h"

struct site;

/* How far a permission reaches. */
enum scope {
	SCOPE_NONE,   /* not at all */
	SCOPE_OWN,    /* what belongs to the person */
	SCOPE_TENANT, /* what belongs to the person's tenant */
	SCOPE_SITE,   /* everything of the staff's own site (all, for staff of all sites) */
	SCOPE_ALL,
};

/*
 * How far `actor` may use `method` ("booking.create") at `site` (NULL: the operator's own things).
 * Staff of one site, whatever their role, may at another what every member may with all of it, and
 * nothing else.
 */
enum scope may(const struct actor *actor, const char *method, const struct site *site);

/* Whether a role has the method at all, for documents and tests. */
enum scope auth_table(const char *method, enum role role);
