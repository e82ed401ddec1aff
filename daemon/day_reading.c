/* See day_reading.h. */

#include "daemon/day_reading.h"

#include <strings.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/day.h"
#include "daemon/day_texts.h"
#include "daemon/people.h"
#include "daemon/refusal.h"
#include "daemon/wall_clock.h"

/* One space with all its spans, each some 150 bytes: the answer ends before it would not fit. */
#define SPACE_MAX (DAY_SPANS_MAX * 160 + 16384)

#define AT(member) offsetof(struct day_params, member)

const struct field day_params_fields[] = {
	SITE_FIELDS(struct day_params),
	{ "space", FIELD_CODE, AT(space), .help = "only this one" },
	{ "area", FIELD_CODE, AT(area), .help = "only those of this area" },
	{ "floor", FIELD_CODE, AT(floor), .help = "only those of this floor" },
	{ "date", FIELD_DATE, AT(date), FIELD_REQUIRED, .help = "on the site's clock" },
	PAGE_FIELDS(struct day_params),
	FIELD_END,
};

static const struct field booking_fields[] = {
	{ "ref", FIELD_REF, 0, .help = "own tenant and staff only" },
	{ "version", FIELD_INT, 0, .help = "own tenant and staff only" },
	{ "mine", FIELD_BOOL, 0, .help = "it is the asker's own" },
	{ "space", FIELD_CODE, 0, .help = "what was booked, where this shares a unit with it" },
	{ "tenant", FIELD_CODE, 0, .help = "this and the next where the answer has room for it" },
	{ "member", FIELD_LOGIN, 0, .help = "whose it is" },
	{ "member_name", FIELD_STRING, 0 },
	FIELD_END,
};

static const struct field span_fields[] = {
	{ "start", FIELD_INSTANT, 0 },
	{ "end", FIELD_INSTANT, 0 },
	{ "state", FIELD_ENUM, 0, .choices = day_state_names },
	{ "booking", FIELD_OBJECT, 0, .fields = booking_fields },
	FIELD_END,
};

static const struct field space_fields[] = {
	{ "space", FIELD_OBJECT, 0, .fields = place_fields },
	{ "spans", FIELD_OBJECTS, 0, .fields = span_fields },
	{ "truncated", FIELD_BOOL, 0, .help = "there are more spans than one answer holds" },
	FIELD_END,
};

const struct field day_result_fields[] = {
	{ "start", FIELD_INSTANT, 0, .help = "of the first day" },
	{ "end", FIELD_INSTANT, 0 },
	{ "zone", FIELD_ZONE, 0 },
	{ "spaces", FIELD_OBJECTS, 0, .fields = space_fields },
	{ "has_more", FIELD_BOOL, 0 },
	{ "cursor", FIELD_STRING, 0 },
	READING_RESULT_FIELDS,
	FIELD_END,
};

static bool may_know(const struct request *request, const struct calendar_entry *entry)
{
	const struct actor *actor = request->actor;

	return actor_is_staff_of(actor, request->site->id) ||
	       (entry->tenant_id != 0 && entry->tenant_id == actor->tenant_id);
}

static void write_names(struct jsonw *w, const struct people *people,
			const struct calendar_entry *entry)
{
	const struct people_tenant *tenant =
		entry->tenant_id ? people_tenant(people, entry->tenant_id) : NULL;
	const struct person *member =
		entry->member_id ? people_person(people, entry->member_id) : NULL;

	if (tenant)
		jsonw_kstr(w, "tenant", tenant->code);
	if (member) {
		jsonw_kstr(w, "member", member->login);
		jsonw_kstr(w, "member_name", member->name);
	}
}

static void write_booking(struct jsonw *w, const struct request *request,
			  const struct calendar *calendar, const struct calendar_space *space,
			  const struct calendar_entry *entry)
{
	const struct calendar_space *booked = calendar_space_by_id(calendar, entry->space_id);

	jsonw_key(w, "booking");
	jsonw_object(w);
	jsonw_kstr(w, "ref", entry->ref);
	jsonw_kint(w, "version", entry->version);
	if (entry->member_id == request->actor->person_id)
		jsonw_kbool(w, "mine", true);
	if (booked && booked != space)
		jsonw_kstr(w, "space", booked->code);
	/* Spans are many and names may be long: the page is to fit with the references of all. */
	if (request->out.len < REQUEST_REPLY_MAX / 2)
		write_names(w, request->services->people, entry);
	jsonw_object_end(w);
}

/* Someone else's booking is only an interval that is taken. */
static void write_span(struct jsonw *w, const struct request *request,
		       const struct calendar *calendar, const struct calendar_space *space,
		       const struct day_span *span)
{
	jsonw_object(w);
	jsonw_kinstant(w, "start", span->start);
	jsonw_kinstant(w, "end", span->end);
	jsonw_kstr(w, "state", day_state_names[span->state]);
	if (span->state == DAY_TAKEN && may_know(request, span->entry))
		write_booking(w, request, calendar, space, span->entry);
	jsonw_object_end(w);
}

static bool is_asked(const struct calendar_space *space, int64_t area_id, int64_t floor_id)
{
	return !space->retired && (!area_id || space->area_id == area_id) &&
	       (!floor_id || space->floor_id == floor_id);
}

static bool knows_none(const struct request *request, const struct day_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (spans[i].state == DAY_TAKEN && may_know(request, spans[i].entry))
			return false;
	return true;
}

