/*
 * space.search: which spaces are free for the whole time and fit, best first. From the calendar. A
 * time that the site's rules do not allow to this actor is refused as a booking then would be, so
 * that what is found can be booked; that the actor has another place then is no reason, for it may
 * be for somebody else.
 */

#include "common/macros.h"
#include "daemon/candidates.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/reading.h"
#include "daemon/refusal.h"
#include "daemon/search.h"
#include "daemon/wall_clock.h"

#define LIMIT 20

struct space_search {
	struct site_params at;
	struct field_when start;
	struct field_when end;
	struct field_int fold;
	struct field_int kind;
	const char *area;
	const char *floor;
	struct field_int capacity;
	struct field_list amenities;
	const char *near;
	struct field_int limit;
	struct reading reading;
	struct search_wish wish;
};

#define AT(member) offsetof(struct space_search, member)

static const struct field params[] = {
	SITE_FIELDS(struct space_search),
	{ "start", FIELD_WHEN, AT(start), FIELD_REQUIRED },
	{ "end", FIELD_WHEN, AT(end), FIELD_REQUIRED },
	{ "fold", FIELD_INT, AT(fold), 0, 0, 1,
	  .help = "which of the two, where the clock shows a time twice" },
	{ "kind", FIELD_ENUM, AT(kind), .choices = space_kinds },
	{ "area", FIELD_CODE, AT(area) },
	{ "floor", FIELD_CODE, AT(floor) },
	{ "capacity", FIELD_INT, AT(capacity), 0, 1, 100000, .help = "people, at least" },
	{ "amenities", FIELD_CODES, AT(amenities), 0, 0, 64, .help = "all of these" },
	{ "near", FIELD_CODE, AT(near), .help = "a space: the nearest on the map come first" },
	{ "limit", FIELD_INT, AT(limit), 0, 1, 500, .help = "20 unless told" },
	FIELD_END,
};

static const struct field found_fields[] = {
	{ "space", FIELD_OBJECT, 0, .fields = place_fields },
	{ "spare", FIELD_INT, 0, .help = "seats beyond those asked for" },
	{ "distance", FIELD_INT, 0, .help = "on the map, from near; absent on another floor" },
	FIELD_END,
};

static const struct field result[] = {
	{ "spaces", FIELD_OBJECTS, 0, .fields = found_fields },
	{ "has_more", FIELD_BOOL, 0 },
	READING_RESULT_FIELDS,
	FIELD_END,
};

static void write_found(struct jsonw *w, const struct calendar *calendar,
			const struct search_found *found)
{
	jsonw_object(w);
	jsonw_key(w, "space");
	place_write(w, calendar, found->space);
	jsonw_kint(w, "spare", found->spare);
	if (found->distance != SEARCH_FAR)
		jsonw_kint(w, "distance", found->distance);
	jsonw_object_end(w);
}

/* Codes to what the calendar knows. NULL, or the parameter that names nothing. */
static const char *resolve(struct space_search *op, const struct calendar *calendar)
{
	if (op->area && !(op->wish.area_id = calendar_area_id(calendar, op->area)))
		return "area";
	if (op->floor && !(op->wish.floor_id = calendar_floor_id(calendar, op->floor)))
		return "floor";
	if (op->near && !(op->wish.near = calendar_space(calendar, op->near)))
		return "near";
	return NULL;
}

static struct policy_ask ask_of(const struct space_search *op)
{
	enum role role = op->reading.request->actor->role;

	return (struct policy_ask){
		.start = op->wish.start,
		.end = op->wish.end,
		.now = instant_now(),
		.staff = role != ROLE_MEMBER && role != ROLE_TENANT_ADMIN && role != ROLE_SERVICE,
	};
}

static void refuse(struct request *request, const struct calendar *calendar, struct policy_ask *ask,
		   const struct candidates *none)
{
	struct jsonw *w = request_fail_begin(request, none->verdict.kind, NULL);
	char hint[POLICY_HINT_MAX];

	ask->space = none->refused;
	policy_hint(calendar, ask, &none->verdict, hint);
	jsonw_kstr(w, "field", none->verdict.field);
	jsonw_kstr(w, "rule", none->verdict.rule);
	jsonw_kstr(w, "hint", hint);
	if (none->verdict.limit >= 0)
		jsonw_kint(w, "limit", none->verdict.limit);
	request_fail_end(request);
}

/* Whether no space that fits is allowed then, free or not: it has answered the request. */
static bool refuses_rule(struct request *request, const struct calendar *calendar,
			 const struct search_wish *wish, struct policy_ask *ask)
{
	struct candidates found;

	candidates_rank(calendar, wish, ask, NULL, NULL, &found);
	if (found.count > 0 || !found.refused || !found.verdict.rule)
		return false;
	refuse(request, calendar, ask, &found);
	return true;
}

static void on_calendar(struct reading *reading, const struct calendar *calendar)
{
	struct space_search *op = container_of(reading, struct space_search, reading);
	struct request *request = reading->request;
	size_t limit = op->limit.set ? (size_t)op->limit.value : LIMIT, count;
	struct search_found *found =
		arena_alloc(request->arena, calendar_space_count(calendar) * sizeof(*found));
	const char *missing = resolve(op, calendar);
	struct policy_ask ask = ask_of(op);
	struct jsonw *w;

	if (missing) {
		refusal_answer_missing(request, missing);
		return;
	}
	if (reading_refuses_past(reading, calendar, op->wish.start, "start"))
		return;
	if (!found) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	if (refuses_rule(request, calendar, &op->wish, &ask))
		return;
	count = candidates_allowed(calendar, &ask, found, search_run(calendar, &op->wish, found));
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_key(w, "spaces");
	jsonw_array(w);
	for (size_t i = 0; i < count && i < limit; i++)
		write_found(w, calendar, &found[i]);
	jsonw_array_end(w);
	jsonw_kbool(w, "has_more", count > limit);
	reading_write_rev(reading, w, calendar);
	jsonw_object_end(w);
	request_reply_end(request);
}

static void start(struct request *request, void *data)
{
	struct space_search *op = data;

	if (!wall_clock_span(request, &op->start, &op->end, &op->fold, &op->wish.start,
			     &op->wish.end))
		return;
	op->wish.kind = op->kind.set ? (int)op->kind.value : -1;
	op->wish.capacity = op->capacity.value;
	op->wish.amenities = op->amenities;
	reading_run(request, &op->reading, on_calendar);
}

const struct method method_space_search = {
	.name = "space.search",
	.summary = "which spaces are free for the whole time and fit, best first",
	.flags = METHOD_SITE | METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct space_search),
	.site_offset = AT(at),
	.result = result,
	.start = start,
};
