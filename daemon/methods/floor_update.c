/* floor.update: change a floor. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct floor_update {
	struct mutation mutation;
	struct site_params at;
	const char *floor;
	const char *name;
	const char *name_alt;
	struct field_int position;
	const char *external_id;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct floor_update, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct floor_update),
	SITE_FIELDS(struct floor_update),
	{ "floor", FIELD_CODE, AT(floor), FIELD_REQUIRED },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), FIELD_CLEARABLE, 1, 200,
	  .help = "in the site's other language" },
	{ "position", FIELD_INT, AT(position), 0, -1000, 1000,
	  .help = "order in lists, from the ground up" },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_CLEARABLE, 1, 200,
	  .help = "what it is called elsewhere" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct floor_update *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_floor_update = {
	.name = "floor.update",
	.summary = "change a floor",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct floor_update),
	.site_offset = AT(at),
	.noun = &noun_floor,
	.start = start,
};
