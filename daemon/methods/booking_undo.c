/*
 * booking.undo: take back one's own last change of a booking: what was made is cancelled, what was
 * cancelled is booked again if the place is still free, what was moved goes back.
 *
 * What there is to undo stands in the log, where only the lane reads it in order. A booking that
 * would take a place again comes back from there untouched and told; then it is judged like one that
 * moves, and goes once more. What the client sent behind it waits, so that nothing overtakes it.
 */

#include "common/json.h"
#include "common/macros.h"
#include "daemon/judging.h"
#include "daemon/method.h"
#include "daemon/noun.h"

/* Somebody else changes the booking each time: then the client may ask again. */
#define TOLD_MAX 3

struct booking_undo {
	struct mutation mutation;
	struct site_params at;
	const char *ref;
	struct field_int if_version;
	struct command command;
	/* As the database told it. */
	int told;	 /* times */
	int64_t version; /* 0: not yet */
	const char *space;
	int64_t from, to;
	int64_t member_id;
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

/* Hours and the like were judged when it was made; a person has one place at a time all the same. */
static enum lane_verdict judge(struct command *command, const struct calendar *calendar,
			       const struct lane_batch *batch)
{
	struct booking_undo *op = container_of(command, struct booking_undo, command);
	struct policy_ask ask = judging_ask(command);
	enum lane_verdict verdict;

	ask.space = op->version ? calendar_space(calendar, op->space) : NULL;
	if (!ask.space) {
		command->lane.touch.all = true;
		return LANE_ALLOW;
	}
	ask.start = op->from;
	ask.end = op->to;
	ask.member_id = op->member_id;
	ask.waive = (1u << POLICY_WAIVED_MAX) - 1 - (1u << POLICY_ONE_AT_A_TIME);
	ask.except = calendar_entry_by_ref(calendar, op->ref);
	verdict = judging_place(command, calendar, batch, &ask);
	command->lane.waived = NULL;
	return verdict;
}

static bool write(struct command *command, struct jsonw *w)
{
	struct booking_undo *op = container_of(command, struct booking_undo, command);

	jsonw_kint(w, "judged", op->version);
	command_write_own(command, w);
	return true;
}

static void reply(struct command *command, struct jsonw *w)
{
	jsonw_kstr(w, "undone", json_str(command->lane.outcome, "undone"));
}

/* What would be held again; from here on it is this booking, whatever else the person changes. */
static bool learn(struct booking_undo *op)
{
	const struct cJSON *outcome = op->command.lane.outcome;
	struct arena *arena = op->command.request->arena;
	const char *ref = json_str(outcome, "ref"), *space = json_str(outcome, "space");

	if (!ref || !space || !json_int(outcome, "version", &op->version) ||
	    !json_int(outcome, "start", &op->from) || !json_int(outcome, "end", &op->to))
		return false;
	if (!json_int(outcome, "member", &op->member_id))
		op->member_id = 0;
	op->ref = arena_strdup(arena, ref);
	op->space = arena_strdup(arena, space);
	return op->ref && op->space;
}

static void done(struct command *command)
{
	struct booking_undo *op = container_of(command, struct booking_undo, command);

	if (command->lane.kind_of_refusal == ERROR_behind && op->told++ < TOLD_MAX && learn(op))
		command_run(command->request, command, &op->mutation);
	else
		command_answer(command);
}

static void start(struct request *request, void *data)
{
	struct booking_undo *op = data;

	op->command.judge = judge;
	op->command.write = write;
	op->command.reply = reply;
	op->command.done = done;
	request_hold(request); /* it may go its way twice, and nothing is to overtake it */
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
