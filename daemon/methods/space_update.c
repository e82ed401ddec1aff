/* space.update: change a space. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct space_update {
	struct mutation mutation;
	struct site_params at;
	const char *space;
	const char *name;
	const char *name_alt;
	struct field_int kind;
	const char *floor;
	const char *area;
	struct field_int capacity;
	struct field_list amenities;
	struct field_int x;
	struct field_int y;
	struct field_list units;
	const char *external_id;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct space_update, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct space_update),
	SITE_FIELDS(struct space_update),
	{ "space", FIELD_CODE, AT(space), FIELD_REQUIRED },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), FIELD_CLEARABLE, 1, 200,
	  .help = "in the site's other language" },
	{ "kind", FIELD_ENUM, AT(kind), .choices = space_kinds },
	{ "floor", FIELD_CODE, AT(floor), FIELD_CLEARABLE },
	{ "area", FIELD_CODE, AT(area), FIELD_CLEARABLE },
	{ "capacity", FIELD_INT, AT(capacity), 0, 1, 100000, .help = "people" },
	{ "amenities", FIELD_CODES, AT(amenities), 0, 0, 64 },
	{ "x", FIELD_INT, AT(x), 0, -1000000, 1000000, .help = "place on the floor's map" },
	{ "y", FIELD_INT, AT(y), 0, -1000000, 1000000 },
	{ "units", FIELD_CODES, AT(units), 0, 0, 16,
	  .help = "what it is made of; not while bookings or blocks hold it" },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_CLEARABLE, 1, 200,
	  .help = "what it is called elsewhere" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct space_update *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_space_update = {
	.name = "space.update",
	.summary = "change a space",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct space_update),
	.site_offset = AT(at),
	.noun = &noun_space,
	.start = start,
};
