/*
 * A booking from the phrase that was typed to the line that is printed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/arguments.h"
#include "client/booked.h"
#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/phrase.h"
#include "client/place.h"
#include "client/titles.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/utf8.h"

bool booked_number(struct params *params, const struct arguments *arguments, const char *name)
{
	const char *value = arguments_get(arguments, name);

	if (!value || params_typed(params, name, value))
		return true;
	complain(_("%s wants a whole number, not \"%s\""), name, value);
	return false;
}

/* The space with what helps to find it, where a person is looking. */
static void add_place(struct client *client, const struct cJSON *booking, struct buf *out)
{
	const char *code = json_str(booking, "space");
	struct places places = PLACES_INIT;

	if (code && client->out.terminal && !client->out.quiet)
		places_add(&places, client, code, true, out);
	else
		buf_add_str(out, code ? code : "");
	places_deinit(&places);
}

static bool same(const struct cJSON *a, const struct cJSON *b, const char *name)
{
	const char *x = json_str(a, name), *y = json_str(b, name);

	return x && y && strcmp(x, y) == 0;
}

/* "A-12 → A-13  Mon 23 Nov 09:00–17:00 EST": what was there before stands before the arrow. */
static void add_move(struct client *client, const struct cJSON *was, const struct cJSON *booking,
		     struct buf *out)
{
	bool placed = same(was, booking, "space");
	bool timed = same(was, booking, "start") && same(was, booking, "end");

	if (!placed && !timed) {
		buf_printf(out, "%s  ", json_str(was, "space"));
		view_cell(client, was, "when", out);
		buf_add_str(out, " → ");
	} else if (!placed) {
		buf_printf(out, "%s → ", json_str(was, "space"));
	}
	/* Where it stays, and at both ends of an arrow, the code says enough. */
	if (timed)
		add_place(client, booking, out);
	else
		buf_add_str(out, json_str(booking, "space") ? json_str(booking, "space") : "");
	buf_add_str(out, "  ");
	if (placed && !timed) {
		view_cell(client, was, "when", out);
		buf_add_str(out, " → ");
	}
	view_cell(client, booking, "when", out);
}

/* Before its arrow, else behind the last of its parts that fits; NULL where nothing fits. */
static const char *break_at(const char *line, int columns)
{
	const char *arrow = strstr(line, " → "), *found = NULL;

	if (arrow)
		return arrow;
	for (const char *gap = strstr(line + 3, "  "); gap; gap = strstr(gap + 2, "  ")) {
		char *part = strndup(line, (size_t)(gap - line));
		bool fits = part && utf8_width(part) <= columns;

		free(part);
		if (!fits)
			break;
		found = gap;
	}
	return found;
}

/* Prints the line; one that is wider than the terminal is broken in two. */
static void print_line(struct client *client, const char *line)
{
	const char *at = utf8_width(line) > client->out.columns && strlen(line) > 3
				 ? break_at(line, client->out.columns)
				 : NULL;

	if (at)
		out_printf(&client->out, "%.*s\n  %s\n", (int)(at - line), line,
			   at + strspn(at, " "));
	else
		out_printf(&client->out, "%s\n", line);
}

int booked_tell(struct client *client, const struct cJSON *booking, const struct cJSON *was,
		const char *dry_run)
{
	const char *ref = json_str(booking, "ref"), *state = json_str(booking, "state");
	struct buf raw = BUF_INIT(16384), line = BUF_INIT(65536);

	if (client->out.format != FORMAT_TABLE) {
		if (client->options.dry_run)
			note(&client->out, _("a dry run: nothing was changed"));
		return view_show(client, view_find("booking"), booking);
	}
	if (client->options.dry_run)
		buf_printf(&line, "  %s  ", dry_run);
	else
		buf_add_str(&line, client->out.color ? "\033[32m✓\033[0m " : "✓ ");
	if (ref && !client->options.dry_run)
		buf_printf(&raw, "%s  ", ref);
	if (was && json_str(was, "space")) {
		add_move(client, was, booking, &raw);
	} else {
		add_place(client, booking, &raw);
		buf_add_str(&raw, "  ");
		view_cell(client, booking, "when", &raw);
	}
	if (state && strcmp(state, "confirmed") != 0)
		buf_printf(&raw, "  %s", title_value("state", state));
	if (raw.data)
		text_line(&line, raw.data);
	print_line(client, line.data ? line.data : "");
	buf_deinit(&raw);
	buf_deinit(&line);
	return STATUS_OK;
}

