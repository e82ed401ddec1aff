/* The shape of a floor: on the wire, and in the facts of cowork.floor_facts. */

#include "daemon/noun.h"

struct floor_view {
	const char *site;
	const char *code;
	const char *name;
	const char *name_alt;
	struct field_int position;
	const char *external_id;
	struct field_int version;
};

#define AT(member) offsetof(struct floor_view, member)

static const struct field fields[] = {
	{ "site", FIELD_CODE, AT(site), 0 },
	{ "code", FIELD_CODE, AT(code), 0 },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, .help = "in the site's other language" },
	{ "position", FIELD_INT, AT(position), 0, .help = "order in lists, from the ground up" },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_STAFF },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "floor_by_id",
	.sql = "SELECT v.facts FROM cowork.floor_facts v WHERE v.site_id = $1::int AND v.floor_id "
	       "= $2::bigint",
	.params = 2,
};

const struct noun noun_floor = {
	.name = "floor",
	.plural = "floors",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct floor_view),
};
