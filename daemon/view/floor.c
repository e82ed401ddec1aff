/* The shape of a floor: on the wire, and in the facts of cowork.floor_facts. */

#include "daemon/noun.h"

struct floor_view {
	const char *site;
	const char *code;
	const char *name;
	struct field_int position;
	struct field_int version;
};

#define AT(member) offsetof(struct floor_view, member)

static const struct field fields[] = {
	{ "site", FIELD_CODE, AT(site), 0 },
	{ "code", FIELD_CODE, AT(code), 0 },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "position", FIELD_INT, AT(position), 0, .help = "order in lists, from the ground up" },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

const struct noun noun_floor = {
	.name = "floor",
	.plural = "floors",
	.fields = fields,
	.size = sizeof(struct floor_view),
};
