/* space.create: add a desk, room, booth, office or event space. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct space_create {
	struct mutation mutation;
	struct site_params at;
	const char *code;
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
	struct command command;
};

#define AT(member) offsetof(struct space_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct space_create),
	SITE_FIELDS(struct space_create),
	{ "code", FIELD_CODE, AT(code), FIELD_REQUIRED, .help = "the word people say for it" },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, 1, 200,
	  .help = "in the site's other language" },
	{ "kind", FIELD_ENUM, AT(kind), FIELD_REQUIRED, .choices = space_kinds },
	{ "floor", FIELD_CODE, AT(floor) },
	{ "area", FIELD_CODE, AT(area) },
	{ "capacity", FIELD_INT, AT(capacity), 0, 1, 100000, .help = "people" },
	{ "amenities", FIELD_CODES, AT(amenities), 0, 0, 64 },
	{ "x", FIELD_INT, AT(x), 0, -1000000, 1000000, .help = "place on the floor's map" },
	{ "y", FIELD_INT, AT(y), 0, -1000000, 1000000 },
	{ "units", FIELD_CODES, AT(units), 0, 0, 16,
	  .help = "what it is made of; one of its own unless told" },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200,
	  .help = "what it is called elsewhere" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct space_create *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_space_create = {
	.name = "space.create",
	.summary = "add a desk, room, booth, office or event space",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct space_create),
	.site_offset = AT(at),
	.noun = &noun_space,
	.start = start,
};
