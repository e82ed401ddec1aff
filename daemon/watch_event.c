/* See watch_event.h. What a class may not know is not in its text: nothing is taken out later. */

#include "daemon/watch_event.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/civil.h"
#include "common/field.h"
#include "common/json.h"
#include "common/jsonw.h"
#include "daemon/log.h"
#include "daemon/people.h"
#include "daemon/words.h"

#define TEXT_MAX 4096 /* of one event, of which codes, logins and one name are the longest */

const char *const watch_topic_names[] = { "bookings", "blocks", "catalogue", NULL };

static const struct field was_fields[] = {
	{ "space", FIELD_CODE, 0 },
	{ "start", FIELD_INSTANT, 0 },
	{ "end", FIELD_INSTANT, 0 },
	FIELD_END,
};

static const struct field booking_fields[] = {
	{ "ref", FIELD_REF, 0 },
	{ "state", FIELD_ENUM, 0, .choices = booking_states },
	{ "version", FIELD_INT, 0 },
	{ "tenant", FIELD_CODE, 0 },
	{ "member", FIELD_LOGIN, 0, .help = "whose it is" },
	{ "member_name", FIELD_STRING, 0 },
	FIELD_END,
};

static const struct field block_fields[] = {
	{ "ref", FIELD_BLOCK, 0 },
	{ "state", FIELD_ENUM, 0, .choices = block_states },
	{ "version", FIELD_INT, 0 },
	FIELD_END,
};

#define BOOKING_HELP "own tenant and staff only"
#define BLOCK_HELP   "staff only"

const struct field watch_event_fields[] = {
	{ "rev", FIELD_INT, 0 },
	{ "space", FIELD_CODE, 0, .help = "bookings and blocks: which one" },
	{ "start", FIELD_INSTANT, 0 },
	{ "end", FIELD_INSTANT, 0 },
	{ "taken", FIELD_BOOL, 0, .help = "whether it is held from start to end now, or free" },
	{ "blocked", FIELD_BOOL, 0, .help = "it is a block, nobody's booking" },
	{ "was", FIELD_OBJECT, 0, .fields = was_fields,
	  .help = "what it held before and holds no more: free first, then look at the rest" },
	{ "at", FIELD_INSTANT, 0, .help = "when it happened; not for others" },
	{ "kind", FIELD_STRING, 0, .help = "what happened, e.g. booking.moved; not for others" },
	{ "actor", FIELD_LOGIN, 0, .help = "who did it; not for others" },
	{ "booking", FIELD_OBJECT, 0, .fields = booking_fields, .help = BOOKING_HELP },
	{ "block", FIELD_OBJECT, 0, .fields = block_fields, .help = BLOCK_HELP },
	{ "code", FIELD_CODE, 0,
	  .help = "catalogue: of the site, floor, area or space that changed" },
	FIELD_END,
};

const struct field watch_held_fields[] = {
	{ "start", FIELD_INSTANT, 0 },
	{ "end", FIELD_INSTANT, 0 },
	{ "taken", FIELD_BOOL, 0, .help = "always true" },
	{ "blocked", FIELD_BOOL, 0, .help = "it is a block, nobody's booking" },
	{ "booking", FIELD_OBJECT, 0, .fields = booking_fields, .help = BOOKING_HELP },
	{ "block", FIELD_OBJECT, 0, .fields = block_fields, .help = BLOCK_HELP },
	FIELD_END,
};

enum watch_class watch_class_of(bool staff, int64_t viewer_tenant_id, int64_t tenant_id)
{
	if (staff)
		return WATCH_STAFF;
	return tenant_id != 0 && tenant_id == viewer_tenant_id ? WATCH_OWN : WATCH_OTHER;
}

/* ---- what a booking or block is, for those who may know ---- */

struct held {
	bool block;
	const char *ref, *state;
	int64_t version, tenant_id, member_id;
};

static const struct person *find_person(const struct people *people, int64_t id)
{
	return people && id ? people_person(people, id) : NULL;
}

static void write_text(struct jsonw *w, const char *key, const char *text)
{
	if (text)
		jsonw_kstr(w, key, text);
}

static void write_booking(struct jsonw *w, const struct people *people, const struct held *held)
{
	const struct person *member = find_person(people, held->member_id);
	const struct people_tenant *tenant =
		people && held->tenant_id ? people_tenant(people, held->tenant_id) : NULL;

	jsonw_key(w, "booking");
	jsonw_object(w);
	jsonw_kstr(w, "ref", held->ref);
	jsonw_kstr(w, "state", held->state);
	jsonw_kint(w, "version", held->version);
	write_text(w, "tenant", tenant ? tenant->code : NULL);
	write_text(w, "member", member ? member->login : NULL);
	write_text(w, "member_name", member ? member->name : NULL);
	jsonw_object_end(w);
}

static void write_block(struct jsonw *w, const struct held *held)
{
	jsonw_key(w, "block");
	jsonw_object(w);
	jsonw_kstr(w, "ref", held->ref);
	jsonw_kstr(w, "state", held->state);
	jsonw_kint(w, "version", held->version);
	jsonw_object_end(w);
}

/* A block is staff's: for a tenant it is not its own. */
static void write_details(struct jsonw *w, const struct people *people, const struct held *held,
			  enum watch_class as)
{
	if (held->block)
		jsonw_kbool(w, "blocked", true);
	if (held->block && as == WATCH_STAFF)
		write_block(w, held);
	else if (!held->block && as != WATCH_OTHER)
		write_booking(w, people, held);
}

