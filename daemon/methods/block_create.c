/* block.create: take a space out of service from start to end. */

#include <ctype.h>
#include <string.h>

#include "common/macros.h"
#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/wall_clock.h"

/* Of the bookings in the way, which the refusal lists. */
#define CONFLICTS_SIZE 1000

struct block_create {
	struct mutation mutation;
	struct site_params at;
	const char *space;
	struct field_when start;
	struct field_when end;
	struct field_int fold;
	const char *reason;
	const char *note;
	const char *external_id;
	struct command command;
};

#define AT(member) offsetof(struct block_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct block_create),
	SITE_FIELDS(struct block_create),
	{ "space", FIELD_CODE, AT(space), FIELD_REQUIRED },
	{ "start", FIELD_WHEN, AT(start), FIELD_REQUIRED },
	{ "end", FIELD_WHEN, AT(end), FIELD_REQUIRED },
	{ "fold", FIELD_INT, AT(fold), FIELD_META, 0, 1,
	  .help = "which of the two, where the clock shows a time twice" },
	{ "reason", FIELD_CODE, AT(reason), FIELD_REQUIRED, .help = "one word, e.g. repair" },
	{ "note", FIELD_TEXT, AT(note), 0, 0, 2000 },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200,
	  .help = "what it is called elsewhere" },
	FIELD_END,
};

static bool write(struct command *command, struct jsonw *w)
{
	struct block_create *op = container_of(command, struct block_create, command);
	int64_t start, end;

	if (!wall_clock_span(command->request, &op->start, &op->end, &op->fold, &start, &end))
		return false;
	jsonw_kint(w, "start", start);
	jsonw_kint(w, "end", end);
	jsonw_kstr(w, "zone", command->request->site->zone_name);
	return true;
}

static void extra(struct command *command, struct jsonw *w)
{
	command_write_refs(command, w, 'B');
}

static void start(struct request *request, void *data)
{
	struct block_create *op = data;

	/* It stands in the log for good: no telephone number, nor a name with its initials. */
	if (!isalpha((unsigned char)op->reason[0]) || strchr(op->reason, '.')) {
		request_fail_field(request, ERROR_params, "reason", "format",
				   "reason must be one word such as repair");
		return;
	}
	op->command.write = write;
	op->command.extra = extra;
	op->command.reply_size = CONFLICTS_SIZE + (op->note ? 2 * strlen(op->note) : 0);
	command_run(request, &op->command, &op->mutation);
}

const struct method method_block_create = {
	.name = "block.create",
	.summary = "take a space out of service from start to end",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct block_create),
	.site_offset = AT(at),
	.noun = &noun_block,
	.start = start,
};
