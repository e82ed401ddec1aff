/* booking.move: give a booking another space or another time. */

#include "common/macros.h"
#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/wall_clock.h"

struct booking_move {
	struct mutation mutation;
	struct site_params at;
	const char *ref;
	const char *space;
	struct field_when start;
	struct field_when end;
	struct field_int fold;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct booking_move, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct booking_move),
	SITE_FIELDS(struct booking_move),
	{ "ref", FIELD_REF, AT(ref), FIELD_REQUIRED },
	{ "space", FIELD_CODE, AT(space), .help = "the same unless told" },
	{ "start", FIELD_WHEN, AT(start), .help = "the same unless told" },
	{ "end", FIELD_WHEN, AT(end), .help = "the same unless told" },
	{ "fold", FIELD_INT, AT(fold), FIELD_META, 0, 1,
	  .help = "which of the two, where the clock shows a time twice" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

/* Of a time that stays the same only the database knows the other end. */
static bool write(struct command *command, struct jsonw *w)
{
	struct booking_move *op = container_of(command, struct booking_move, command);
	struct request *request = command->request;
	bool from = op->start.kind != FIELD_WHEN_ABSENT, to = op->end.kind != FIELD_WHEN_ABSENT;
	int64_t start = 0, end = 0;

	if (from && !wall_clock_resolve(request, &op->start, &op->fold, "start", &start))
		return false;
	if (to && !wall_clock_resolve(request, &op->end, &op->fold, "end", &end))
		return false;
	if (from && to && !wall_clock_check(request, start, end))
		return false;
	if (from)
		jsonw_kint(w, "start", start);
	if (to)
		jsonw_kint(w, "end", end);
	jsonw_kstr(w, "zone", request->site->zone_name);
	command_write_own(command, w);
	return true;
}

static void start(struct request *request, void *data)
{
	struct booking_move *op = data;

	if (!op->space && op->start.kind == FIELD_WHEN_ABSENT &&
	    op->end.kind == FIELD_WHEN_ABSENT) {
		request_fail_field(request, ERROR_params, "space", "missing",
				   "say what to change: space, start or end");
		return;
	}
	op->command.write = write;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_booking_move = {
	.name = "booking.move",
	.summary = "give a booking another space or another time",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_move),
	.site_offset = AT(at),
	.noun = &noun_booking,
	.start = start,
};
