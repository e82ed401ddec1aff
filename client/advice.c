/*
 * Rules in words and alternatives as commands. The server answers for the alternatives: each was
 * free and allowed for this person when it refused.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/advice.h"
#include "client/arguments.h"
#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/place.h"
#include "client/site_clock.h"
#include "client/trial.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"
#include "common/when.h"

#define TEXT_MAX      1024
#define LARGER_MOST   5
#define LABEL_COLUMNS 9 /* before the text of a line below a refusal */

/* "8 h", "1 h 30 min", "45 min" of minutes. */
static const char *duration(int64_t minutes, char out[64])
{
	long long hours = (long long)(minutes / 60), rest = (long long)(minutes % 60);

	if (hours == 0)
		snprintf(out, 64, _("%lld min"), rest);
	else if (rest == 0)
		snprintf(out, 64, _("%lld h"), hours);
	else
		snprintf(out, 64, _("%lld h %lld min"), hours, rest);
	return out;
}

/* Rules whose limit is a number, which stands where {0} is. */
static const struct {
	const char *rule, *text;
	bool minutes;
} limits[] = {
	{ "longest", N_("at most {0} at a time"), true },
	{ "shortest", N_("at least {0} at a time"), true },
	{ "granularity", N_("times are multiples of {0}"), true },
	{ "notice", N_("at least {0} ahead"), true },
	{ "horizon", N_("at most {0} days ahead"), false },
	{ "capacity", N_("it has room for {0}"), false },
};

/* Rules that have none. */
static const struct {
	const char *rule, *text;
} plain_rules[] = {
	{ "past", N_("what has begun cannot be booked any more") },
	{ "one_at_a_time", N_("one person has one place at a time") },
	{ "closed_day", N_("the site is closed on that day") },
};

/* The template with the limit in place of "{0}". */
static void say_limit(const char *template, const char *limit)
{
	const char *at = strstr(template, "{0}");
	struct buf text = BUF_INIT(TEXT_MAX);

	if (at) {
		buf_add(&text, template, (size_t)(at - template));
		buf_printf(&text, "%s%s", limit, at + strlen("{0}"));
	}
	complain_more(_("rule"), "%s", text.data ? text.data : template);
	buf_deinit(&text);
}

static bool tell_limit(const char *rule, int64_t limit)
{
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (strcmp(limits[i].rule, rule) == 0) {
			if (limits[i].minutes)
				duration(limit, text);
			else
				snprintf(text, sizeof(text), "%lld", (long long)limit);
			say_limit(_(limits[i].text), text);
			return true;
		}
	return false;
}

bool advice_rule(struct client *client, const struct cJSON *data)
{
	const char *rule = json_str(data, "rule");
	struct site_clock clock;
	int64_t limit;

	if (!rule)
		return false;
	if (json_int(data, "limit", &limit) && limit >= 0 && tell_limit(rule, limit))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(plain_rules); i++)
		if (strcmp(plain_rules[i].rule, rule) == 0) {
			complain_more(_("rule"), "%s", _(plain_rules[i].text));
			return true;
		}
	if (strcmp(rule, "hours") != 0 || !site_clock_known(client, &clock))
		return false;
	complain_more(_("rule"), _("the site is open from %02d:%02d to %02d:%02d"), clock.open / 60,
		      clock.open % 60, clock.close / 60, clock.close % 60);
	return true;
}

/* The clock that the person reads; NULL where there is none. Owned by the caller unless asked. */
static struct zone *load_zone(struct client *client, const struct cJSON *data)
{
	const char *name = view_zone(client, data);
	struct zone *zone = NULL;

	if (!name || zone_load(name, NULL, &zone) < 0)
		return NULL;
	return zone;
}

struct offer {
	const char *space;
	struct when_interval when;
};

