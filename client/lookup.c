/*
 * A second look for the person who was refused.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/call.h"
#include "client/client.h"
#include "client/command.h"
#include "client/i18n.h"
#include "client/lookup.h"
#include "client/place.h"
#include "client/trial.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/nearest.h"

#define NEAR_MAX  3
#define LIST_MOST 500

/* Where a parameter's codes are listed. */
static const struct list {
	const char *field, *method, *list, *member, *command;
	bool site;
} lists[] = {
	{ "space", "space.list", "spaces", "code", "cowork space list", true },
	{ "near", "space.list", "spaces", "code", "cowork space list", true },
	{ "area", "area.list", "areas", "code", "cowork area list", true },
	{ "floor", "floor.list", "floors", "code", "cowork floor list", true },
	{ "site", "site.list", "sites", "code", "cowork site list", false },
	{ "tenant", "tenant.list", "tenants", "code", "cowork tenant list", false },
	{ "for", "member.list", "members", "login", "cowork member list", false },
	{ "login", "member.list", "members", "login", "cowork member list", false },
};

static const struct list *find_list(const char *field)
{
	for (size_t i = 0; field && i < ARRAY_SIZE(lists); i++)
		if (strcmp(lists[i].field, field) == 0)
			return &lists[i];
	return NULL;
}

/* Where the word that names nothing stands on the command line; count 0: not there. */
static struct words word_of(const struct client *client, const char *field)
{
	const struct asked *asked = &client->asked;
	const char *const *slot = asked->arguments ? arguments_slot(asked->arguments, field) : NULL;

	if (strcmp(field, "site") == 0 && !slot && client->options.site)
		return (struct words){ &client->options.site, 1, true };
	if (strcmp(field, "space") == 0 && asked->place.count > 0)
		return asked->place;
	if (slot)
		return (struct words){ slot, 1, !arguments_has_position(asked->arguments, field) };
	return (struct words){ NULL, 0, false };
}

struct near {
	const char *text;
	unsigned distance;
};

/* The code as people say it: "a12" for A-12. */
static void bare(const char *code, char out[NEAREST_WORD_MAX])
{
	size_t len = 0;

	for (; *code && len < NEAREST_WORD_MAX - 1; code++)
		if (*code != '-')
			out[len++] = (char)(*code >= 'a' && *code <= 'z' ? *code - 32 : *code);
	out[len] = '\0';
}

static unsigned distance_of(const char *word, const char *text)
{
	unsigned distance = nearest_distance(word, text), without;
	char a[NEAREST_WORD_MAX], b[NEAREST_WORD_MAX];

	bare(word, a);
	bare(text, b);
	without = nearest_distance(a, b);
	return without < distance ? without : distance;
}

/* Keeps the nearest ones in order. */
static void offer(struct near near[NEAR_MAX], const char *word, const char *text)
{
	size_t len = strlen(word) > strlen(text) ? strlen(word) : strlen(text), at = NEAR_MAX;
	unsigned distance = distance_of(word, text), limit = (unsigned)len / 2;

	if (strcasecmp(word, text) == 0)
		distance = 0;
	else if (strncasecmp(word, text, strlen(word)) == 0)
		distance = distance > 1 ? 1 : distance;
	if (distance > (limit < 3 ? limit : 3))
		return;
	while (at > 0 && (!near[at - 1].text || near[at - 1].distance > distance))
		at--;
	if (at == NEAR_MAX)
		return;
	memmove(&near[at + 1], &near[at], (NEAR_MAX - at - 1) * sizeof(near[0]));
	near[at] = (struct near){ text, distance };
}

