/* floor.create: add a floor to a site. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct floor_create {
	struct mutation mutation;
	struct site_params at;
	const char *code;
	const char *name;
	const char *name_alt;
	struct field_int position;
	const char *external_id;
	struct command command;
};

#define AT(member) offsetof(struct floor_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct floor_create),
	SITE_FIELDS(struct floor_create),
	{ "code", FIELD_CODE, AT(code), FIELD_REQUIRED, .help = "e.g. 2F" },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, 1, 200,
	  .help = "in the site's other language" },
	{ "position", FIELD_INT, AT(position), 0, -1000, 1000,
	  .help = "order in lists, from the ground up" },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200,
	  .help = "what it is called elsewhere" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct floor_create *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_floor_create = {
	.name = "floor.create",
	.summary = "add a floor to a site",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct floor_create),
	.site_offset = AT(at),
	.noun = &noun_floor,
	.start = start,
};