void watch_write_held(struct jsonw *w, const struct people *people,
		      const struct calendar_entry *entry, enum watch_class as)
{
	bool block = entry->type == CALENDAR_BLOCK;
	struct held held = { .block = block,
			     .ref = entry->ref,
			     .state = block ? block_states[entry->state]
					    : booking_states[entry->state],
			     .version = entry->version,
			     .tenant_id = entry->tenant_id,
			     .member_id = entry->member_id };

	jsonw_object(w);
	jsonw_kinstant(w, "start", entry->start);
	jsonw_kinstant(w, "end", entry->end);
	jsonw_kbool(w, "taken", true);
	write_details(w, people, &held, as);
	jsonw_object_end(w);
}

/* ---- events ---- */

/* What all classes of one event are written from. */
struct telling {
	const struct calendar *calendar;
	const struct people *people;
	const struct feed_event *event;
	struct held held;
	const char *space; /* NULL: catalogue */
	int64_t start, end;
	bool taken;
	const char *was; /* space; NULL: nothing else is free by it */
	const char *code;
};

static void write_who(struct jsonw *w, const struct telling *t)
{
	const struct person *actor = find_person(t->people, t->event->actor);

	jsonw_kinstant(w, "at", t->event->at_usec);
	write_text(w, "actor", actor ? actor->login : NULL);
}

static void write_place(struct jsonw *w, const struct telling *t)
{
	jsonw_kstr(w, "space", t->space);
	jsonw_kinstant(w, "start", t->start);
	jsonw_kinstant(w, "end", t->end);
	jsonw_kbool(w, "taken", t->taken);
	if (!t->was)
		return;
	jsonw_key(w, "was");
	jsonw_object(w);
	jsonw_kstr(w, "space", t->was);
	jsonw_kinstant(w, "start", t->event->was.start);
	jsonw_kinstant(w, "end", t->event->was.end);
	jsonw_object_end(w);
}

/* Whoever may not know whose it is does not learn what was done to it, when and by whom, either. */
static void write_event(struct jsonw *w, const struct telling *t, enum watch_class as)
{
	bool knows = as == WATCH_STAFF || (as == WATCH_OWN && t->space && !t->held.block);

	jsonw_object(w);
	jsonw_kint(w, "rev", t->event->rev);
	if (t->space)
		write_place(w, t);
	if (knows)
		write_who(w, t);
	if (knows || !t->space)
		jsonw_kstr(w, "kind", t->event->kind);
	if (t->space)
		write_details(w, t->people, &t->held, as);
	else
		write_text(w, "code", t->code);
	jsonw_object_end(w);
}

static int tell(struct watch_event *event, const struct telling *t, enum watch_class as)
{
	struct buf out = BUF_INIT(TEXT_MAX);
	struct jsonw w = JSONW_INIT(&out);

	write_event(&w, t, as);
	if (!out.failed) {
		event->told[as].json = strndup(out.data, out.len);
		event->told[as].len = out.len;
	}
	buf_deinit(&out);
	return event->told[as].json ? 0 : -1;
}

static const char *space_code(const struct calendar *calendar, int64_t id)
{
	const struct calendar_space *space = calendar_space_by_id(calendar, id);

	return space ? space->code : NULL;
}

/* As the calendar has it: a block that was ended holds what it had had until then. */
bool watch_body_holds(const struct cJSON *body)
{
	int state = word_index(booking_states, json_str(body, "state"));

	if (json_get(body, "block"))
		return json_count(json_get(body, "units")) > 0;
	return state >= 0 && state <= 2;
}

/* A booking or block, as its body tells it. */
static bool read_held(struct telling *t)
{
	const struct cJSON *body = t->event->body;
	const struct feed_place *was = &t->event->was;
	int64_t space_id = 0;
	int state;

	t->held.ref = json_str(body, "ref");
	t->held.state = json_str(body, "state");
	json_int(body, "version", &t->held.version);
	json_int(body, "tenant", &t->held.tenant_id);
	json_int(body, "member", &t->held.member_id);
	json_int(body, "space", &space_id);
	t->space = space_code(t->calendar, space_id);
	state = word_index(t->held.block ? block_states : booking_states, t->held.state);
	if (!t->held.ref || !t->space || state < 0 || !json_int(body, "start", &t->start) ||
	    !json_int(body, "end", &t->end))
		return false;
	t->taken = watch_body_holds(body);
	if (was->held &&
	    (was->space_id != space_id || was->start != t->start || was->end != t->end))
		t->was = space_code(t->calendar, was->space_id);
	return true;
}

struct watch_event *watch_event_new(const struct calendar *calendar, const struct people *people,
				    const struct feed_event *source)
{
	struct telling t = { .calendar = calendar, .people = people, .event = source };
	bool booking = strncmp(source->kind, "booking.", 8) == 0;
	struct watch_event *event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->rev = source->rev;
	event->topic = WATCH_CATALOGUE;
	t.held.block = strncmp(source->kind, "block.", 6) == 0;
	t.code = json_str(source->body, "code");
	if (booking || t.held.block) {
		event->topic = booking ? WATCH_BOOKINGS : WATCH_BLOCKS;
		event->subject = source->subject;
		if (!read_held(&t)) {
			log_error("an event cannot be told", log_str("kind", source->kind),
				  log_int("rev", source->rev));
			return watch_event_free(event);
		}
	}
	event->tenant_id = t.held.tenant_id;
	event->moved = t.was;
	for (int as = 0; as < WATCH_CLASSES; as++)
		if (tell(event, &t, (enum watch_class)as) < 0)
			return watch_event_free(event);
	return event;
}

struct watch_event *watch_event_free(struct watch_event *event)
{
	if (!event)
		return NULL;
	for (int as = 0; as < WATCH_CLASSES; as++)
		free(event->told[as].json);
	free(event);
	return NULL;
}
