/* booking.cancel: cancel a booking. */

#include "common/macros.h"
#include "daemon/judging.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct booking_cancel {
	struct mutation mutation;
	struct site_params at;
	const char *ref;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct booking_cancel, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct booking_cancel),
	SITE_FIELDS(struct booking_cancel),
	{ "ref", FIELD_REF, AT(ref), FIELD_REQUIRED },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

/* Always let pass; those behind it have to know whose place becomes free. */
static enum lane_verdict judge(struct command *command, const struct calendar *calendar,
			       const struct lane_batch *batch)
{
	struct booking_cancel *op = container_of(command, struct booking_cancel, command);
	const struct calendar_entry *entry = judging_own_entry(command, calendar, op->ref);

	if (entry)
		command->lane.touch =
			(struct lane_touch){ .frees = entry, .member_id = entry->member_id };
	return LANE_ALLOW;
}

static bool write(struct command *command, struct jsonw *w)
{
	command_write_own(command, w);
	return true;
}

static void start(struct request *request, void *data)
{
	struct booking_cancel *op = data;

	op->command.judge = judge;
	op->command.write = write;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_booking_cancel = {
	.name = "booking.cancel",
	.summary = "cancel a booking",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_cancel),
	.site_offset = AT(at),
	.noun = &noun_booking,
	.start = start,
};
