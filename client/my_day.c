/*
 * The screen of a member: what is booked today, what comes next, what to type.
 */

#include <string.h>

#include "client/agenda.h"
#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/my_day.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"

#define TEXT_MAX  4096
#define NEXT_MOST 3
#define ASK_MOST  50

/* The instants of the day that it is now. */
static void find_day(const struct zone *zone, int64_t now, int64_t *ret_start, int64_t *ret_end)
{
	struct zone_local local;
	struct civil civil;

	zone_to_local(zone, now, &local);
	civil = (struct civil){ local.civil.year, local.civil.month, local.civil.day, 0, 0, 0 };
	/* Where midnight is skipped the day begins within hours of it: a list may begin early. */
	if (zone_to_instant(zone, &civil, 0, ret_start, NULL) != ZONE_OK)
		*ret_start = civil_to_seconds(&civil) * USEC_PER_SEC - local.offset * USEC_PER_SEC;
	civil = civil_from_seconds(civil_to_seconds(&civil) + INT64_C(86400));
	if (zone_to_instant(zone, &civil, 0, ret_end, NULL) != ZONE_OK)
		*ret_end = *ret_start + INT64_C(86400) * USEC_PER_SEC;
}

/* "Sun 22 Nov 2026 KST". */
static void add_date(const struct client *client, const struct zone *zone, struct buf *out)
{
	struct zone_local local;
	struct buf day = BUF_INIT(TEXT_MAX);
	const char *lang = client_lang(client);

	zone_to_local(zone, client->now, &local);
	when_echo_day(&day, client->now, zone, client->now, lang);
	if (lang && strncmp(lang, "ko", 2) == 0)
		buf_printf(out, "%d년 %s", local.civil.year, day.data ? day.data : "");
	else
		buf_printf(out, "%s %d", day.data ? day.data : "", local.civil.year);
	buf_printf(out, " %s", local.abbrev);
	buf_deinit(&day);
}

void my_day_head(struct client *client, const struct cJSON *who, const char *place,
		 const struct zone *zone)
{
	const char *name = json_str(who, "name"), *login = json_str(who, "login");
	struct buf left = BUF_INIT(TEXT_MAX), date = BUF_INIT(TEXT_MAX), safe = BUF_INIT(TEXT_MAX);
	int pad;

	buf_add_str(&left, name && *name ? name : login ? login : "");
	if (place && *place)
		buf_printf(&left, " · %s", place);
	text_line(&safe, left.data ? left.data : "");
	add_date(client, zone, &date);
	pad = client->out.columns - utf8_width(safe.data ? safe.data : "") -
	      utf8_width(date.data ? date.data : "");
	/* Beside one another as on paper, not at the far ends of a wide window. */
	if (client->out.columns > 80)
		pad -= client->out.columns - 80;
	if (pad >= 2)
		out_printf(&client->out, "%s%*s%s\n", safe.data, pad, "", date.data);
	else
		out_printf(&client->out, "%s\n%s\n", safe.data ? safe.data : "",
			   date.data ? date.data : "");
	buf_deinit(&left);
	buf_deinit(&date);
	buf_deinit(&safe);
}

/* The company's name, or its code where that cannot be learnt. */
static void add_tenant(struct client *client, const struct cJSON *who, struct buf *out)
{
	const char *code = json_str(who, "tenant"), *name;
	struct call call;

	if (!code)
		return;
	call_begin(&call, "tenant.show", false);
	params_str(&call.params, "tenant", code);
	name = call_try(client, &call) == 0
		       ? json_str(json_get(call_result(&call), "tenant"), "name")
		       : NULL;
	buf_add_str(out, name && *name ? name : code);
	call_done(&call);
}

static void print_bookings(struct client *client, const struct zone *zone,
			   const struct cJSON *bookings, int64_t tomorrow)
{
	struct agenda agenda = AGENDA_INIT(client, zone);
	size_t today = 0, next = 0;
	int64_t start;

	for (const struct cJSON *b = json_first(bookings); b; b = json_next(b)) {
		if (!json_str(b, "start") || instant_parse(json_str(b, "start"), &start) < 0)
			continue;
		if (start < tomorrow)
			agenda_add(&agenda, today++ ? "" : _("Today"), b);
		else if (next < NEXT_MOST)
			agenda_add(&agenda, next++ ? "" : _("Next"), b);
	}
	if (today == 0)
		agenda_line(client, _("Today"), _("nothing booked"));
	agenda_print(&agenda);
	if (next == 0)
		agenda_line(client, _("Next"), _("nothing booked"));
	agenda_deinit(&agenda);
}

static int print_rows(struct client *client, const struct cJSON *result)
{
	struct listing listing;
	int r = listing_begin(&listing, client, view_find("mine"));
	const struct cJSON *bookings = json_get(result, "bookings");

	for (const struct cJSON *b = json_first(bookings); r == STATUS_OK && b; b = json_next(b))
		listing_row(&listing, b);
	if (r == STATUS_OK)
		r = listing_end(&listing, result, json_bool(result, "has_more"));
	listing_deinit(&listing);
	return r;
}

/* My bookings from the start of today on: a screen, or rows for a program. */
static int show_mine(struct client *client, const struct cJSON *who, const struct zone *zone)
{
	struct buf place = BUF_INIT(TEXT_MAX);
	char text[INSTANT_TEXT_MAX];
	int64_t today, tomorrow, stale_ms;
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	find_day(zone, client->now, &today, &tomorrow);
	params_bool(&call.params, "mine", true);
	params_str(&call.params, "from", instant_format(today, text));
	call.limit = ASK_MOST;
	r = call_run(client, &call);
	if (r == STATUS_OK && client->out.format != FORMAT_TABLE) {
		r = print_rows(client, call_result(&call));
	} else if (r == STATUS_OK) {
		add_tenant(client, who, &place);
		my_day_head(client, who, place.data, zone);
		print_bookings(client, zone, json_get(call_result(&call), "bookings"), tomorrow);
		if (json_int(call_result(&call), "stale_ms", &stale_ms))
			note(&client->out,
			     _("The database is away; this is how it was %lld s ago."),
			     (long long)stale_ms / 1000);
		hint(&client->out, _("Try"),
		     "cowork free tomorrow 9-17   cowork week   cowork help");
	}
	call_done(&call);
	buf_deinit(&place);
	return r;
}

/* Whoever is of no tenant is staff. */
static bool is_staff(const struct cJSON *who)
{
	const char *role = json_str(who, "role");

	return role && strcmp(role, "member") != 0 && strcmp(role, "tenant_admin") != 0;
}

static int my_day(struct client *client, const struct command *command _unused_,
		  const struct arguments *arguments _unused_)
{
	struct phrase_clock clock;
	struct call call;
	int r;

	call_begin(&call, "session.whoami", false);
	r = call_run(client, &call);
	if (r == STATUS_OK) {
		const struct cJSON *who = call_result(&call);

		/* Staff of one site need not name it. */
		if (!client_site_or_none(client))
			client->options.site = json_str(who, "site");
		r = phrase_clock_init(&clock, client, PHRASE_ASK, NULL);
		if (r == STATUS_OK && is_staff(who) && client->out.format == FORMAT_TABLE)
			r = site_day(client, who, clock.zone);
		else if (r == STATUS_OK)
			r = show_mine(client, who, clock.zone);
		phrase_clock_deinit(&clock);
	}
	call_done(&call);
	return r;
}

const struct command command_none = {
	.name = "",
	.usage = "",
	.summary = N_("my day: what is booked today and next"),
	.run = my_day,
	.flags = COMMAND_LOGIN,
};
