/*
 * who: who is at the site at one moment, by their bookings. While the database is away the server's
 * calendar still knows: that is asked then, and the times are those of the day.
 */

#include <errno.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/jsontext.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/zone.h"

#define ROW_MAX 8192

struct moment {
	int64_t at;
	char date[CIVIL_TEXT_MAX]; /* on the clock of the site, or as asked */
};

/* Of a day alone the time that it is now, else its opening: nobody is there at its midnight. */
static int64_t day_time(const struct client *client, const struct phrase_clock *clock, int64_t at)
{
	struct zone_local now, day;
	int minute;
	int64_t ret;

	zone_to_local(clock->zone, client->now, &now);
	zone_to_local(clock->zone, at, &day);
	minute = now.civil.hour * 60 + now.civil.minute;
	if (clock->of_site && (minute < clock->site.open || minute >= clock->site.close))
		minute = clock->site.open;
	day.civil.hour = (minute / 60);
	day.civil.minute = (minute % 60);
	return zone_to_instant(clock->zone, &day.civil, 0, &ret, NULL) == ZONE_OK ? ret : at;
}

/* The beginning of the phrase, told as it was understood; without any word now. */
static int find_moment(struct client *client, const struct arguments *arguments, struct moment *ret)
{
	const struct words words = { arguments->many, arguments->many_count };
	struct buf told = BUF_INIT(256);
	struct phrase_clock clock;
	struct zone_local local;
	char text[PHRASE_MAX];
	int r;

	ret->at = client->now;
	r = phrase_clock_init(&clock, client, PHRASE_ASK, NULL);
	if (r == STATUS_OK && words.count > 0)
		r = phrase_edge(client, &clock, &words, WHEN_FROM, &ret->at);
	phrase_join(&words, text);
	if (r == STATUS_OK && words.count > 0 && when_lacks(text) == WHEN_LACKS_CLOCK)
		ret->at = day_time(client, &clock, ret->at);
	if (r == STATUS_OK && words.count > 0) {
		phrase_echo_instant(&told, client, &clock, ret->at);
		note(&client->out, "%s", told.data ? told.data : "");
	}
	if (r == STATUS_OK) {
		ret->at -= ret->at % USEC_PER_SEC; /* bookings begin and end on whole seconds */
		zone_to_local(clock.zone, ret->at, &local);
		civil_format(&local.civil, ret->date);
		*strchrnul(ret->date, 'T') = '\0';
	}
	phrase_clock_deinit(&clock);
	buf_deinit(&told);
	return r;
}

/* ---- from the calendar ---- */

struct day_who {
	struct listing listing;
	const struct moment *moment;
};

static void write_row(struct jsonw *w, const char *space, const struct cJSON *span)
{
	const struct cJSON *booking = json_get(span, "booking");

	jsonw_object(w);
	jsonw_kstr(w, "space", space);
	jsonw_kstr(w, "start", json_str(span, "start"));
	jsonw_kstr(w, "end", json_str(span, "end"));
	for (const struct cJSON *m = json_first(booking); m; m = json_next(m))
		if (strcmp(json_name(m), "space") != 0) {
			jsonw_key(w, json_name(m));
			json_write(w, m);
		}
	jsonw_object_end(w);
}

static void span_row(struct day_who *who, const char *space, const struct cJSON *span)
{
	const char *start = json_str(span, "start"), *end = json_str(span, "end");
	_cleanup_(json_freep) struct cJSON *row = NULL;
	struct buf text = BUF_INIT(ROW_MAX);
	struct jsonw w = JSONW_INIT(&text);
	struct json_problem problem;
	int64_t from, to;

	/* A space that only shares a unit with the one booked has nobody in it. */
	if (!json_get(span, "booking") || json_get(json_get(span, "booking"), "space") || !start ||
	    !end || instant_parse(start, &from) < 0 || instant_parse(end, &to) < 0 ||
	    who->moment->at < from || who->moment->at >= to)
		return;
	write_row(&w, space, span);
	if (!text.failed &&
	    json_parse(text.data, text.len, &json_limits_reply, &row, &problem) == 0)
		listing_row(&who->listing, row);
	else
		who->listing.failed = true;
	buf_deinit(&text);
}

static bool space_rows(const struct cJSON *object, void *data)
{
	const char *code = json_str(json_get(object, "space"), "code");
	const struct cJSON *spans = json_get(object, "spans");
	struct day_who *who = data;

	for (const struct cJSON *s = json_first(spans); s && code; s = json_next(s))
		span_row(who, code, s);
	return out_alive(&who->listing.client->out);
}

static int from_calendar(struct client *client, const struct moment *moment)
{
	struct day_who who = { .moment = moment };
	struct pages_walk walk = { .row = space_rows, .data = &who };
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "space.day", false))
		return STATUS_USAGE;
	params_str(&call.params, "date", moment->date);
	r = listing_begin(&who.listing, client, view_find("who"));
	if (r == STATUS_OK)
		r = pages_each(client, &call, "spaces", &walk);
	if (r == STATUS_OK)
		r = listing_end(&who.listing, call_result(&call), false);
	listing_deinit(&who.listing);
	call_done(&call);
	return r;
}

/* ---- from the database ---- */

static void add_moment(struct call *call, const struct moment *moment)
{
	char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

	params_str(&call->params, "from", instant_format(moment->at, from));
	params_str(&call->params, "to", instant_format(moment->at + USEC_PER_SEC, to));
}

/* Asks for one row only: whether it can be asked. */
static bool database_is_away(struct client *client, const struct moment *moment)
{
	struct call call;
	bool away;

	if (!call_begin_site(client, &call, "booking.list", false))
		return false;
	add_moment(&call, moment);
	call.limit = 1;
	away = call_try(client, &call) == -EREMOTE &&
	       reply_kind(&call.reply) == ERROR_db_unavailable;
	call_done(&call);
	return away;
}

int cmd_who(struct client *client, const struct command *command _unused_,
	    const struct arguments *arguments)
{
	struct moment moment;
	struct call call;
	int r;

	if (!client_site(client))
		return STATUS_USAGE;
	r = find_moment(client, arguments, &moment);
	if (r != STATUS_OK)
		return r;
	if (database_is_away(client, &moment))
		return from_calendar(client, &moment);
	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	add_moment(&call, &moment);
	return pages_print(client, &call, view_find("who"));
}
