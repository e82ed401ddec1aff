/*
 * Refusals in words. The kind and its data make the sentence; the server's own English text is used
 * where it says more than the kind does.
 */

#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/command.h"
#include "client/i18n.h"
#include "client/refusal.h"
#include "client/view.h"
#include "client/when.h"
#include "common/civil.h"
#include "common/json.h"

/* " Mon 23 Nov 10:00–12:00 KST" from the data's start and end, where it has them. */
static void add_span(struct client *client, const struct cJSON *data, struct buf *out)
{
	const char *start = json_str(data, "start"), *end = json_str(data, "end");
	int64_t from, to;

	if (!start || !end || instant_parse(start, &from) < 0 || instant_parse(end, &to) < 0)
		return;
	buf_add_char(out, ' ');
	when_span(out, from, to, view_zone(client, data), client->now, client_lang(client));
}

void refusal_sentence(struct client *client, const struct reply *reply, struct buf *out)
{
	const struct cJSON *data = reply->response.data;
	enum error_kind kind = reply_kind(reply);
	const char *space = json_str(data, "space"), *field = json_str(data, "field");
	const char *message = reply->response.message;

	if ((kind == ERROR_slot_taken || kind == ERROR_blocked) && space) {
		text_line(out, space);
		buf_add_str(out, kind == ERROR_blocked ? _(" is out of service") : _(" is taken"));
		add_span(client, data, out);
		return;
	}
	text_line(out, message && *message ? message : _(error_text(kind)));
	if (field && kind == ERROR_params && (!message || !strstr(message, field))) {
		buf_add_str(out, " (");
		text_line(out, field);
		buf_add_char(out, ')');
	}
}

/* Where to look at a thing whose state is not what the command expected. */
static void tell_look(const char *method)
{
	char list[64];

	snprintf(list, sizeof(list), "%.*s list", (int)strcspn(method, "."), method);
	for (size_t i = 0; command_at(i); i++)
		if (strcmp(command_at(i)->name, list) == 0) {
			complain_more(_("try"), "cowork %s", list);
			return;
		}
	complain_more(_("try"), _("look at it again: cowork show REF"));
}

static void tell_help(struct client *client, const char *method, const struct reply *reply,
		      enum error_kind kind)
{
	const struct cJSON *data = reply->response.data;
	const char *hint_text = json_str(data, "hint"), *request = json_str(data, "request");
	const char *free_from = json_str(data, "free_from");
	int64_t at;

	if (hint_text)
		complain_more(_("hint"), "%s", hint_text);
	if (free_from && instant_parse(free_from, &at) == 0) {
		struct buf text = BUF_INIT(256);

		when_instant(&text, at, view_zone(client, data), client->now, client_lang(client));
		complain_more(_("free"), _("from %s"), text.data ? text.data : free_from);
		buf_deinit(&text);
	}
	if (kind == ERROR_unauthenticated)
		complain_more(_("try"), "cowork login");
	if (kind == ERROR_stale_version || kind == ERROR_wrong_state)
		tell_look(method);
	if (error_retry(kind))
		complain_more(_("try"), _("the same again in a moment; nothing was changed"));
	if (request && (kind == ERROR_internal || client->options.verbose))
		complain_more(_("log"), _("the server's log has this as request %s"), request);
}

int refusal_tell(struct client *client, const char *method, const struct reply *reply)
{
	struct buf text = BUF_INIT(64 * 1024);
	enum error_kind kind = reply_kind(reply);

	refusal_sentence(client, reply, &text);
	complain("%s", text.data ? text.data : error_text(kind));
	tell_help(client, method, reply, kind);
	buf_deinit(&text);
	return error_exit(kind);
}
