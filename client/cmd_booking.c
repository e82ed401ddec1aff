/*
 * book, mine, list, show, move, cancel, undo, history: what members do all day.
 */

#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"

static bool add_number(struct params *params, const struct arguments *arguments, const char *name)
{
	const char *value = arguments_get(arguments, name);

	if (!value || params_typed(params, name, value))
		return true;
	complain(_("%s wants a whole number, not \"%s\""), name, value);
	return false;
}

/* "✓ R-7F3KAT  A-13  Mon 23 Nov 09:00–17:00 KST", or the row, or the object. */
static int tell_booking(struct client *client, struct call *call, const char *dry_run)
{
	const struct cJSON *booking = json_get(call_result(call), "booking");
	struct buf raw = BUF_INIT(4096), line = BUF_INIT(16384);

	if (client->out.format != FORMAT_TABLE)
		return view_show(client, view_find("booking"), booking);
	if (client->options.dry_run)
		buf_printf(&line, "  %s  ", dry_run);
	else
		buf_add_str(&line, client->out.color ? "\033[32m✓\033[0m " : "✓ ");
	if (json_str(booking, "ref") && !client->options.dry_run)
		buf_printf(&raw, "%s  ", json_str(booking, "ref"));
	buf_printf(&raw, "%s  ", json_str(booking, "space") ? json_str(booking, "space") : "");
	view_cell(client, booking, "when", &raw);
	if (json_str(booking, "state") && strcmp(json_str(booking, "state"), "confirmed") != 0)
		buf_printf(&raw, "  %s", json_str(booking, "state"));
	if (raw.data)
		text_line(&line, raw.data);
	out_printf(&client->out, "%s\n", line.data ? line.data : "");
	buf_deinit(&raw);
	buf_deinit(&line);
	return STATUS_OK;
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
	client->absolute = (struct replaced){ words->words, words->count, absolute };
}

/* What was asked for, where the answer does not say it. */
static void echo(const struct client *client, const struct phrase_clock *clock,
		 const struct when_interval *interval, int status)
{
	struct buf text = BUF_INIT(256);

	phrase_echo(&text, client, clock, interval);
	if (text.data && status != STATUS_OK)
		complain_more(_("asked"), "%s", text.data);
	else if (text.data && client->out.format != FORMAT_TABLE)
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
		 clock->site.zone, client->absolute.words[0]);
	complain_more(_("check"), _("whether this is the time you meant, and else cancel it"));
}

/* Asks for a booking or a move whose parameters are complete but for the phrase's instants. */
static int run_phrase(struct client *client, struct call *call, const struct words *words,
		      const char *fold)
{
	char absolute[2 * INSTANT_TEXT_MAX];
	struct when_interval interval;
	struct phrase_clock clock;
	int r = phrase_clock_init(&clock, client, PHRASE_ASK, fold);

	if (r == STATUS_OK)
		r = phrase_interval(client, &clock, words, &interval);
	if (r == STATUS_OK) {
		add_interval(client, &call->params, words, &interval, absolute);
		r = call_run(client, call);
		echo(client, &clock, &interval, r);
		check_clock(client, &clock, call, r);
		client->absolute = (struct replaced){ 0 };
	}
	phrase_clock_deinit(&clock);
	return r;
}

int cmd_book(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	static const char *const texts[] = { "space", "title", "note", "for", "guest" };
	struct words words = { arguments->many, arguments->many_count };
	struct call call;
	const char *ref;
	int r;

	if (!call_begin_site(client, &call, "booking.create", true))
		return STATUS_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		params_str(&call.params, texts[i], arguments_get(arguments, texts[i]));
	if (arguments_has(arguments, "private"))
		params_bool(&call.params, "private", true);
	params_str(&call.params, "source", "client");
	r = run_phrase(client, &call, &words, arguments_get(arguments, "fold"));
	if (r == STATUS_OK)
		r = tell_booking(client, &call, _("would be booked:"));
	ref = json_str(json_get(call_result(&call), "booking"), "ref");
	if (r == STATUS_OK && ref && !client->options.dry_run)
		hint(&client->out, _("Undo"), "cowork undo %s", ref);
	call_done(&call);
	return r;
}

/*
 * The words behind REF: a space, a phrase, or a space and a phrase. The first is a space unless it
 * could begin a phrase; --space says so for codes that look like one.
 */
static const char *split_move(const struct arguments *arguments, struct words *ret)
{
	const char *space = arguments_get(arguments, "space");

	*ret = (struct words){ arguments->many, arguments->many_count };
	if (arguments_has_position(arguments, "space") && ret->count == 0) {
		if (!when_is_word(space))
			return space;
		*ret = (struct words){ arguments_slot(arguments, "space"), 1 };
		return NULL;
	}
	if (space || ret->count == 0 || when_is_word(ret->words[0]))
		return space;
	ret->words++;
	ret->count--;
	return ret->words[-1];
}

int cmd_move(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct words words;
	const char *space = split_move(arguments, &words);
	struct call call;
	int r = STATUS_USAGE;

	if (!space && words.count == 0) {
		complain(_("move where? Give a space, a time, or both"));
		return STATUS_USAGE;
	}
	if (!call_begin_site(client, &call, "booking.move", true))
		return STATUS_USAGE;
	params_str(&call.params, "ref", arguments_get(arguments, "ref"));
	params_str(&call.params, "space", space);
	if (add_number(&call.params, arguments, "if_version"))
		r = words.count > 0
			    ? run_phrase(client, &call, &words, arguments_get(arguments, "fold"))
			    : call_run(client, &call);
	if (r == STATUS_OK)
		r = tell_booking(client, &call, _("would be moved to:"));
	call_done(&call);
	return r;
}

