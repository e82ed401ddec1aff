/* block.create: take a space out of service from start to end. */

#include <ctype.h>
#include <string.h>

#include "common/macros.h"
#include "daemon/judging.h"
#include "daemon/method.h"
#include "daemon/noun.h"

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
	/* As judged. */
	int64_t from, to;
	const char *zone;
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

/* Staff's own: only the times are the calendar's. What is behind it waits for what it closes. */
static enum lane_verdict judge(struct command *command, const struct calendar *calendar,
			       const struct lane_batch *batch)
{
	struct block_create *op = container_of(command, struct block_create, command);

	if (!judging_when(command, calendar, &op->start, &op->fold, "start", &op->from) ||
	    !judging_when(command, calendar, &op->end, &op->fold, "end", &op->to) ||
	    !judging_measure(command, op->from, op->to))
		return LANE_REFUSE;
	op->zone = calendar_zone_name(calendar);
	command->lane.touch.all = true;
	return LANE_ALLOW;
}

static bool write(struct command *command, struct jsonw *w)
{
	struct block_create *op = container_of(command, struct block_create, command);

	jsonw_kint(w, "start", op->from);
	jsonw_kint(w, "end", op->to);
	jsonw_kstr(w, "zone", op->zone);
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
	op->command.judge = judge;
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
