/*
 * The screen of the staff: how full the site is now, what the day holds, who comes next.
 */

#include <stdlib.h>
#include <string.h>

#include "client/agenda.h"
#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/my_day.h"
#include "client/pages.h"
#include "client/titles.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/zone.h"

#define TEXT_MAX  4096
#define NEXT_MOST 3

static const struct {
	const char *kind, *plural;
} kinds[] = {
	{ "desk", N_("desks") },     { "room", N_("rooms") },	      { "booth", N_("booths") },
	{ "office", N_("offices") }, { "event", N_("event spaces") },
};

struct spaces {
	int64_t now;
	unsigned all[ARRAY_SIZE(kinds)], taken[ARRAY_SIZE(kinds)];
	unsigned blocked;
	bool closed; /* no space is free or taken: the site is closed now */
};

/* What a space is now: the state of the span that holds the instant. */
static const char *state_now(const struct cJSON *object, int64_t now)
{
	for (const struct cJSON *s = json_first(json_get(object, "spans")); s; s = json_next(s)) {
		const char *start = json_str(s, "start"), *end = json_str(s, "end");
		int64_t from, to;

		if (start && end && instant_parse(start, &from) == 0 &&
		    instant_parse(end, &to) == 0 && from <= now && now < to)
			return json_str(s, "state");
	}
	return NULL;
}

static bool count_space(const struct cJSON *object, void *data)
{
	struct spaces *spaces = data;
	const char *kind = json_str(json_get(object, "space"), "kind");
	const char *state = state_now(object, spaces->now);

	for (size_t i = 0; kind && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		spaces->all[i]++;
		spaces->taken[i] += state && strcmp(state, "taken") == 0;
	}
	spaces->blocked += state && strcmp(state, "blocked") == 0;
	if (state && strcmp(state, "closed") != 0)
		spaces->closed = false;
	return true;
}

/* "desks 31 of 48 taken · rooms 2 of 6 · 1 out of service". */
static void print_now(struct client *client, const struct spaces *spaces)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	if (spaces->closed)
		buf_add_str(&text, _("closed"));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (spaces->all[i] > 0)
			buf_printf(&text, text.len ? _(" · %s %u of %u") : _("%s %u of %u taken"),
				   _(kinds[i].plural), spaces->taken[i], spaces->all[i]);
	if (spaces->blocked > 0)
		buf_printf(&text, _(" · %u out of service"), spaces->blocked);
	agenda_line(client, _("Now"), text.data ? text.data : _("no spaces yet"));
	buf_deinit(&text);
}

static int show_spaces(struct client *client, const char *date)
{
	struct spaces spaces = { .now = client->now, .closed = true };
	struct pages_walk walk = { .row = count_space, .data = &spaces };
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "space.day", false))
		return STATUS_USAGE;
	params_str(&call.params, "date", date);
	r = pages_each(client, &call, "spaces", &walk);
	if (r == STATUS_OK)
		print_now(client, &spaces);
	call_done(&call);
	return r;
}

struct bookings {
	struct agenda agenda; /* the next to begin */
	unsigned over, running, coming;
};

static bool count_booking(const struct cJSON *booking, void *data)
{
	struct bookings *bookings = data;
	const char *start = json_str(booking, "start"), *end = json_str(booking, "end");
	int64_t now = bookings->agenda.client->now, from, to;

	if (!start || !end || instant_parse(start, &from) < 0 || instant_parse(end, &to) < 0)
		return true;
	if (to <= now)
		bookings->over++;
	else if (from <= now)
		bookings->running++;
	else if (bookings->coming++ < NEXT_MOST)
		agenda_add(&bookings->agenda, bookings->coming == 1 ? _("Next") : "", booking);
	return true;
}

static int show_bookings(struct client *client, const struct zone *zone, const char *date)
{
	struct bookings bookings = { .agenda = AGENDA_INIT(client, zone) };
	struct pages_walk walk = { .row = count_booking, .data = &bookings };
	struct buf text = BUF_INIT(TEXT_MAX);
	struct call call;
	unsigned all;
	int r;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	params_str(&call.params, "date", date);
	bookings.agenda.who = true;
	r = pages_each(client, &call, "bookings", &walk);
	if (r == STATUS_OK) {
		all = bookings.over + bookings.running + bookings.coming;
		buf_printf(&text,
			   N_OF("%u booking: %u now, %u still to begin, %u over",
				"%u bookings: %u now, %u still to begin, %u over", all),
			   all, bookings.running, bookings.coming, bookings.over);
		agenda_line(client, _("Today"), text.data ? text.data : "");
		agenda_print(&bookings.agenda);
	}
	agenda_deinit(&bookings.agenda);
	buf_deinit(&text);
	call_done(&call);
	return r;
}

/* "front desk · Kendall Square". */
static void add_place(struct client *client, const struct cJSON *who, struct buf *out)
{
	const char *role = json_str(who, "role"), *site = client_site_or_none(client), *name = NULL;
	struct call call;

	for (role = role ? title_value("role", role) : ""; *role; role++)
		buf_add_char(out, *role == '_' ? ' ' : *role);
	call_begin(&call, "site.show", false);
	params_str(&call.params, "site", site);
	if (call_try(client, &call) == 0)
		name = place_name(client, json_get(call_result(&call), "site"));
	buf_printf(out, " · %s", name ? name : site);
	call_done(&call);
}

int site_day(struct client *client, const struct cJSON *who, const struct zone *zone)
{
	struct buf place = BUF_INIT(TEXT_MAX);
	char date[CIVIL_TEXT_MAX];
	struct zone_local local;
	int r;

	zone_to_local(zone, client->now, &local);
	civil_format(&local.civil, date);
	*strchrnul(date, 'T') = '\0';
	add_place(client, who, &place);
	my_day_head(client, who, place.data, zone);
	buf_deinit(&place);
	r = show_spaces(client, date);
	if (r == STATUS_OK)
		r = show_bookings(client, zone, date);
	if (r == STATUS_OK)
		hint(&client->out, _("Try"), "cowork list today   cowork free   cowork block list");
	return r;
}