int cmd_cancel(struct client *client, const struct command *command _unused_,
	       const struct arguments *arguments)
{
	struct call call;
	int r = STATUS_USAGE;

	if (!call_begin_site(client, &call, "booking.cancel", true))
		return STATUS_USAGE;
	params_str(&call.params, "ref", arguments_get(arguments, "ref"));
	if (add_number(&call.params, arguments, "if_version"))
		r = call_run(client, &call);
	if (r == STATUS_OK)
		r = tell_booking(client, &call, _("would be cancelled:"));
	call_done(&call);
	return r;
}

/* Says what was taken back; the booking's line above says how it stands now. */
static void tell_undone(struct client *client, const char *undone)
{
	if (!undone || client->out.format == FORMAT_JSON)
		return;
	if (strcmp(undone, "created") == 0)
		note(&client->out, _("Undone: the booking. The place is free again."));
	else if (strcmp(undone, "cancelled") == 0)
		note(&client->out, _("Undone: the cancellation. It is booked again."));
	else
		note(&client->out, _("Undone: the move. It is where it was before."));
}

int cmd_undo(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "booking.undo", true))
		return STATUS_USAGE;
	params_str(&call.params, "ref", arguments_get(arguments, "ref"));
	r = call_run(client, &call);
	if (r == STATUS_OK)
		r = tell_booking(client, &call, _("would be after the undo:"));
	if (r == STATUS_OK && !client->options.dry_run)
		tell_undone(client, json_str(call_result(&call), "undone"));
	call_done(&call);
	return r;
}

int cmd_show(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "booking.show", false))
		return STATUS_USAGE;
	params_str(&call.params, "ref", arguments_get(arguments, "ref"));
	r = call_run(client, &call);
	if (r == STATUS_OK)
		r = view_show(client, view_find("booking"),
			      json_get(call_result(&call), "booking"));
	call_done(&call);
	return r;
}

int cmd_history(struct client *client, const struct command *command _unused_,
		const struct arguments *arguments)
{
	struct call call;

	if (!call_begin_site(client, &call, "booking.history", false))
		return STATUS_USAGE;
	params_str(&call.params, "ref", arguments_get(arguments, "ref"));
	return pages_print(client, &call, view_find("event"));
}

/* One bound of a list, as an instant. */
static int add_edge(struct client *client, struct params *params, const struct phrase_clock *clock,
		    const char *name, const char *text, struct buf *told)
{
	bool from = strcmp(name, "from") == 0;
	char instant[INSTANT_TEXT_MAX];
	int64_t at;
	int r;

	if (!text)
		return STATUS_OK;
	r = phrase_edge(client, clock, text, from ? WHEN_FROM : WHEN_TO, &at);
	if (r != STATUS_OK)
		return r;
	params_str(params, name, instant_format(at, instant));
	buf_printf(told, "%s%s ", told->len ? " " : "", from ? _("from") : _("to"));
	phrase_echo_instant(told, client, clock, at);
	return STATUS_OK;
}

/* --from and --to, told as they were understood. */
static int add_edges(struct client *client, struct params *params,
		     const struct arguments *arguments)
{
	const char *from = arguments_get(arguments, "from"), *to = arguments_get(arguments, "to");
	struct buf told = BUF_INIT(256);
	struct phrase_clock clock;
	int r;

	if (!from && !to)
		return STATUS_OK;
	r = phrase_clock_init(&clock, client, PHRASE_ASK, arguments_get(arguments, "fold"));
	if (r == STATUS_OK)
		r = add_edge(client, params, &clock, "from", from, &told);
	if (r == STATUS_OK)
		r = add_edge(client, params, &clock, "to", to, &told);
	if (r == STATUS_OK && told.data)
		note(&client->out, "%s", told.data);
	phrase_clock_deinit(&clock);
	buf_deinit(&told);
	return r;
}

static int print_list(struct client *client, struct call *call, const struct arguments *arguments)
{
	int r = add_edges(client, &call->params, arguments);

	if (r == STATUS_OK)
		return pages_print(client, call, view_find("booking"));
	call_done(call);
	return r;
}

int cmd_mine(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	char now[INSTANT_TEXT_MAX];
	bool past = arguments_has(arguments, "past");
	struct call call;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	instant_format(client->now / USEC_PER_SEC * USEC_PER_SEC, now);
	params_bool(&call.params, "mine", true);
	/* Without bounds of one's own: from now on, or until now. */
	if (past ? !arguments_has(arguments, "to")
		 : !arguments_has(arguments, "from") && !arguments_has(arguments, "to"))
		params_str(&call.params, past ? "to" : "from", now);
	if (past) {
		params_str(&call.params, "state", "all");
		params_bool(&call.params, "newest", true);
	}
	return print_list(client, &call, arguments);
}

int cmd_list(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	static const char *const texts[] = { "space", "tenant" };
	struct call call;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		params_str(&call.params, texts[i], arguments_get(arguments, texts[i]));
	if (arguments_has(arguments, "all"))
		params_str(&call.params, "state", "all");
	if (arguments_has(arguments, "newest"))
		params_bool(&call.params, "newest", true);
	return print_list(client, &call, arguments);
}
