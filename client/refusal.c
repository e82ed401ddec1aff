/*
 * Refusals in words. The kind and its data make the sentence; the server's own English text is used
 * where it says more than the kind does.
 */

#include <string.h>

#include "client/advice.h"
#include "client/arguments.h"
#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/lookup.h"
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

/* The kind in the reader's language, and what the server says beyond it in its own. */
static void add_translated(enum error_kind kind, const char *message, struct buf *out)
{
	buf_add_str(out, _(error_text(kind)));
	if (!message || !*message || strcmp(message, error_text(kind)) == 0)
		return;
	buf_add_str(out, " (");
	text_line(out, message);
	buf_add_char(out, ')');
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
	if (kind == ERROR_own_overlap && space) {
		buf_add_str(out, _("another place is booked then: "));
		text_line(out, space);
		add_span(client, data, out);
		return;
	}
	if (kind == ERROR_in_the_past && json_str(data, "rule") &&
	    strcmp(json_str(data, "rule"), "notice") == 0) {
		buf_add_str(out, _("that is too soon"));
		return;
	}
	if (kind == ERROR_not_found && field && strcmp(field, "for") == 0 &&
	    client->asked.arguments && arguments_has(client->asked.arguments, "for")) {
		/* The server hides whom one may not book for, though the list may show them. */
		buf_printf(out, _("there is no member '%s' whom you may book for"),
			   arguments_get(client->asked.arguments, "for"));
		return;
	}
	if (i18n_translated()) {
		add_translated(kind, message, out);
		return;
	}
	text_line(out, message && *message ? message : error_text(kind));
	if (field && kind == ERROR_params && (!message || !strstr(message, field))) {
		buf_add_str(out, " (");
		text_line(out, field);
		buf_add_char(out, ')');
	}
}

/* The bookings that are in the way of what staff wanted, and how to see them. */
static void tell_bookings(struct client *client, const struct cJSON *data)
{
	const struct cJSON *bookings = json_get(data, "bookings");
	const char *rule = json_str(data, "rule"), *space = json_str(data, "space");
	int64_t count = 0, shown = 0;

	for (const struct cJSON *one = json_first(bookings); one; one = json_next(one), shown++) {
		struct buf text = BUF_INIT(512);

		text_line(&text, json_str(one, "ref") ? json_str(one, "ref") : "");
		add_span(client, one, &text);
		complain_more(shown == 0 ? _("booked") : "", "%s", text.data ? text.data : "");
		buf_deinit(&text);
	}
	if (json_int(data, "count", &count) && shown > 0 && count > shown)
		complain_more("", _("and %lld more"), (long long)(count - shown));
	if (rule && space && strcmp(rule, "booked") == 0) {
		complain_more(_("look"), "cowork list --space %s --from today", space);
		complain_more(_("or"), "cowork space retire %s --with-bookings", space);
	}
}

static void tell_help(struct client *client, const char *method, const struct reply *reply,
		      enum error_kind kind)
{
	const struct cJSON *data = reply->response.data;
	const char *hint_text = json_str(data, "hint"), *request = json_str(data, "request");

	if (json_count(json_get(data, "alternatives")) == 0)
		advice_asked(client);
	if (!advice_rule(client, data) && hint_text)
		complain_more(_("hint"), "%s", hint_text);
	if (kind != ERROR_own_overlap && kind != ERROR_params)
		advice_alternatives(client, data);
	tell_bookings(client, data);
	if (reply->about == REPLY_REQUEST)
		lookup_tell(client, method, reply);
	if (kind == ERROR_unauthenticated)
		complain_more(_("try"), "cowork login");
	if (error_retry(kind) && call_retry_after(reply) >= 1000)
		complain_more(_("try"), _("the same again in %d s; nothing was changed"),
			      (int)((call_retry_after(reply) + 999) / 1000));
	else if (error_retry(kind))
		complain_more(_("try"), _("the same again in a moment; nothing was changed"));
	if (request && (kind == ERROR_internal || client->options.verbose))
		complain_more(_("log"), _("the server's log has this as request %s"), request);
	complain_more(_("exit"), "%d", error_exit(kind));
}

int refusal_tell(struct client *client, const char *method, const struct reply *reply)
{
	struct buf text = BUF_INIT(64 * 1024);
	enum error_kind kind = reply_kind(reply);

	if (client->asked.looking && kind == ERROR_too_long)
		buf_add_str(&text, _("none can be booked for so long"));
	else
		refusal_sentence(client, reply, &text);
	complain("%s", text.data ? text.data : error_text(kind));
	tell_help(client, method, reply, kind);
	buf_deinit(&text);
	return error_exit(kind);
}