static void tell_near(struct client *client, const struct words *slot, const struct list *list,
		      const struct near near[NEAR_MAX])
{
	struct buf text = BUF_INIT(1024), more = BUF_INIT(1024);
	struct edit edit = { *slot, near[0].text };
	char *line;

	for (size_t i = 0; i < NEAR_MAX && near[i].text; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", near[i].text);
	complain_more(_("near"), "%s", text.data ? text.data : "");
	/* A site that no option named comes from the context or the environment. */
	if (slot->count == 0) {
		buf_printf(&more, "--%s ", list->field);
		text_quote(&more, near[0].text);
	}
	line = line_with(client, &edit, slot->count ? 1 : 0, more.data);
	if (line)
		complain_more(_("try"), "%s", line);
	free(line);
	buf_deinit(&more);
	buf_deinit(&text);
}

/* The very one is there, so the server would not take it from this person. */
static void tell_rights(const char *field)
{
	if (strcmp(field, "for") == 0)
		complain_more(_("rule"), _("members book for themselves, a company's administrator "
					   "for its members, staff for everybody"));
	else
		complain_more(_("hint"), _("it is there, but this is not for you to do"));
	complain_more(_("try"), "cowork whoami");
}

/* Offers all codes of a list; the call keeps them. */
static void offer_list(struct client *client, const struct list *list, struct call *call,
		       const char *word, struct near near[NEAR_MAX])
{
	call_begin(call, list->method, false);
	if (list->site)
		params_str(&call->params, "site", client_site_or_none(client));
	call->limit = LIST_MOST;
	if (call_try(client, call) != 0)
		return;
	for (const struct cJSON *one = json_first(json_get(call_result(call), list->list)); one;
	     one = json_next(one))
		if (json_str(one, list->member))
			offer(near, word, json_str(one, list->member));
}

/* "there is no space A-2": those with a code like it, or where all of them are listed. */
static void look_for_codes(struct client *client, const char *field)
{
	const struct list *found[3] = { find_list(field) };
	struct near near[NEAR_MAX] = { { 0 } };
	struct call calls[ARRAY_SIZE(found)];
	size_t count = found[0] != NULL;
	struct words slot;
	const char *word;

	if (!found[0])
		return;
	slot = word_of(client, field);
	word = slot.count ? slot.words[0] : client_site_or_none(client);
	/* Where a word may be a space, an area or a floor, it was none of them. */
	if (client->asked.arguments && arguments_has(client->asked.arguments, "space|area")) {
		found[count++] = find_list("area");
		found[count++] = find_list("floor");
	}
	if (!word || (!slot.count && strcmp(field, "site") != 0))
		count = 0;
	for (size_t i = 0; i < count; i++)
		offer_list(client, found[i], &calls[i], word, near);
	if (near[0].text && strcasecmp(near[0].text, word) == 0)
		tell_rights(field);
	else if (near[0].text)
		tell_near(client, &slot, found[0], near);
	else
		complain_more(_("try"), "%s", found[0]->command);
	for (size_t i = 0; i < count; i++)
		call_done(&calls[i]);
}

void lookup_sites(struct client *client)
{
	struct buf text = BUF_INIT(4096), more = BUF_INIT(1024);
	const char *first = NULL;
	struct call call;
	char *line = NULL;

	call_begin(&call, "site.list", false);
	call.limit = LIST_MOST;
	if (client->token[0] && call_try(client, &call) == 0)
		for (const struct cJSON *site = json_first(json_get(call_result(&call), "sites"));
		     site; site = json_next(site)) {
			const char *code = json_str(site, "code");

			first = first ? first : code;
			if (code)
				buf_printf(&text, "%s%s", text.len ? ", " : "", code);
		}
	if (first) {
		buf_add_str(&more, "--site ");
		text_quote(&more, first);
		line = line_with(client, NULL, 0, more.data);
		complain_more(_("sites"), "%s", text.data);
		if (line)
			complain_more(_("try"), "%s", line);
		complain_more(_("or"), _("for good: cowork config set site %s"), first);
	} else {
		complain_more(_("try"), _("--site SITE, or for good: cowork config set site SITE"));
	}
	free(line);
	buf_deinit(&more);
	buf_deinit(&text);
	call_done(&call);
}

/* The command with another version, or without words where it has none of its own. */
static void try_version(struct client *client, int64_t version)
{
	struct words slot = word_of(client, "if_version");
	char text[24];
	struct edit edit = { slot, text };
	char *line;

	snprintf(text, sizeof(text), "%lld", (long long)version);
	line = line_with(client, &edit, slot.count ? 1 : 0, NULL);
	if (line)
		complain_more(_("try"), "%s", line);
	free(line);
}

static void begin_about(struct client *client, struct call *call, const char *method,
			const char *ref)
{
	call_begin(call, method, false);
	params_str(&call->params, "site", client_site_or_none(client));
	params_str(&call->params, "ref", ref);
}

/* Who changed the booking last, and how. */
static void tell_last_change(struct client *client, const char *ref)
{
	const struct cJSON *last = NULL;
	struct buf text = BUF_INIT(1024);
	struct call call;

	begin_about(client, &call, "booking.history", ref);
	call.limit = LIST_MOST;
	if (call_try(client, &call) == 0)
		for (const struct cJSON *e = json_first(json_get(call_result(&call), "events")); e;
		     e = json_next(e))
			last = e;
	if (json_str(last, "kind")) {
		const char *verb = strchr(json_str(last, "kind"), '.');

		buf_add_str(&text, verb ? verb + 1 : json_str(last, "kind"));
		if (json_str(last, "actor"))
			buf_printf(&text, _(" by %s"), json_str(last, "actor"));
		complain_more(_("was"), "%s", text.data ? text.data : "");
	}
	buf_deinit(&text);
	call_done(&call);
}

/* Changed meanwhile: what it is now, who did it, and the command for the new version. */
static void look_at_version(struct client *client, const char *method, const struct cJSON *data)
{
	struct words slot = word_of(client, "ref");
	bool booking = strncmp(method, "booking.", 8) == 0 && slot.count > 0;
	struct buf now = BUF_INIT(4096);
	int64_t version = 0;
	struct call call;

	(void)json_int(data, "version", &version);
	if (booking) {
		begin_about(client, &call, "booking.show", slot.words[0]);
		if (call_try(client, &call) == 0) {
			const struct cJSON *it = json_get(call_result(&call), "booking");

			buf_printf(&now, "%s  ",
				   json_str(it, "space") ? json_str(it, "space") : "");
			view_cell(client, it, "when", &now);
			buf_printf(&now, "  %s",
				   json_str(it, "state") ? json_str(it, "state") : "");
			complain_more(_("now"), "%s", now.data ? now.data : "");
			(void)json_int(it, "version", &version);
		}
		call_done(&call);
		tell_last_change(client, slot.words[0]);
	}
	if (version > 0)
		try_version(client, version);
	buf_deinit(&now);
}

/* The booking whose place and time the refusal names; NULL where it is not for us to see. */
static const char *find_holder(struct client *client, struct call *call, const struct cJSON *data)
{
	const char *start = json_str(data, "start"), *end = json_str(data, "end");

	call_begin(call, "booking.list", false);
	params_str(&call->params, "site", client_site_or_none(client));
	params_str(&call->params, "space", json_str(data, "space"));
	params_str(&call->params, "from", start);
	params_str(&call->params, "to", end);
	call->limit = LIST_MOST;
	if (!start || !end || !json_str(data, "space") || call_try(client, call) != 0)
		return NULL;
	for (const struct cJSON *b = json_first(json_get(call_result(call), "bookings")); b;
	     b = json_next(b))
		if (json_str(b, "ref") && json_str(b, "start") &&
		    strcmp(json_str(b, "start"), start) == 0)
			return json_str(b, "ref");
	return NULL;
}

/* The options that say where, for a command that is not the one that was typed. */
static void add_where(const struct client *client, struct buf *line)
{
	const char *const options[][2] = { { "--context", client->options.context },
					   { "--site", client->options.site } };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i][1]) {
			buf_printf(line, " %s ", options[i][0]);
			text_quote(line, options[i][1]);
		}
}

