/* block.end: end a block early. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct block_end {
	struct mutation mutation;
	struct site_params at;
	const char *ref;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct block_end, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct block_end),
	SITE_FIELDS(struct block_end),
	{ "ref", FIELD_BLOCK, AT(ref), FIELD_REQUIRED },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct block_end *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_block_end = {
	.name = "block.end",
	.summary = "end a block early",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct block_end),
	.site_offset = AT(at),
	.noun = &noun_block,
	.start = start,
};
