/* area.update: change an area. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct area_update {
	struct mutation mutation;
	struct site_params at;
	const char *area;
	const char *name;
	const char *name_alt;
	const char *floor;
	const char *external_id;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct area_update, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct area_update),
	SITE_FIELDS(struct area_update),
	{ "area", FIELD_CODE, AT(area), FIELD_REQUIRED },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), FIELD_CLEARABLE, 1, 200,
	  .help = "in the site's other language" },
	{ "floor", FIELD_CODE, AT(floor), FIELD_CLEARABLE },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_CLEARABLE, 1, 200,
	  .help = "what it is called elsewhere" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct area_update *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_area_update = {
	.name = "area.update",
	.summary = "change an area",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct area_update),
	.site_offset = AT(at),
	.noun = &noun_area,
	.start = start,
};
