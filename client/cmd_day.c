/*
 * day: what a day of a space, an area, a floor or the site looks like. From the server's calendar.
 */

#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/day.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/json.h"
#include "common/macros.h"

/* A span of a day with its space: two codes, four times and a state. */
#define SPAN_MAX 4096

int day_date(struct client *client, const struct words *words, char out[CIVIL_TEXT_MAX])
{
	int64_t at = client->now;
	struct phrase_clock clock;
	struct zone_local local;
	int r = phrase_clock_init(&clock, client, PHRASE_ASK, NULL);

	if (r == STATUS_OK && words->count > 0)
		r = phrase_edge(client, &clock, words, WHEN_FROM, &at);
	if (r == STATUS_OK) {
		zone_to_local(clock.zone, at, &local);
		civil_format(&local.civil, out);
		*strchrnul(out, 'T') = '\0';
	}
	phrase_clock_deinit(&clock);
	return r;
}

struct day_rows {
	struct listing listing;
	struct call *call; /* whose answer has the zone */
	struct zone *zone; /* owns; NULL until the first row, or where it is not known here */
};

static void write_local(struct jsonw *w, const char *key, const char *instant,
			const struct zone *zone)
{
	char text[CIVIL_TEXT_MAX];
	struct zone_local local;
	int64_t at;

	if (!instant || instant_parse(instant, &at) < 0)
		return;
	zone_to_local(zone, at, &local);
	jsonw_kstr(w, key, civil_format(&local.civil, text));
}

/* One span as a row of its own: with its space, and with local times as a booking has them. */
static void span_row(struct day_rows *rows, const char *space, const struct cJSON *span)
{
	struct buf text = BUF_INIT(SPAN_MAX);
	struct jsonw w = JSONW_INIT(&text);
	struct json_problem problem;
	_cleanup_(json_freep) struct cJSON *row = NULL;
	const char *start = json_str(span, "start"), *end = json_str(span, "end");

	jsonw_object(&w);
	jsonw_kstr(&w, "space", space);
	jsonw_kstr(&w, "start", start);
	jsonw_kstr(&w, "end", end);
	if (rows->zone) {
		jsonw_key(&w, "local");
		jsonw_object(&w);
		write_local(&w, "start", start, rows->zone);
		write_local(&w, "end", end, rows->zone);
		jsonw_kstr(&w, "zone", zone_name(rows->zone));
		jsonw_object_end(&w);
	}
	jsonw_kstr(&w, "state", json_str(span, "state"));
	if (json_str(json_get(span, "booking"), "ref"))
		jsonw_kstr(&w, "ref", json_str(json_get(span, "booking"), "ref"));
	jsonw_object_end(&w);
	if (!text.failed &&
	    json_parse(text.data, text.len, &json_limits_reply, &row, &problem) == 0)
		listing_row(&rows->listing, row);
	else
		rows->listing.failed = true;
	buf_deinit(&text);
}

static bool space_rows(const struct cJSON *object, void *data)
{
	struct day_rows *rows = data;
	const char *zone = json_str(call_result(rows->call), "zone");
	const char *code = json_str(json_get(object, "space"), "code");
	const struct cJSON *spans = json_get(object, "spans");

	if (!rows->zone && zone)
		(void)zone_load(zone, NULL, &rows->zone);
	for (const struct cJSON *s = json_first(spans); s; s = json_next(s))
		span_row(rows, code ? code : "", s);
	return out_alive(&rows->listing.client->out);
}

int day_show(struct client *client, struct call *call)
{
	struct day_rows rows = { .call = call };
	struct pages_walk walk = { .row = space_rows, .data = &rows };
	int r = listing_begin(&rows.listing, client, view_find("day"));

	walk.limit = client->options.limit < 0 ? PAGES_LIMIT : client->options.limit;
	if (r == STATUS_OK)
		r = pages_each(client, call, "spaces", &walk);
	if (r == STATUS_OK)
		r = listing_end(&rows.listing, call_result(call), walk.more);
	listing_deinit(&rows.listing);
	zone_free(rows.zone);
	return r;
}

/*
 * [SPACE] [WHEN...]: the first word is a space unless it could begin a phrase, or --area or --floor
 * says where.
 */
static const char *split_day(const struct arguments *arguments, struct words *ret)
{
	const char *space = arguments_get(arguments, "space");
	bool elsewhere = arguments_has(arguments, "area") || arguments_has(arguments, "floor");

	*ret = (struct words){ arguments->many, arguments->many_count, false };
	if (space && (elsewhere || when_is_word(space))) {
		*ret = (struct words){ arguments_slot(arguments, "space"), 1, false };
		return NULL;
	}
	if (space || ret->count == 0 || elsewhere || when_is_word(ret->words[0]))
		return space;
	ret->words++;
	ret->count--;
	return ret->words[-1];
}

int cmd_day(struct client *client, const struct command *command _unused_,
	    const struct arguments *arguments)
{
	struct words words;
	const char *space = split_day(arguments, &words);
	char date[CIVIL_TEXT_MAX];
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "space.day", false))
		return STATUS_USAGE;
	r = day_date(client, &words, date);
	if (r == STATUS_OK) {
		params_str(&call.params, "space", space);
		params_str(&call.params, "area", arguments_get(arguments, "area"));
		params_str(&call.params, "floor", arguments_get(arguments, "floor"));
		params_str(&call.params, "date", date);
		r = day_show(client, &call);
	}
	call_done(&call);
	return r;
}
