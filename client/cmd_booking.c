/*
 * show, cancel, undo, history: one booking.
 */

#include <string.h>

#include "client/booked.h"
#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/view.h"
#include "common/json.h"
#include "common/macros.h"

int cmd_cancel(struct client *client, const struct command *command _unused_,
	       const struct arguments *arguments)
{
	struct call call;
	int r = STATUS_USAGE;

	if (!call_begin_site(client, &call, "booking.cancel", true))
		return STATUS_USAGE;
	params_str(&call.params, "ref", arguments_get(arguments, "ref"));
	if (booked_number(&call.params, arguments, "if_version"))
		r = call_run(client, &call);
	if (r == STATUS_OK)
		r = booked_tell(client, json_get(call_result(&call), "booking"), NULL,
				_("would be cancelled:"));
	if (r == STATUS_OK)
		booked_hint_undo(client);
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
		r = booked_tell(client, json_get(call_result(&call), "booking"), NULL,
				_("would be after the undo:"));
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