/* One alternative of the data; false where it is not one. */
static bool read_offer(const struct cJSON *alternative, struct offer *ret)
{
	const char *start = json_str(alternative, "start"), *end = json_str(alternative, "end");

	ret->space = json_str(alternative, "space");
	return ret->space && start && end && instant_parse(start, &ret->when.start) == 0 &&
	       instant_parse(end, &ret->when.end) == 0 && ret->when.start < ret->when.end;
}

/* A phrase of plain words that means the interval by this clock on any day soon. */
static void add_phrase(const struct client *client, const struct zone *zone,
		       const struct when_interval *when, struct buf *out)
{
	struct buf echo = BUF_INIT(TEXT_MAX);

	when_echo(&echo, when, zone, client->now, "en");
	for (const char *at = echo.data ? echo.data : ""; *at;) {
		size_t len = strcspn(at, "\xe2"); /* the first byte of an en dash */

		buf_add(out, at, len);
		at += len;
		if (*at) {
			buf_add_char(out, '-');
			at += strlen("–");
		}
	}
	buf_deinit(&echo);
}

/* The command as it was typed, with this place and time in it. */
static void tell_try(struct client *client, const struct zone *zone, const struct offer *offer)
{
	const struct asked *asked = &client->asked;
	struct edit edits[2 + ASKED_WISHES_MAX];
	struct buf phrase = BUF_INIT(TEXT_MAX), both = BUF_INIT(TEXT_MAX);
	const char *option = !asked->place.value && when_is_word(offer->space) ? "--space " : "";
	struct buf space = BUF_INIT(TEXT_MAX);
	bool same = asked->start == offer->when.start && asked->end == offer->when.end;
	size_t count = 0;
	char *line;

	if (asked->place.count == 0 && asked->when.count == 0)
		return;
	add_phrase(client, zone, &offer->when, &phrase);
	buf_printf(&space, "%s%s", option, offer->space);
	if (asked->place.count > 0)
		edits[count++] = (struct edit){ asked->place, space.data };
	else
		buf_printf(&both, "%s %s", space.data ? space.data : "",
			   phrase.data ? phrase.data : "");
	if (asked->when.count > 0 && (!same || both.len > 0))
		edits[count++] = (struct edit){ asked->when, both.len ? both.data : phrase.data };
	for (size_t i = 0; i < asked->wish_count; i++)
		edits[count++] = (struct edit){ asked->wishes[i], NULL };
	line = line_with(client, edits, count, asked->when.count == 0 ? phrase.data : NULL);
	if (line && !phrase.failed && !both.failed && !space.failed)
		complain_more(_("try"), "%s", line);
	free(line);
	buf_deinit(&space);
	buf_deinit(&both);
	buf_deinit(&phrase);
}

/* The search as it was typed, with this time in it. */
static void tell_search(struct client *client, const struct zone *zone,
			const struct when_interval *when)
{
	const struct asked *asked = &client->asked;
	struct buf phrase = BUF_INIT(TEXT_MAX);
	struct edit edit = { asked->when, NULL };
	bool typed = asked->when.count > 0;
	char *line;

	add_phrase(client, zone, when, &phrase);
	edit.by = phrase.data;
	line = line_with(client, &edit, typed, typed ? NULL : phrase.data);
	if (line && !phrase.failed)
		complain_more(_("try"), "%s", line);
	free(line);
	buf_deinit(&phrase);
}

/* "A-12 12:00–18:00", led by its day unless that is the `last` one. */
static void add_offer(const struct client *client, const struct zone *zone,
		      const struct offer *offer, struct buf *last, struct buf *out)
{
	struct buf day = BUF_INIT(TEXT_MAX);

	when_echo_day(&day, offer->when.start, zone, client->now, client_lang(client));
	if (last->len == 0 || strcmp(last->data, day.data) != 0)
		buf_printf(out, "%s  ", day.data);
	buf_printf(out, "%s ", offer->space);
	when_echo_hours(out, &offer->when, zone, client_lang(client));
	buf_reset(last);
	buf_add_str(last, day.data ? day.data : "");
	buf_deinit(&day);
}

