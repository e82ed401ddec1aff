/*
 * The shape of a booking: on the wire, and in the facts of cowork.booking_facts. Someone else's
 * booking is only an interval that is taken: the fields without FIELD_OWN are all that others see.
 * What is said in a private booking is kept from colleagues too.
 */

#include <stdio.h>
#include <string.h>

#include "common/zone.h"
#include "daemon/actor.h"
#include "daemon/calendar.h"
#include "daemon/noun.h"
#include "daemon/people.h"
#include "daemon/request.h"
#include "daemon/services.h"
#include "daemon/view/booking_made.h"

#define WALL_TEXT_MAX 32

struct booking_view {
	struct field_int id;
	const char *ref;
	const char *site;
	const char *space;
	struct field_int start;
	struct field_int end;
	struct noun_local local;
	struct field_int state;
	struct field_int version;
	const char *tenant;
	const char *member;
	const char *member_name;
	const char *title;
	const char *note;
	const char *guest;
	bool private;
	const char *created_by;
	const char *on_behalf;
	struct field_int source;
	struct field_int created;
	const char *external_id;
	struct field_int member_id;
	struct field_int created_by_id;
};

#define AT(member) offsetof(struct booking_view, member)

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "ref", FIELD_REF, AT(ref), FIELD_OWN, .help = "what people and programs call it" },
	{ "site", FIELD_CODE, AT(site) },
	{ "space", FIELD_CODE, AT(space) },
	{ "start", FIELD_INSTANT, AT(start), .help = "first instant" },
	{ "end", FIELD_INSTANT, AT(end), .help = "first instant after it" },
	{ "local", FIELD_OBJECT, AT(local), .fields = noun_local_fields,
	  .help = "the same on the site's clock" },
	{ "state", FIELD_ENUM, AT(state), .choices = booking_states },
	{ "version", FIELD_INT, AT(version), FIELD_OWN, .help = "one more with each change" },
	{ "tenant", FIELD_CODE, AT(tenant), FIELD_OWN },
	{ "member", FIELD_LOGIN, AT(member), FIELD_OWN, .help = "whose it is" },
	{ "member_name", FIELD_STRING, AT(member_name), FIELD_OWN },
	{ "title", FIELD_STRING, AT(title), FIELD_OWN },
	{ "note", FIELD_TEXT, AT(note), FIELD_OWN },
	{ "guest", FIELD_STRING, AT(guest), FIELD_OWN },
	{ "private", FIELD_BOOL, AT(private), FIELD_OWN | FIELD_IF_TRUE,
	  .help = "title, note and guest are kept from colleagues" },
	{ "created_by", FIELD_LOGIN, AT(created_by), FIELD_OWN },
	{ "on_behalf", FIELD_LOGIN, AT(on_behalf), FIELD_OWN, .help = "where another made it" },
	{ "source", FIELD_ENUM, AT(source), FIELD_OWN, .choices = booking_sources },
	{ "created", FIELD_INSTANT, AT(created), FIELD_OWN },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_OWN },
	{ "member_id", FIELD_INT, AT(member_id), FIELD_HIDDEN },
	{ "created_by_id", FIELD_INT, AT(created_by_id), FIELD_HIDDEN },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "booking_by_id",
	.sql = "SELECT v.facts FROM cowork.booking_facts v WHERE v.site_id = $1::int AND "
	       "v.booking_id = $2::bigint",
	.params = 2,
};

/* Ids of people are above 0, so that nobody's booking is not taken for one's own. */
static void conceal(void *thing, const struct actor *actor)
{
	struct booking_view *view = thing;

	if (!view->private || actor_is_staff(actor) || actor->person_id == view->member_id.value ||
	    actor->person_id == view->created_by_id.value)
		return;
	view->title = view->note = view->guest = NULL;
}

const struct noun noun_booking = {
	.name = "booking",
	.plural = "bookings",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct booking_view),
	.owned = true,
	.conceal = conceal,
};

/* ---- told from memory ---- */

static struct field_int given(int64_t value)
{
	return (struct field_int){ .set = true, .value = value };
}

static const char *written(const char *text)
{
	return text && *text ? text : NULL;
}

/* As cowork.wall() writes it: seconds only where there are any. */
static const char *wall(const struct zone *zone, int64_t usec, char out[WALL_TEXT_MAX])
{
	struct zone_local local;
	const struct civil *at = &local.civil;
	int used;

	zone_to_local(zone, usec, &local);
	used = snprintf(out, WALL_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d", at->year, at->month,
			at->day, at->hour, at->minute);
	if (at->second && used > 0 && used < WALL_TEXT_MAX)
		snprintf(out + used, (size_t)(WALL_TEXT_MAX - used), ":%02d", at->second);
	return out;
}

/* False: somebody it names is not known here. */
static bool name_holder(struct booking_view *view, const struct people *people,
			const struct calendar_entry *entry, const struct actor *actor)
{
	const struct people_tenant *tenant = people_tenant(people, entry->tenant_id);
	const struct person *member = people_person(people, entry->member_id);

	if ((entry->tenant_id && !tenant) || (entry->member_id && !member))
		return false;
	view->tenant = tenant ? tenant->code : NULL;
	view->member = member ? member->login : NULL;
	view->member_name = member ? member->name : NULL;
	view->member_id = given(entry->member_id);
	view->created_by = actor->login;
	view->created_by_id = given(actor->person_id);
	if (member && member->id != actor->person_id)
		view->on_behalf = member->login;
	return true;
}

bool booking_made_write(struct jsonw *w, const struct request *request,
			const struct calendar *calendar, const struct booking_made *made)
{
	const struct calendar_entry *entry =
		calendar ? calendar_entry(calendar, CALENDAR_BOOKING, made->id) : NULL;
	const struct calendar_space *space =
		entry ? calendar_space_by_id(calendar, entry->space_id) : NULL;
	const struct zone *zone = calendar ? calendar_zone(calendar) : NULL;
	char start[WALL_TEXT_MAX], end[WALL_TEXT_MAX];
	struct booking_view view;

	if (!space || !zone || entry->version != made->version)
		return false;
	view = (struct booking_view){
		.ref = entry->ref,
		.site = request->site->code,
		.space = space->code,
		.start = given(entry->start),
		.end = given(entry->end),
		.local = { true, wall(zone, entry->start, start), wall(zone, entry->end, end),
			   calendar_zone_name(calendar) },
		.state = given(entry->state),
		.version = given(entry->version),
		.title = written(made->title),
		.note = written(made->note),
		.guest = written(made->guest),
		.private = made->private,
		.source = given(made->source),
		.created = given(made->created_usec),
		.external_id = made->external_id,
	};
	if (!name_holder(&view, request->services->people, entry, request->actor))
		return false;
	field_encode(w, fields, noun_viewer(request->actor, &noun_booking, entry->tenant_id),
		     &view);
	return true;
}
