/* The shape of an event in a booking's history. */

#include "daemon/noun.h"

struct event_view {
	struct field_int rev;
	struct field_int at;
	const char *kind;
	const char *actor;
	const char *space;
	struct field_int start;
	struct field_int end;
	struct noun_local local;
	struct field_int state;
	struct field_int version;
	struct field_int undo;
};

#define AT(member) offsetof(struct event_view, member)

static const struct field fields[] = {
	{ "rev", FIELD_INT, AT(rev), .help = "number in the site's log" },
	{ "at", FIELD_INSTANT, AT(at) },
	{ "kind", FIELD_STRING, AT(kind), .help = "e.g. booking.moved" },
	{ "actor", FIELD_LOGIN, AT(actor) },
	{ "space", FIELD_CODE, AT(space), .help = "as it was then, like all that follows" },
	{ "start", FIELD_INSTANT, AT(start) },
	{ "end", FIELD_INSTANT, AT(end) },
	{ "local", FIELD_OBJECT, AT(local), .fields = noun_local_fields,
	  .help = "the same on the site's clock" },
	{ "state", FIELD_ENUM, AT(state), .choices = booking_states },
	{ "version", FIELD_INT, AT(version) },
	{ "undo", FIELD_ENUM, AT(undo), .choices = undone_words,
	  .help = "booking.undone: what was taken back" },
	FIELD_END,
};

const struct noun noun_event = {
	.name = "event",
	.plural = "events",
	.fields = fields,
	.size = sizeof(struct event_view),
};
