/* The shape of a token: on the wire, and in the facts of cowork.token_facts. */

#include "daemon/noun.h"

struct token_view {
	const char *token;
	const char *login;
	const char *label;
	struct field_int kind;
	struct field_int scope;
	struct field_int created;
	struct field_int expires;
	struct field_int last_used;
	struct field_int state;
};

#define AT(member) offsetof(struct token_view, member)

static const struct field fields[] = {
	{ "token", FIELD_STRING, AT(token), 0, .help = "public id, names it in token.revoke" },
	{ "login", FIELD_LOGIN, AT(login), 0 },
	{ "label", FIELD_STRING, AT(label), 0 },
	{ "kind", FIELD_ENUM, AT(kind), 0, .choices = token_kinds },
	{ "scope", FIELD_ENUM, AT(scope), 0, .choices = token_scopes,
	  .help = "read: it changes nothing" },
	{ "created", FIELD_INSTANT, AT(created), 0 },
	{ "expires", FIELD_INSTANT, AT(expires), 0 },
	{ "last_used", FIELD_INSTANT, AT(last_used), 0 },
	{ "state", FIELD_ENUM, AT(state), 0, .choices = token_states },
	FIELD_END,
};

const struct noun noun_token = {
	.name = "token",
	.plural = "tokens",
	.fields = fields,
	.size = sizeof(struct token_view),
};
