/* space.retire: take a space out of use for good; its bookings stay. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct space_retire {
	struct mutation mutation;
	struct site_params at;
	const char *space;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct space_retire, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct space_retire),
	SITE_FIELDS(struct space_retire),
	{ "space", FIELD_CODE, AT(space), FIELD_REQUIRED },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct space_retire *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_space_retire = {
	.name = "space.retire",
	.summary = "take a space out of use for good; its bookings stay",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct space_retire),
	.site_offset = AT(at),
	.noun = &noun_space,
	.start = start,
};
