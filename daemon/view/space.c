/* The shape of a space: on the wire, and in the facts of cowork.space_facts. */

#include "daemon/noun.h"

struct space_view {
	struct field_int id;
	const char *site;
	const char *floor;
	const char *area;
	const char *code;
	const char *name;
	const char *name_alt;
	struct field_int kind;
	struct field_int capacity;
	struct field_list amenities;
	struct field_int x;
	struct field_int y;
	struct field_list units;
	struct field_int state;
	const char *external_id;
	struct field_int version;
};

#define AT(member) offsetof(struct space_view, member)

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "site", FIELD_CODE, AT(site), 0 },
	{ "floor", FIELD_CODE, AT(floor), 0 },
	{ "area", FIELD_CODE, AT(area), 0 },
	{ "code", FIELD_CODE, AT(code), 0, .help = "the word people say for it" },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0 },
	{ "kind", FIELD_ENUM, AT(kind), 0, .choices = space_kinds },
	{ "capacity", FIELD_INT, AT(capacity), 0, .help = "people" },
	{ "amenities", FIELD_CODES, AT(amenities), 0 },
	{ "x", FIELD_INT, AT(x), 0, .help = "place on the floor's map" },
	{ "y", FIELD_INT, AT(y), 0 },
	{ "units", FIELD_CODES, AT(units), 0,
	  .help = "what it is made of; a divisible room shares its halves' units" },
	{ "state", FIELD_ENUM, AT(state), 0, .choices = space_states },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_STAFF },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "space_by_id",
	.sql = "SELECT v.facts FROM cowork.space_facts v WHERE v.site_id = $1::int AND v.space_id "
	       "= $2::bigint",
	.params = 2,
};

const struct noun noun_space = {
	.name = "space",
	.plural = "spaces",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct space_view),
};
