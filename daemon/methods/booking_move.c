/* booking.move: give a booking another space or another time. */

#include "common/macros.h"
#include "daemon/judging.h"
#include "daemon/method.h"
#include "daemon/noun.h"

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
	/* As judged. */
	bool unseen; /* holds no place in the calendar */
	int64_t from, to;
	const char *zone;
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

static bool is_given(const struct field_when *when)
{
	return when->kind != FIELD_WHEN_ABSENT;
}

/* Times that are not told stay as the booking has them; unseen: as the database has them. */
static bool find_times(struct booking_move *op, const struct calendar *calendar,
		       const struct calendar_entry *entry)
{
	struct command *command = &op->command;

	op->zone = calendar_zone_name(calendar);
	op->from = entry ? entry->start : 0;
	op->to = entry ? entry->end : 0;
	return (!is_given(&op->start) ||
		judging_when(command, calendar, &op->start, &op->fold, "start", &op->from)) &&
	       (!is_given(&op->end) ||
		judging_when(command, calendar, &op->end, &op->fold, "end", &op->to)) &&
	       (!(entry || (is_given(&op->start) && is_given(&op->end))) ||
		judging_measure(command, op->from, op->to));
}

static enum lane_verdict judge(struct command *command, const struct calendar *calendar,
			       const struct lane_batch *batch)
{
	struct booking_move *op = container_of(command, struct booking_move, command);
	const struct calendar_entry *entry = judging_own_entry(command, calendar, op->ref);
	struct policy_ask ask = judging_ask(command);

	op->unseen = !entry;
	if (entry && judging_entry_touched(batch, entry))
		return LANE_WAIT;
	if (!find_times(op, calendar, entry))
		return LANE_REFUSE;
	if (!entry || (op->if_version.set && op->if_version.value != entry->version))
		return LANE_ALLOW; /* the database says what is wrong with it */
	ask.space = op->space ? calendar_space(calendar, op->space)
			      : calendar_space_by_id(calendar, entry->space_id);
	ask.start = op->from;
	ask.end = op->to;
	ask.member_id = entry->member_id;
	ask.except = entry;
	return ask.space ? judging_place(command, calendar, batch, &ask) : LANE_ALLOW;
}

static bool write(struct command *command, struct jsonw *w)
{
	struct booking_move *op = container_of(command, struct booking_move, command);

	if (is_given(&op->start))
		jsonw_kint(w, "start", op->from);
	if (is_given(&op->end))
		jsonw_kint(w, "end", op->to);
	jsonw_kstr(w, "zone", op->zone);
	if (op->unseen)
		jsonw_kbool(w, "unseen", true);
	command_write_own(command, w);
	return true;
}

static void start(struct request *request, void *data)
{
	struct booking_move *op = data;

	if (!op->space && !is_given(&op->start) && !is_given(&op->end)) {
		request_fail_field(request, ERROR_params, "space", "missing",
				   "say what to change: space, start or end");
		return;
	}
	op->command.judge = judge;
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
