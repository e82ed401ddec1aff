/* See reading.h. */

#include "daemon/reading.h"

#include <stdio.h>

#include "common/macros.h"
#include "daemon/method.h"
#include "daemon/noun.h"

static bool cancel_reading(struct request *request)
{
	struct reading *reading = request->waiting;

	feed_forget(&reading->wait);
	return true;
}

static void on_calendar(struct feed_wait *wait, const struct calendar *calendar)
{
	struct reading *reading = container_of(wait, struct reading, wait);
	struct request *request = reading->request;

	request->cancel = NULL;
	request_stamp(request, ROOM_DATABASE);
	if (calendar)
		reading->done(reading, calendar);
	else if (!db_up(request->services->db))
		request_fail(request, ERROR_db_unavailable, NULL);
	else
		request_fail(request, ERROR_behind, NULL);
}

/* As a rule the calendar is here. Nobody has to wait for his turn then: what calls us is done. */
static bool answered_at_once(struct reading *reading, int64_t min_rev)
{
	struct request *request = reading->request;
	const struct calendar *calendar = feed_calendar(request->services->feed, request->site);

	if (!calendar || calendar_rev(calendar) < min_rev)
		return false;
	request->cancel = NULL;
	request_stamp(request, ROOM_DATABASE);
	reading->done(reading, calendar);
	return true;
}

void reading_run(struct request *request, struct reading *reading,
		 void (*done)(struct reading *reading, const struct calendar *calendar))
{
	const struct site_params *at = (const struct site_params *)((const char *)request->data +
								    request->method->site_offset);

	reading->request = request;
	reading->done = done;
	reading->wait.done = on_calendar;
	request->waiting = reading;
	request->cancel = cancel_reading;
	request_stamp(request, ROOM_QUEUE);
	if (answered_at_once(reading, at->min_rev.value))
		return;
	request_reading(request);
	if (feed_want(request->services->feed, request->site, at->min_rev.value, &reading->wait) <
	    0)
		request_fail(request, ERROR_busy, NULL);
}

bool reading_refuses_past(struct reading *reading, const struct calendar *calendar, int64_t start,
			  const char *field)
{
	char from[INSTANT_TEXT_MAX], message[160];

	if (start >= calendar_from(calendar))
		return false;
	snprintf(message, sizeof(message),
		 "what was before %s is not looked up here; booking.list tells the past",
		 instant_format(calendar_from(calendar), from));
	request_fail_field(reading->request, ERROR_bad_time, field, "past", message);
	return true;
}

void reading_write_rev(struct reading *reading, struct jsonw *w, const struct calendar *calendar)
{
	int64_t stale = feed_stale_ms(reading->request->services->feed);

	jsonw_kint(w, "rev", calendar_rev(calendar));
	if (stale > 0)
		jsonw_kint(w, "stale_ms", stale);
}

/* Only described: the calendar's own struct is what is written. */
const struct field place_fields[] = {
	{ "code", FIELD_CODE, 0 },
	{ "name", FIELD_STRING, 0 },
	{ "name_alt", FIELD_STRING, 0 },
	{ "kind", FIELD_ENUM, 0, .choices = space_kinds },
	{ "floor", FIELD_CODE, 0 },
	{ "area", FIELD_CODE, 0 },
	{ "capacity", FIELD_INT, 0 },
	{ "amenities", FIELD_CODES, 0 },
	{ "x", FIELD_INT, 0 },
	{ "y", FIELD_INT, 0 },
	FIELD_END,
};

void place_write(struct jsonw *w, const struct calendar *calendar,
		 const struct calendar_space *space)
{
	const struct calendar_group *floor = calendar_floor(calendar, space->floor_id);
	const struct calendar_group *area = calendar_area(calendar, space->area_id);

	jsonw_object(w);
	jsonw_kstr(w, "code", space->code);
	if (space->name)
		jsonw_kstr(w, "name", space->name);
	if (space->name_alt)
		jsonw_kstr(w, "name_alt", space->name_alt);
	jsonw_kstr(w, "kind", space_kinds[space->kind]);
	if (floor)
		jsonw_kstr(w, "floor", floor->code);
	if (area)
		jsonw_kstr(w, "area", area->code);
	jsonw_kint(w, "capacity", space->capacity);
	jsonw_key(w, "amenities");
	jsonw_array(w);
	for (size_t i = 0; i < space->amenity_count; i++)
		jsonw_str(w, space->amenities[i]);
	jsonw_array_end(w);
	if (space->has_place) {
		jsonw_kint(w, "x", space->x);
		jsonw_kint(w, "y", space->y);
	}
	jsonw_object_end(w);
}
