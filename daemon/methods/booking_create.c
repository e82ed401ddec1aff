/* booking.create: book a space from start to end. */

#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/feed.h"
#include "daemon/judging.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/view/booking_made.h"
#include "daemon/whom.h"

#define SOURCE_CLIENT 0 /* in booking_sources */

/* Any space like this. */
struct wish {
	bool set;
	struct field_int kind;
	const char *area;
	const char *floor;
	struct field_int capacity;
	struct field_list amenities;
	const char *near;
};

struct booking_create {
	struct mutation mutation;
	struct site_params at;
	const char *space;
	struct wish like;
	struct field_int capacity;
	struct field_when start;
	struct field_when end;
	struct field_int fold;
	const char *for_login;
	const char *title;
	const char *note;
	const char *guest;
	bool private;
	struct field_int source;
	const char *external_id;
	struct whom whom; /* for_login's */
	struct command command;
	/* As judged. */
	int64_t from, to;
	const char *zone;
	struct candidates candidates;
};

#define OF(member) offsetof(struct wish, member)

static const struct field like_fields[] = {
	{ "kind", FIELD_ENUM, OF(kind), FIELD_REQUIRED, .choices = space_kinds },
	{ "area", FIELD_CODE, OF(area) },
	{ "floor", FIELD_CODE, OF(floor) },
	{ "capacity", FIELD_INT, OF(capacity), 0, 1, 100000, .help = "people, at least" },
	{ "amenities", FIELD_CODES, OF(amenities), 0, 0, 64, .help = "all of these" },
	{ "near", FIELD_CODE, OF(near), .help = "a space: the nearest on the map come first" },
	FIELD_END,
};

#define AT(member) offsetof(struct booking_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct booking_create),
	SITE_FIELDS(struct booking_create),
	{ "space", FIELD_CODE, AT(space), FIELD_META, .help = "this one; or like" },
	{ "like", FIELD_OBJECT, AT(like), FIELD_META, .fields = like_fields,
	  .help = "any space like this that is free" },
	{ "capacity", FIELD_INT, AT(capacity), FIELD_META, 1, 100000,
	  .help = "people it has to have room for" },
	{ "start", FIELD_WHEN, AT(start), FIELD_REQUIRED,
	  .help = "an instant, or a reading of the site's clock" },
	{ "end", FIELD_WHEN, AT(end), FIELD_REQUIRED, .help = "the first instant after it" },
	{ "fold", FIELD_INT, AT(fold), FIELD_META, 0, 1,
	  .help = "which of the two, where the clock shows a time twice" },
	{ "for", FIELD_LOGIN, AT(for_login), .help = "on behalf of this member" },
	{ "title", FIELD_STRING, AT(title), 0, 0, 200 },
	{ "note", FIELD_TEXT, AT(note), 0, 0, 2000 },
	{ "guest", FIELD_STRING, AT(guest), 0, 0, 200, .help = "name of a guest it is for" },
	{ "private", FIELD_BOOL, AT(private),
	  .help = "title, note and guest are for the booker, whom it is for, and staff alone" },
	{ "source", FIELD_ENUM, AT(source), .choices = booking_sources },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200 },
	FIELD_END,
};

/* Codes to what the calendar knows. NULL, or the field that names nothing. */
static const char *resolve(const struct wish *like, const struct calendar *calendar,
			   struct search_wish *wish)
{
	if (like->area && !(wish->area_id = calendar_area_id(calendar, like->area)))
		return "like.area";
	if (like->floor && !(wish->floor_id = calendar_floor_id(calendar, like->floor)))
		return "like.floor";
	if (like->near && !(wish->near = calendar_space(calendar, like->near)))
		return "like.near";
	return NULL;
}

static enum lane_verdict judge_like(struct booking_create *op, const struct calendar *calendar,
				    const struct lane_batch *batch, struct policy_ask *ask)
{
	struct search_wish wish = { .start = ask->start,
				    .end = ask->end,
				    .kind = (int)op->like.kind.value,
				    .capacity = op->like.capacity.value,
				    .amenities = op->like.amenities };
	const char *missing = resolve(&op->like, calendar, &wish);

	if (missing)
		return judging_missing(&op->command, missing);
	if (wish.capacity < ask->capacity)
		wish.capacity = ask->capacity;
	ask->capacity = wish.capacity;
	ask->amenities = &op->like.amenities;
	return judging_wish(&op->command, calendar, batch, ask, &wish, &op->candidates);
}

/*
 * Whether the actor may book for the person that `for` names. Asked before anything is judged: why a
 * stranger cannot have a place tells where they are.
 */
