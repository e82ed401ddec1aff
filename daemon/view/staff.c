/* The shape of a person of the staff: on the wire, and in the facts of cowork.staff_facts. */

#include "daemon/noun.h"

struct staff_view {
	struct field_int id;
	const char *login;
	const char *name;
	const char *lang;
	struct field_int role;
	const char *site;
	struct field_int state;
	struct field_int version;
};

#define AT(member) offsetof(struct staff_view, member)

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "login", FIELD_LOGIN, AT(login), 0, .help = "e-mail address" },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "lang", FIELD_STRING, AT(lang), 0 },
	{ "role", FIELD_ENUM, AT(role), 0, .choices = staff_roles },
	{ "site", FIELD_CODE, AT(site), 0, .help = "absent: all sites" },
	{ "state", FIELD_ENUM, AT(state), 0, .choices = staff_states },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "staff_by_id",
	.sql = "SELECT v.facts FROM cowork.staff_facts v WHERE $1::int = 0 AND v.person_id = "
	       "$2::bigint",
	.params = 2,
};

const struct noun noun_staff = {
	.name = "staff",
	.plural = "staff",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct staff_view),
};
