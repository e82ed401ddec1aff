/*
 * block add: a space is out of service for a time that is given as for a booking.
 */

#include "client/booked.h"
#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/view.h"
#include "common/json.h"
#include "common/macros.h"

/* "✓ B-7F3KAT  A-12  Mon 23 Nov 09:00–17:00 EST  repair", or the row, or the object. */
static int tell(struct client *client, const struct cJSON *block)
{
	struct buf raw = BUF_INIT(16384), line = BUF_INIT(65536);

	if (client->out.format != FORMAT_TABLE)
		return view_show(client, view_find("block"), block);
	if (client->options.dry_run)
		buf_printf(&line, "  %s  ", _("would be blocked:"));
	else
		buf_add_str(&line, client->out.color ? "\033[32m✓\033[0m " : "✓ ");
	if (json_str(block, "ref") && !client->options.dry_run)
		buf_printf(&raw, "%s  ", json_str(block, "ref"));
	buf_printf(&raw, "%s  ", json_str(block, "space") ? json_str(block, "space") : "");
	view_cell(client, block, "when", &raw);
	buf_printf(&raw, "  %s", json_str(block, "reason") ? json_str(block, "reason") : "");
	if (raw.data)
		text_line(&line, raw.data);
	out_printf(&client->out, "%s\n", line.data ? line.data : "");
	buf_deinit(&raw);
	buf_deinit(&line);
	return STATUS_OK;
}

int cmd_block_add(struct client *client, const struct command *command _unused_,
		  const struct arguments *arguments)
{
	static const char *const texts[] = { "space", "reason", "note", "external_id" };
	struct words when = { arguments->many, arguments->many_count, false };
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "block.create", true))
		return STATUS_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		params_str(&call.params, texts[i], arguments_get(arguments, texts[i]));
	r = booked_ask(client, &call, &when, arguments_get(arguments, "fold"));
	if (r == STATUS_OK)
		r = tell(client, json_get(call_result(&call), "block"));
	call_done(&call);
	return r;
}
