/*
 * free: looking before booking. Which spaces are free for the whole time, answered from the
 * server's calendar.
 */

#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/place.h"
#include "client/view.h"
#include "client/wish.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/zone.h"

#define LINE_MAX_BYTES 4096
/* "now until 18:00" */
#define DEFAULT_MAX 32

/* [KIND] [WHEN...]: the kind where the first word is one. */
static const char *split_kind(const struct arguments *arguments, struct words *ret)
{
	const char *const *only = arguments_slot(arguments, "kind"), *kind;

	*ret = (struct words){ arguments->many, arguments->many_count, false };
	if (only)
		*ret = (struct words){ only, 1, false };
	kind = ret->count > 0 ? place_kind(ret->words[0]) : NULL;
	if (!kind)
		return NULL;
	ret->words++;
	ret->count--;
	return kind;
}

/* The interval as instants; told as it was understood. 0 or an exit status; the clock is to be
 * released in both cases. */
static int add_interval(struct client *client, struct params *params, const struct words *words,
			const char *fold, struct phrase_clock *clock)
{
	char text[INSTANT_TEXT_MAX];
	struct buf told = BUF_INIT(256);
	struct when_interval interval;
	int r = phrase_clock_init(clock, client, PHRASE_ASK, fold);

	if (r == STATUS_OK)
		r = phrase_interval(client, clock, words, &interval);
	if (r == STATUS_OK) {
		params_str(params, "start", instant_format(interval.start, text));
		params_str(params, "end", instant_format(interval.end, text));
		phrase_echo(&told, client, clock, &interval);
		note(&client->out, "%s", told.data ? told.data : "");
		client->asked.looking = true;
		client->asked.start = interval.start;
		client->asked.end = interval.end;
		client->asked.zone = clock->zone;
	}
	buf_deinit(&told);
	return r;
}

/* The best one, ready to be booked. */
static void hint_book(struct client *client, const struct cJSON *found, const struct words *words)
{
	const char *code = json_str(json_get(found, "space"), "code");
	struct buf line = BUF_INIT(LINE_MAX_BYTES);

	buf_add_str(&line, "cowork book ");
	line_add_space(&line, code ? code : "");
	for (size_t i = 0; i < words->count; i++) {
		buf_add_char(&line, ' ');
		line_add_words(&line, words->words[i]);
	}
	if (line.data && code)
		hint(&client->out, _("Try"), "%s", line.data);
	buf_deinit(&line);
}

static int show_found(struct client *client, const struct cJSON *result, const struct words *words)
{
	const struct cJSON *spaces = json_get(result, "spaces");
	struct listing listing;
	int r = listing_begin(&listing, client, view_find("free"));

	for (const struct cJSON *s = json_first(spaces); r == STATUS_OK && s; s = json_next(s))
		listing_row(&listing, s);
	if (r == STATUS_OK)
		r = listing_end(&listing, result, json_bool(result, "has_more"));
	listing_deinit(&listing);
	if (r != STATUS_OK)
		return r;
	if (json_count(spaces) == 0)
		return STATUS_NO;
	hint_book(client, json_first(spaces), words);
	return STATUS_OK;
}

/* Without a time: until the site closes, and after that tomorrow. 0 or an exit status. */
static int rest_of_day(struct client *client, char out[DEFAULT_MAX])
{
	struct phrase_clock clock;
	struct zone_local local;
	int r = phrase_clock_init(&clock, client, PHRASE_ASK, NULL), minute;

	if (r == STATUS_OK) {
		zone_to_local(clock.zone, client->now, &local);
		minute = local.civil.hour * 60 + local.civil.minute;
		if (!clock.of_site || minute + clock.options.slot >= clock.site.close)
			strcpy(out, "tomorrow");
		else if (minute < clock.site.open)
			strcpy(out, "today");
		else
			snprintf(out, DEFAULT_MAX, "now until %02d:%02d", clock.site.close / 60,
				 clock.site.close % 60);
	}
	phrase_clock_deinit(&clock);
	return r;
}

int cmd_free(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct words words;
	const char *kind = split_kind(arguments, &words);
	char rest[DEFAULT_MAX];
	const char *word = rest;
	struct phrase_clock clock = { 0 };
	struct call call;
	int r = STATUS_USAGE;

	if (words.count == 0) {
		r = rest_of_day(client, rest);
		if (r != STATUS_OK)
			return r;
		words = (struct words){ &word, 1, false };
	} else {
		client->asked.when = words;
	}

	if (!call_begin_site(client, &call, "space.search", false))
		return STATUS_USAGE;
	params_str(&call.params, "kind", kind);
	/* The server's own limit stands unless one is given. */
	call.limit = client->options.limit;
	if (call.limit == 0 || call.limit > PAGES_PAGE)
		call.limit = PAGES_PAGE;
	if (wish_add(&call.params, arguments))
		r = add_interval(client, &call.params, &words, arguments_get(arguments, "fold"),
				 &clock);
	if (r == STATUS_OK)
		r = call_run(client, &call);
	if (r == STATUS_OK)
		r = show_found(client, call_result(&call), &words);
	client->asked.zone = NULL;
	phrase_clock_deinit(&clock);
	call_done(&call);
	return r;
}