static bool may_book_for(const struct command *command, const struct whom *whom)
{
	const struct actor *actor = command->request->actor;

	switch (command->request->scope) {
	case SCOPE_OWN:
		return whom->id == actor->person_id;
	case SCOPE_TENANT:
		return whom->tenant_id && whom->tenant_id == actor->tenant_id;
	default:
		return true;
	}
}

/* What the calendar does not know it cannot judge: the database says what is wrong with it. */
static enum lane_verdict judge(struct command *command, const struct calendar *calendar,
			       const struct lane_batch *batch)
{
	struct booking_create *op = container_of(command, struct booking_create, command);
	struct policy_ask ask = judging_ask(command);

	if (op->for_login && !may_book_for(command, &op->whom))
		return judging_missing(command, "for");
	if (!judging_when(command, calendar, &op->start, &op->fold, "start", &op->from) ||
	    !judging_when(command, calendar, &op->end, &op->fold, "end", &op->to) ||
	    !judging_measure(command, op->from, op->to))
		return LANE_REFUSE;
	op->zone = calendar_zone_name(calendar);
	if (op->for_login)
		ask.member_id = op->whom.id;
	ask.start = op->from;
	ask.end = op->to;
	ask.capacity = op->capacity.value;
	if (op->like.set)
		return judge_like(op, calendar, batch, &ask);
	ask.space = calendar_space(calendar, op->space);
	op->candidates.count = 0;
	return ask.space ? judging_place(command, calendar, batch, &ask) : LANE_ALLOW;
}

static bool write(struct command *command, struct jsonw *w)
{
	struct booking_create *op = container_of(command, struct booking_create, command);
	struct request *request = command->request;

	jsonw_key(w, "spaces");
	jsonw_array(w);
	if (!op->like.set)
		jsonw_str(w, op->space);
	for (size_t i = 0; i < op->candidates.count; i++)
		jsonw_str(w, op->candidates.spaces[i]->code);
	jsonw_array_end(w);
	jsonw_kint(w, "start", op->from);
	jsonw_kint(w, "end", op->to);
	jsonw_kstr(w, "zone", op->zone);
	if (!op->source.set)
		jsonw_kstr(w, "source", "client");
	if (op->for_login) {
		jsonw_kint(w, "for_id", op->whom.id);
	} else {
		jsonw_kint(w, "member_id", request->actor->person_id);
		if (request->actor->tenant_id)
			jsonw_kint(w, "tenant_id", request->actor->tenant_id);
	}
	command_write_own(command, w);
	return true;
}

/* Candidates for the reference: the first that the site does not use yet is taken. */
static void extra(struct command *command, struct jsonw *w)
{
	command_write_refs(command, w, 'R');
}

/* The calendar has it since the commit. */
static bool recall(struct command *command, struct jsonw *w)
{
	const struct booking_create *op = container_of(command, struct booking_create, command);
	const struct request *request = command->request;
	const struct cJSON *outcome = command->lane.outcome;
	struct booking_made made = {
		.title = op->title,
		.note = op->note,
		.guest = op->guest,
		.private = op->private,
		.source = op->source.set ? (int)op->source.value : SOURCE_CLIENT,
		.external_id = op->external_id,
	};

	return json_int(outcome, "id", &made.id) && json_int(outcome, "v", &made.version) &&
	       json_int(outcome, "at", &made.created_usec) &&
	       booking_made_write(w, request, feed_calendar(request->services->feed, request->site),
				  &made);
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) : 0;
}

static void on_whom(struct whom *whom)
{
	struct booking_create *op = container_of(whom, struct booking_create, whom);

	command_run(whom->request, &op->command, &op->mutation);
}

static void start(struct request *request, void *data)
{
	struct booking_create *op = data;

	if (!op->space == !op->like.set) {
		request_fail_field(request, ERROR_params, "space",
				   op->space ? "conflict" : "missing",
				   "say which space, or what it should be like");
		return;
	}
	op->command.judge = judge;
	op->command.write = write;
	op->command.external_id = op->external_id;
	op->command.extra = extra;
	op->command.recall = recall;
	/* JSON may double a text by its escapes. */
	op->command.reply_size =
		2 * (text_size(op->title) + text_size(op->note) + text_size(op->guest));
	if (op->for_login)
		whom_find(request, &op->whom, op->for_login, on_whom);
	else
		command_run(request, &op->command, &op->mutation);
}

const struct method method_booking_create = {
	.name = "booking.create",
	.summary = "book a space from start to end",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_create),
	.site_offset = AT(at),
	.noun = &noun_booking,
	.start = start,
};