/* "Mon 23 Nov  A-12 12:00–18:00 · A-13 09:00–17:00", on as many lines as it takes. */
static void tell_offers(const struct client *client, const struct zone *zone,
			const struct cJSON *alternatives)
{
	struct buf line = BUF_INIT(TEXT_MAX), last = BUF_INIT(TEXT_MAX), one = BUF_INIT(TEXT_MAX);
	const char *label = _("free");
	struct offer offer;

	for (const struct cJSON *a = json_first(alternatives); a; a = json_next(a)) {
		if (!read_offer(a, &offer))
			continue;
		buf_reset(&one);
		add_offer(client, zone, &offer, &last, &one);
		if (line.len > 0 && one.data &&
		    LABEL_COLUMNS + utf8_width(line.data) + 3 + utf8_width(one.data) >
			    client->out.columns) {
			complain_more(label, "%s", line.data);
			label = "";
			buf_reset(&line);
		}
		buf_printf(&line, "%s%s", line.len ? " · " : "", one.data ? one.data : "");
	}
	complain_more(label, "%s", line.data ? line.data : "");
	buf_deinit(&line);
	buf_deinit(&last);
	buf_deinit(&one);
}

/* The one to suggest: at the time that was asked for, else the first. */
static bool best_offer(const struct client *client, const struct cJSON *alternatives,
		       struct offer *ret)
{
	struct offer offer;
	bool found = false;

	for (const struct cJSON *a = json_first(alternatives); a; a = json_next(a)) {
		if (!read_offer(a, &offer))
			continue;
		if (offer.when.start == client->asked.start &&
		    offer.when.end == client->asked.end) {
			*ret = offer;
			return true;
		}
		if (!found)
			*ret = offer;
		found = true;
	}
	return found;
}

/* The first instant when the whole length fits, and the command for it; false where there is none. */
static bool tell_free_from(struct client *client, const struct zone *zone, const struct cJSON *data)
{
	const char *text = json_str(data, "free_from"), *space = json_str(data, "space");
	struct buf told = BUF_INIT(TEXT_MAX);
	struct offer offer;
	int64_t at;

	if (!text || instant_parse(text, &at) < 0)
		return false;
	when_echo_instant(&told, at, zone, client->now, client_lang(client));
	complain_more(_("free"), _("from %s"), told.data ? told.data : text);
	buf_deinit(&told);
	if (client->asked.start == 0)
		return false;
	if (!space && client->asked.place.count > 0)
		space = client->asked.place.words[0];
	if (!space)
		return false;
	offer = (struct offer){ space, { at, at + client->asked.end - client->asked.start } };
	tell_try(client, zone, &offer);
	return true;
}

/* The same as near as the rule allows; 0 where that is not for us to work out. */
static bool within_rule(const struct client *client, const struct zone *zone,
			const struct cJSON *data, struct when_interval *ret)
{
	const char *rule = json_str(data, "rule");
	const struct asked *asked = &client->asked;
	struct zone_local local, today;
	int64_t limit, days;

	*ret = (struct when_interval){ asked->start, asked->end };
	if (!rule || !json_int(data, "limit", &limit) || limit <= 0 || limit > 366 * 1440)
		return false;
	if (strcmp(rule, "longest") == 0 || strcmp(rule, "shortest") == 0) {
		ret->end = asked->start + limit * 60 * USEC_PER_SEC;
		return true;
	}
	zone_to_local(zone, asked->start, &local);
	if (strcmp(rule, "granularity") == 0) {
		int64_t step = limit * 60, off = (local.civil.hour * 60 + local.civil.minute) * 60;

		ret->start -= off % step * USEC_PER_SEC;
		ret->end = ret->start + (asked->end - asked->start + step * USEC_PER_SEC - 1) /
						(step * USEC_PER_SEC) * step * USEC_PER_SEC;
		return true;
	}
	if (strcmp(rule, "horizon") != 0)
		return false;
	/* The same hours of the last day that is not too far. */
	zone_to_local(zone, client->now, &today);
	days = civil_to_seconds(&local.civil) / 86400 - civil_to_seconds(&today.civil) / 86400;
	local.civil = civil_from_seconds(civil_to_seconds(&local.civil) - (days - limit) * 86400);
	if (days <= limit || zone_to_instant(zone, &local.civil, 0, &ret->start, NULL) != ZONE_OK)
		return false;
	ret->end = ret->start + asked->end - asked->start;
	return true;
}

