/* The shape of a member: on the wire, and in the facts of cowork.member_facts. */

#include "daemon/noun.h"

struct member_view {
	struct field_int id;
	const char *tenant;
	const char *login;
	const char *name;
	const char *lang;
	struct field_int role;
	struct field_int state;
	const char *external_id;
	struct field_int version;
};

#define AT(member) offsetof(struct member_view, member)

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "tenant", FIELD_CODE, AT(tenant), 0 },
	{ "login", FIELD_LOGIN, AT(login), 0, .help = "e-mail address" },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "lang", FIELD_STRING, AT(lang), 0 },
	{ "role", FIELD_ENUM, AT(role), 0, .choices = member_roles },
	{ "state", FIELD_ENUM, AT(state), 0, .choices = person_states },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_STAFF },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "member_by_id",
	.sql = "SELECT v.facts FROM cowork.member_facts v WHERE $1::int = 0 AND v.person_id = "
	       "$2::bigint",
	.params = 2,
};

const struct noun noun_member = {
	.name = "member",
	.plural = "members",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct member_view),
};