/* One person has another place then: to move it to what was asked for, or to give it up. */
static void look_for_holder(struct client *client, const struct cJSON *data)
{
	const char *ref = json_str(data, "ref");
	struct buf line = BUF_INIT(4096);
	struct call call = { 0 };
	bool asked = !ref;

	if (asked)
		ref = find_holder(client, &call, data);
	if (ref && client->asked.place.count > 0 && !place_kind(client->asked.place.words[0]) &&
	    client->asked.start && trial_move(client, ref)) {
		buf_printf(&line, "cowork move %s ", ref);
		text_quote(&line, client->asked.place.words[0]);
		for (size_t i = 0; i < client->asked.when.count; i++) {
			buf_add_char(&line, ' ');
			text_quote(&line, client->asked.when.words[i]);
		}
		add_where(client, &line);
		complain_more(_("try"), "%s", line.data ? line.data : "");
		buf_reset(&line);
	}
	if (ref)
		buf_printf(&line, "cowork cancel %s", ref);
	else
		buf_add_str(&line, "cowork mine");
	add_where(client, &line);
	complain_more(_("try"), "%s", line.data ? line.data : "");
	buf_deinit(&line);
	if (asked)
		call_done(&call);
}

/* Where to look at a thing whose state is not what the command expected. */
static void tell_look(struct client *client, const char *method)
{
	struct words ref = word_of(client, "ref");
	char list[64];

	snprintf(list, sizeof(list), "%.*s list", (int)strcspn(method, "."), method);
	for (size_t i = 0; command_at(i); i++)
		if (strcmp(command_at(i)->name, list) == 0) {
			complain_more(_("try"), "cowork %s", list);
			return;
		}
	if (ref.count > 0)
		complain_more(_("try"), "cowork show %s", ref.words[0]);
	else
		complain_more(_("try"), "cowork mine");
}

void lookup_tell(struct client *client, const char *method, const struct reply *reply)
{
	const struct cJSON *data = reply->response.data;
	enum error_kind kind = reply_kind(reply);
	const char *field = json_str(data, "field");

	if (kind == ERROR_not_found && field && strcmp(field, "ref") == 0)
		complain_more(_("try"), strncmp(method, "block.", 6) == 0 ? "cowork block list"
									  : "cowork mine");
	else if (kind == ERROR_not_found && field)
		look_for_codes(client, field);
	else if (kind == ERROR_stale_version)
		look_at_version(client, method, data);
	else if (kind == ERROR_own_overlap)
		look_for_holder(client, data);
	else if (kind == ERROR_wrong_state || kind == ERROR_undo_expired)
		tell_look(client, method);
	else if (kind == ERROR_forbidden)
		complain_more(_("try"), "cowork whoami");
}
