/*
 * book, mine, list, show, move, cancel, history: what members do all day.
 */

#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/pages.h"
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

/* "✓ R-7F3KA2  A-13  Mon 23 Nov 09:00–17:00 KST", or the row, or the object. */
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

int cmd_book(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	static const char *const texts[] = { "space", "start", "end",  "title",
					     "note",  "for",   "guest" };
	struct call call;
	const char *ref;
	int r;

	if (!call_begin_site(client, &call, "booking.create", true))
		return STATUS_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		params_str(&call.params, texts[i], arguments_get(arguments, texts[i]));
	params_str(&call.params, "source", "client");
	r = add_number(&call.params, arguments, "fold") ? call_run(client, &call) : STATUS_USAGE;
	if (r == STATUS_OK)
		r = tell_booking(client, &call, _("would be booked:"));
	ref = json_str(json_get(call_result(&call), "booking"), "ref");
	if (r == STATUS_OK && ref && !client->options.dry_run)
		hint(&client->out, _("Undo"), "cowork cancel %s", ref);
	call_done(&call);
	return r;
}

int cmd_move(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	static const char *const texts[] = { "ref", "space", "start", "end" };
	struct call call;
	int r;

	if (!arguments_has(arguments, "space") && !arguments_has(arguments, "start")) {
		complain(_("move where? Give a space, a start and an end, or all three"));
		return STATUS_USAGE;
	}
	if (!call_begin_site(client, &call, "booking.move", true))
		return STATUS_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		params_str(&call.params, texts[i], arguments_get(arguments, texts[i]));
	r = STATUS_USAGE;
	if (add_number(&call.params, arguments, "fold") &&
	    add_number(&call.params, arguments, "if_version"))
		r = call_run(client, &call);
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

int cmd_mine(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	char now[INSTANT_TEXT_MAX];
	bool past = arguments_has(arguments, "past");
	struct call call;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	instant_format(instant_now() / USEC_PER_SEC * USEC_PER_SEC, now);
	params_bool(&call.params, "mine", true);
	params_str(&call.params, past ? "to" : "from", now);
	if (past)
		params_str(&call.params, "state", "all");
	return pages_print(client, &call, view_find("mine"));
}

int cmd_list(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	static const char *const texts[] = { "space", "tenant", "from", "to" };
	struct call call;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		params_str(&call.params, texts[i], arguments_get(arguments, texts[i]));
	if (arguments_has(arguments, "all"))
		params_str(&call.params, "state", "all");
	return pages_print(client, &call, view_find("booking"));
}