void booked_hint_undo(const struct client *client)
{
	if (!client->options.dry_run)
		hint(&client->out, _("Undo"), "cowork undo");
}

/* Adds the instants of the phrase; the printed line to run again says them too. */
static void add_interval(struct client *client, struct params *params, const struct words *words,
			 const struct when_interval *interval, char absolute[2 * INSTANT_TEXT_MAX])
{
	char start[INSTANT_TEXT_MAX], end[INSTANT_TEXT_MAX];

	instant_format(interval->start, start);
	instant_format(interval->end, end);
	params_str(params, "start", start);
	params_str(params, "end", end);
	snprintf(absolute, 2 * INSTANT_TEXT_MAX, "%s %s", start, end);
	client->absolute = (struct edit){ *words, absolute };
	client->asked.when = *words;
	client->asked.start = interval->start;
	client->asked.end = interval->end;
}

/* What the phrase came to, where the answer does not say it. */
static void echo(const struct client *client, const struct phrase_clock *clock,
		 const struct when_interval *interval)
{
	struct buf text = BUF_INIT(256);

	phrase_echo(&text, client, clock, interval);
	if (text.data && client->out.format != FORMAT_TABLE)
		note(&client->out, "%s", text.data);
	buf_deinit(&text);
}

/* The site may have another clock by now, or other hours, than those the phrase was read by. */
static void check_clock(struct client *client, const struct phrase_clock *clock, struct call *call,
			int status)
{
	const struct cJSON *booking = json_get(call_result(call), "booking");
	const char *zone = json_str(json_get(booking, "local"), "zone");

	if (call->reply.response.type == RPC_ERROR && reply_kind(&call->reply) == ERROR_closed)
		site_clock_forget(client);
	if (status != STATUS_OK || !zone || strcmp(zone, clock->site.zone) == 0)
		return;
	site_clock_forget(client);
	if (!clock->of_site)
		return;
	complain(_("the site's clock is that of %s now, not of %s, by which \"%s\" was read"), zone,
		 clock->site.zone, client->absolute.words.words[0]);
	complain_more(_("check"), _("whether this is the time you meant, and else cancel it"));
}

/* Rules that would have bound others: who passes them should know that they did. */
static void tell_waived(const struct client *client, const struct cJSON *result)
{
	const struct cJSON *waived = json_get(result, "waived");
	struct buf text = BUF_INIT(256);

	for (const struct cJSON *w = json_first(waived); w; w = json_next(w))
		buf_printf(&text, "%s%s", text.len ? ", " : "",
			   json_value_str(w) ? json_value_str(w) : "?");
	if (text.data)
		note(&client->out, _("passed for you as staff: %s"), text.data);
	buf_deinit(&text);
}

int booked_ask(struct client *client, struct call *call, const struct words *words,
	       const char *fold)
{
	char absolute[2 * INSTANT_TEXT_MAX];
	const struct when_interval was = { client->asked.was_start, client->asked.was_end };
	struct when_interval interval;
	struct phrase_clock clock;
	int r = phrase_clock_init(&clock, client, PHRASE_ASK, fold);

	if (r == STATUS_OK)
		r = was.end ? phrase_change(client, &clock, words, &was, &interval)
			    : phrase_interval(client, &clock, words, &interval);
	if (r == STATUS_OK) {
		add_interval(client, &call->params, words, &interval, absolute);
		client->asked.zone = clock.zone;
		r = call_run(client, call);
		if (r == STATUS_OK)
			echo(client, &clock, &interval);
		if (r == STATUS_OK)
			tell_waived(client, call_result(call));
		check_clock(client, &clock, call, r);
		client->absolute = (struct edit){ 0 };
		client->asked.zone = NULL;
	}
	phrase_clock_deinit(&clock);
	return r;
}
