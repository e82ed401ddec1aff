/* The shape of a tenant: on the wire, and in the facts of cowork.tenant_facts. */

#include "daemon/noun.h"

struct tenant_view {
	struct field_int id;
	const char *code;
	const char *name;
	const char *name_alt;
	const char *email;
	struct field_int state;
	const char *external_id;
	struct field_int version;
};

#define AT(member) offsetof(struct tenant_view, member)

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "code", FIELD_CODE, AT(code), 0 },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, .help = "in another language" },
	{ "email", FIELD_STRING, AT(email), FIELD_OWN },
	{ "state", FIELD_ENUM, AT(state), 0, .choices = tenant_states },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_STAFF },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "tenant_by_id",
	.sql = "SELECT v.facts FROM cowork.tenant_facts v WHERE $1::int = 0 AND v.tenant_id = "
	       "$2::bigint",
	.params = 2,
};

const struct noun noun_tenant = {
	.name = "tenant",
	.plural = "tenants",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct tenant_view),
};
