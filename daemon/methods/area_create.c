/* area.create: add an area, a named group of spaces. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct area_create {
	struct mutation mutation;
	struct site_params at;
	const char *code;
	const char *name;
	const char *name_alt;
	const char *floor;
	const char *external_id;
	struct command command;
};

#define AT(member) offsetof(struct area_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct area_create),
	SITE_FIELDS(struct area_create),
	{ "code", FIELD_CODE, AT(code), FIELD_REQUIRED, .help = "the word people say for it" },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, 1, 200,
	  .help = "in the site's other language" },
	{ "floor", FIELD_CODE, AT(floor) },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200,
	  .help = "what it is called elsewhere" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct area_create *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_area_create = {
	.name = "area.create",
	.summary = "add an area, a named group of spaces",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct area_create),
	.site_offset = AT(at),
	.noun = &noun_area,
	.start = start,
};