/* What was written for somebody who knows no more than this asker may. */
static bool write_kept(struct jsonw *w, const struct request *request,
		       const struct day_text_key *key)
{
	size_t len;
	const char *text =
		day_texts_find(request->services->day_texts, key, request->actor->tenant_id, &len);

	if (text)
		jsonw_raw(w, text, len);
	return text;
}

/* From where the writer stood before, behind the comma if one was due. */
static void keep(const struct request *request, const struct day_text_key *key,
		 const struct day_span *spans, size_t count, size_t from)
{
	const struct buf *out = &request->out;

	if (out->failed || !knows_none(request, spans, count))
		return;
	from += out->data[from] == ',';
	day_texts_keep(request->services->day_texts, key, spans, count, out->data + from,
		       out->len - from);
}

static void write_space(struct jsonw *w, struct request *request, const struct calendar *calendar,
			const struct calendar_space *space, const struct day_clock *clock)
{
	static struct day_span spans[DAY_SPANS_MAX]; /* the loop is one thread */
	bool same_for_many =
		clock->days == 1 && !actor_is_staff_of(request->actor, request->site->id);
	struct day_text_key key = { 0 };
	size_t from = request->out.len, count;
	bool truncated;

	if (same_for_many) {
		key = day_text_key(calendar, space, clock);
		if (write_kept(w, request, &key))
			return;
	}
	count = day_spans(calendar, clock, space, spans, &truncated);
	jsonw_object(w);
	jsonw_key(w, "space");
	place_write(w, calendar, space);
	jsonw_key(w, "spans");
	jsonw_array(w);
	for (size_t i = 0; i < count; i++)
		write_span(w, request, calendar, space, &spans[i]);
	jsonw_array_end(w);
	if (truncated)
		jsonw_kbool(w, "truncated", true);
	jsonw_object_end(w);
	if (same_for_many)
		keep(request, &key, spans, count, from);
}

/* Spaces in order of code after the cursor. */
static void write_page(struct day_params *params, struct jsonw *w, const struct calendar *calendar,
		       const struct day_clock *clock, const char *after)
{
	struct request *request = params->reading.request;
	int64_t area = params->area ? calendar_area_id(calendar, params->area) : 0;
	int64_t floor = params->floor ? calendar_floor_id(calendar, params->floor) : 0;
	int64_t limit = params->page.limit.set ? params->page.limit.value : QUERY_LIMIT, count = 0;
	const char *last = NULL;
	bool more = false;

	for (size_t i = 0; i < calendar_space_count(calendar) && !more; i++) {
		const struct calendar_space *space = calendar_space_at(calendar, i);

		if (!is_asked(space, area, floor) || (after && strcasecmp(space->code, after) <= 0))
			continue;
		more = count == limit ||
		       (count > 0 && request->out.len + SPACE_MAX > REQUEST_REPLY_MAX);
		if (more)
			break;
		write_space(w, request, calendar, space, clock);
		last = space->code;
		count++;
	}
	jsonw_array_end(w);
	jsonw_kbool(w, "has_more", more);
	if (more)
		query_write_cursor(w, last, request->arena);
}

/* The one that was asked for; behind a cursor there is none. */
static void write_one(struct day_params *params, struct jsonw *w, const struct calendar *calendar,
		      const struct day_clock *clock, const char *after)
{
	const struct calendar_space *space = calendar_space(calendar, params->space);

	if (!after || strcasecmp(space->code, after) > 0)
		write_space(w, params->reading.request, calendar, space, clock);
	jsonw_array_end(w);
	jsonw_kbool(w, "has_more", false);
}

static const char *missing(const struct day_params *params, const struct calendar *calendar)
{
	if (params->space && !calendar_space(calendar, params->space))
		return "space";
	if (params->area && !calendar_area_id(calendar, params->area))
		return "area";
	if (params->floor && !calendar_floor_id(calendar, params->floor))
		return "floor";
	return NULL;
}

static void on_calendar(struct reading *reading, const struct calendar *calendar)
{
	struct day_params *params = container_of(reading, struct day_params, reading);
	struct request *request = reading->request;
	const char *absent = missing(params, calendar);
	struct civil date;
	struct day_clock clock;
	struct jsonw *w;
	char *after;

	if (absent) {
		refusal_answer_missing(request, absent);
		return;
	}
	civil_parse_date(params->date, &date);
	day_clock_init(&clock, request->site->zone, calendar_hours(calendar), &date, params->days);
	if (reading_refuses_past(reading, calendar, clock.cuts[0][0], "date"))
		return;
	if (!query_read_cursor(request, params->page.cursor, &after))
		return;
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_kinstant(w, "start", clock.cuts[0][0]);
	jsonw_kinstant(w, "end", clock.cuts[clock.days - 1][3]);
	jsonw_kstr(w, "zone", request->site->zone_name);
	jsonw_key(w, "spaces");
	jsonw_array(w);
	(params->space ? write_one : write_page)(params, w, calendar, &clock, after);
	reading_write_rev(reading, w, calendar);
	jsonw_object_end(w);
	request_reply_end(request);
}

void day_reading_run(struct request *request, struct day_params *params, int days)
{
	struct civil date;

	if (!wall_clock_date(request, params->date, "date", &date))
		return;
	params->days = days;
	reading_run(request, &params->reading, on_calendar);
}
