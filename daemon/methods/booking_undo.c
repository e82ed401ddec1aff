/*
 * booking.undo: take back one's own last change of a booking: what was made is cancelled, what was
 * cancelled is booked again if the place is still free, what was moved goes back.
 */

#include "common/json.h"
#include "common/macros.h"
#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct booking_undo {
	struct mutation mutation;
	struct site_params at;
	const char *ref;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct booking_undo, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct booking_undo),
	SITE_FIELDS(struct booking_undo),
	{ "ref", FIELD_REF, AT(ref), .help = "whichever I changed last here, unless told" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static const struct field result[] = {
	{ "undone", FIELD_ENUM, 0, .choices = undone_words,
	  .help = "what was taken back: created (it is cancelled now), moved or cancelled" },
	FIELD_END,
};

static bool write(struct command *command, struct jsonw *w)
{
	command_write_own(command, w);
	return true;
}

static void reply(struct command *command, struct jsonw *w)
{
	jsonw_kstr(w, "undone", json_str(command->lane.outcome, "undone"));
}

static void start(struct request *request, void *data)
{
	struct booking_undo *op = data;

	op->command.write = write;
	op->command.reply = reply;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_booking_undo = {
	.name = "booking.undo",
	.summary = "take back one's own last change of a booking, within 10 minutes",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_undo),
	.site_offset = AT(at),
	.noun = &noun_booking,
	.result = result,
	.start = start,
};
