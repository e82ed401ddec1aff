/* The shape of an area: on the wire, and in the facts of cowork.area_facts. */

#include "daemon/noun.h"

struct area_view {
	const char *site;
	const char *floor;
	const char *code;
	const char *name;
	const char *name_alt;
	const char *external_id;
	struct field_int version;
};

#define AT(member) offsetof(struct area_view, member)

static const struct field fields[] = {
	{ "site", FIELD_CODE, AT(site), 0 },
	{ "floor", FIELD_CODE, AT(floor), 0 },
	{ "code", FIELD_CODE, AT(code), 0 },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, .help = "in the site's other language" },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_STAFF },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "area_by_id",
	.sql = "SELECT v.facts FROM cowork.area_facts v WHERE v.site_id = $1::int AND v.area_id = "
	       "$2::bigint",
	.params = 2,
};

const struct noun noun_area = {
	.name = "area",
	.plural = "areas",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct area_view),
};