/* A place with room for as many, for which the server would take the booking. */
static bool find_larger(struct client *client, struct call *call, struct offer *ret)
{
	char start[INSTANT_TEXT_MAX], end[INSTANT_TEXT_MAX];
	const char *capacity =
		client->asked.arguments ? arguments_get(client->asked.arguments, "capacity") : NULL;

	params_str(&call->params, "site", client_site_or_none(client));
	params_str(&call->params, "start", instant_format(client->asked.start, start));
	params_str(&call->params, "end", instant_format(client->asked.end, end));
	call->limit = LARGER_MOST;
	if (!capacity || !params_typed(&call->params, "capacity", capacity) ||
	    call_try(client, call) != 0)
		return false;
	for (const struct cJSON *s = json_first(json_get(call_result(call), "spaces")); s;
	     s = json_next(s)) {
		ret->space = json_str(json_get(s, "space"), "code");
		ret->when = (struct when_interval){ client->asked.start, client->asked.end };
		if (ret->space && trial_book(client, ret->space, ret->when.start, ret->when.end))
			return true;
	}
	return false;
}

/* What the server did not offer, but would take; else where the site tells its rules. */
static void tell_own(struct client *client, const struct zone *zone, const struct cJSON *data)
{
	const struct asked *asked = &client->asked;
	const char *site = client_site_or_none(client), *rule = json_str(data, "rule");
	struct offer offer = { NULL, { 0, 0 } };
	struct buf line = BUF_INIT(TEXT_MAX);
	struct call call;
	bool named = asked->place.count > 0 && !place_kind(asked->place.words[0]), found = false;

	if (!asked->start || !rule)
		return;
	if (asked->looking && within_rule(client, zone, data, &offer.when)) {
		tell_search(client, zone, &offer.when);
		return;
	}
	call_begin(&call, "space.search", false);
	if (strcmp(rule, "capacity") == 0) {
		found = find_larger(client, &call, &offer);
	} else if (named) {
		offer.space = asked->place.words[0];
		found = within_rule(client, zone, data, &offer.when) &&
			trial_book(client, offer.space, offer.when.start, offer.when.end);
	}
	if (found) {
		tell_try(client, zone, &offer);
	} else if (site) {
		buf_add_str(&line, "cowork site show ");
		text_quote(&line, site);
		complain_more(_("try"), "%s", line.data ? line.data : "cowork site list");
	}
	call_done(&call);
	buf_deinit(&line);
}

void advice_asked(const struct client *client)
{
	struct when_interval when = { client->asked.start, client->asked.end };
	struct buf text = BUF_INIT(TEXT_MAX);

	if (!client->asked.zone || !when.start)
		return;
	when_echo(&text, &when, client->asked.zone, client->now, client_lang(client));
	complain_more(_("asked"), "%s", text.data ? text.data : "");
	buf_deinit(&text);
}

void advice_alternatives(struct client *client, const struct cJSON *data)
{
	const struct cJSON *alternatives = json_get(data, "alternatives");
	struct zone *own = client->asked.zone ? NULL : load_zone(client, data);
	const struct zone *zone = own ? own : client->asked.zone;
	struct offer best;

	if (zone && best_offer(client, alternatives, &best)) {
		tell_offers(client, zone, alternatives);
		tell_try(client, zone, &best);
	} else if (zone && !tell_free_from(client, zone, data)) {
		tell_own(client, zone, data);
	}
	zone_free(own);
}
