/* See words.h. */

#include "daemon/words.h"

#include <string.h>

const char *const space_kinds[] = { "desk", "room", "booth", "office", "event", NULL };
const char *const space_states[] = { "active", "retired", NULL };
const char *const block_states[] = { "active", "ended", NULL };
const char *const tenant_states[] = { "active", "disabled", NULL };
const char *const member_roles[] = { "member", "tenant_admin", NULL };
const char *const person_states[] = { "invited", "active", "disabled", NULL };
const char *const staff_roles[] = { "front_desk", "site_admin", "operator",
				    "auditor",	  "service",	NULL };
const char *const staff_states[] = { "invited", "active", "revoked", NULL };
const char *const token_kinds[] = { "access", "certificate", NULL };
const char *const token_scopes[] = { "full", "read", NULL };
const char *const token_states[] = { "active", "revoked", "expired", NULL };
const char *const booking_states[] = { "held",	    "confirmed", "checked_in",
				       "completed", "cancelled", "declined",
				       "lapsed",    "no_show",	 NULL };
const char *const booking_sources[] = { "client", "import", "desk", "api", NULL };
const char *const undone_words[] = { "created", "moved", "cancelled", NULL };

int word_index(const char *const *words, const char *word)
{
	for (int i = 0; word && words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}
