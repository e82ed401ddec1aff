/*
 * space.retire: take a space out of use for good. Bookings that it has are not cancelled behind
 * people's backs: while there are any it is refused, and with `with_bookings` they stay until
 * somebody moves or cancels them.
 */

#include "common/json.h"
#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct space_retire {
	struct mutation mutation;
	struct site_params at;
	const char *space;
	bool with_bookings;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct space_retire, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct space_retire),
	SITE_FIELDS(struct space_retire),
	{ "space", FIELD_CODE, AT(space), FIELD_REQUIRED },
	{ "with_bookings", FIELD_BOOL, AT(with_bookings),
	  .help = "although it has bookings that are not over: they stay" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static const struct field result[] = {
	{ "bookings", FIELD_INT, 0, .help = "that are not over and stay" },
	FIELD_END,
};

static void reply(struct command *command, struct jsonw *w)
{
	int64_t count = 0;

	json_int(command->lane.outcome, "count", &count);
	jsonw_kint(w, "bookings", count);
}

static void start(struct request *request, void *data)
{
	struct space_retire *op = data;

	op->command.reply = reply;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_space_retire = {
	.name = "space.retire",
	.summary = "take a space out of use for good",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct space_retire),
	.site_offset = AT(at),
	.noun = &noun_space,
	.result = result,
	.start = start,
};
