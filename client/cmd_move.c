/*
 * move, extend: a booking at another place or time.
 */

#include <stdio.h>
#include <string.h>

#include "client/booked.h"
#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"

/*
 * The words behind REF: a space, a phrase, or a space and a phrase. The first is a space unless it
 * could begin a phrase; --space says so for codes that look like one.
 */
static const char *split_move(const struct arguments *arguments, struct words *ret)
{
	const char *space = arguments_get(arguments, "space");

	*ret = (struct words){ arguments->many, arguments->many_count, false };
	if (arguments_has_position(arguments, "space") && ret->count == 0) {
		if (!when_is_word(space))
			return space;
		*ret = (struct words){ arguments_slot(arguments, "space"), 1, false };
		return NULL;
	}
	if (space || ret->count == 0 || when_is_word(ret->words[0]))
		return space;
	ret->words++;
	ret->count--;
	return ret->words[-1];
}

/* Where the space stands on the command line. */
static struct words place_of(const struct arguments *arguments, const char *space)
{
	struct words none = { NULL, 0, false };

	if (!space)
		return none;
	if (arguments_has(arguments, "space"))
		return (struct words){ arguments_slot(arguments, "space"), 1,
				       !arguments_has_position(arguments, "space") };
	return (struct words){ arguments->many, 1, false };
}

/* The booking as it is now: for telling what it was, which is not worth a failure. */
static void look(struct client *client, struct call *call, const char *ref)
{
	call_begin(call, "booking.show", false);
	params_str(&call->params, "site", client_site_or_none(client));
	params_str(&call->params, "ref", ref);
	if (client->out.format == FORMAT_TABLE && !client->options.key)
		(void)call_try(client, call);
}

/* What the phrase does not say is taken from the booking, which has to be known then. */
static int look_when(struct client *client, struct call *before, const struct words *words,
		     const char *ref)
{
	char text[PHRASE_MAX];
	const struct cJSON *booking = json_get(call_result(before), "booking");
	const char *start, *end;
	int r;

	phrase_join(words, text);
	if (words->count == 0 || when_lacks(text) == WHEN_LACKS_NOTHING)
		return STATUS_OK;
	if (!json_str(booking, "start")) {
		call_done(before);
		call_begin(before, "booking.show", false);
		params_str(&before->params, "site", client_site_or_none(client));
		params_str(&before->params, "ref", ref);
		r = call_run(client, before);
		if (r != STATUS_OK)
			return r;
		booking = json_get(call_result(before), "booking");
	}
	start = json_str(booking, "start");
	end = json_str(booking, "end");
	if (start && end && instant_parse(start, &client->asked.was_start) == 0 &&
	    instant_parse(end, &client->asked.was_end) == 0)
		return STATUS_OK;
	complain(_("the server does not tell when that is"));
	return STATUS_PROTOCOL;
}

/* Asks for the move and tells it. */
static int run(struct client *client, struct call *call, const struct words *words,
	       const struct arguments *arguments, const struct call *before)
{
	int r = words->count > 0 ? booked_ask(client, call, words, arguments_get(arguments, "fold"))
				 : call_run(client, call);

	if (r == STATUS_OK)
		r = booked_tell(client, json_get(call_result(call), "booking"),
				json_get(call_result(before), "booking"), _("would be moved:"));
	if (r == STATUS_OK)
		booked_hint_undo(client);
	return r;
}

int cmd_move(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct words words;
	const char *space = split_move(arguments, &words), *ref = arguments_get(arguments, "ref");
	struct call call, before;
	int r;

	if (!space && words.count == 0) {
		complain(_("move where? Give a space, a time, or both"));
		complain_more(_("help"), "cowork help move");
		return STATUS_USAGE;
	}
	if (!call_begin_site(client, &call, "booking.move", true))
		return STATUS_USAGE;
	look(client, &before, ref);
	client->asked.place = place_of(arguments, space);
	params_str(&call.params, "ref", ref);
	params_str(&call.params, "space", space);
	if (booked_number(&call.params, arguments, "if_version"))
		r = look_when(client, &before, &words, ref);
	else
		r = STATUS_USAGE;
	if (r == STATUS_OK)
		r = run(client, &call, &words, arguments, &before);
	client->asked.was_start = client->asked.was_end = 0;
	call_done(&before);
	call_done(&call);
	return r;
}

/* "until 18:00", "18시까지": the time without the word, on the day on which it ends now. */
static bool read_until(const struct client *client, const struct phrase_clock *clock,
		       const char *text, int64_t end, int64_t *ret)
{
	static const char *const words[] = { "until ", "till ", "to " };
	char phrase[PHRASE_MAX + CIVIL_TEXT_MAX], date[CIVIL_TEXT_MAX];
	struct when_problem problem;
	struct zone_local local;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			text += strlen(words[i]);
	len = strlen(text);
	if (len > strlen("까지") && strcmp(text + len - strlen("까지"), "까지") == 0)
		len -= strlen("까지");
	zone_to_local(clock->zone, end, &local);
	civil_format(&local.civil, date);
	snprintf(phrase, sizeof(phrase), "%.10s %.*s", date, (int)len, text);
	return when_parse_edge(phrase, client->now, clock->zone, &clock->options, WHEN_TO, ret,
			       &problem) == WHEN_OK;
}

/* The new end of what is extended by "1h", "for 90m" or "until 18:00". 0 or an exit status. */
static int read_extension(const struct client *client, const struct phrase_clock *clock,
			  const struct words *words, int64_t end, int64_t *ret)
{
	char text[PHRASE_MAX], phrase[PHRASE_MAX + INSTANT_TEXT_MAX], from[INSTANT_TEXT_MAX];
	struct when_interval interval;
	struct when_problem problem;

	phrase_join(words, text);
	snprintf(phrase, sizeof(phrase), "%s %s", instant_format(end, from),
		 strncmp(text, "by ", 3) == 0 ? text + 3 : text);
	*ret = 0;
	/* "-1h" would be read as a length behind a dash. */
	if (strncmp(text, "until", 5) != 0 && text[0] != '-' &&
	    when_parse(phrase, client->now, clock->zone, &clock->options, &interval, &problem) ==
		    WHEN_OK &&
	    interval.start == end) {
		*ret = interval.end;
		return STATUS_OK;
	}
	if (!read_until(client, clock, text, end, ret)) {
		complain(_("by how much? \"%s\" is neither a length such as 1h or 90m nor an end "
			   "such as until 18:00"),
			 text);
		complain_more(_("help"), "cowork help extend");
		return STATUS_DATA;
	}
	if (*ret > end)
		return STATUS_OK;
	complain(_("it lasts until then already"));
	complain_more(_("help"), "cowork help move");
	return STATUS_DATA;
}

/* Adds what the new interval is, bound to the booking as it was when that was worked out. */
static int add_extension(struct client *client, struct params *params, const struct words *words,
			 const struct cJSON *booking)
{
	const char *start = json_str(booking, "start"), *end = json_str(booking, "end");
	char text[INSTANT_TEXT_MAX];
	struct phrase_clock clock;
	int64_t from, to, version, until;
	int r = phrase_clock_init(&clock, client, PHRASE_ASK, NULL);

	if (r == STATUS_OK &&
	    (!start || !end || instant_parse(start, &from) < 0 || instant_parse(end, &to) < 0)) {
		complain(_("the server does not tell when that is"));
		r = STATUS_PROTOCOL;
	}
	if (r == STATUS_OK)
		r = read_extension(client, &clock, words, to, &until);
	if (r == STATUS_OK) {
		params_str(params, "end", instant_format(until, text));
		if (json_int(booking, "version", &version))
			params_int(params, "if_version", version);
	}
	phrase_clock_deinit(&clock);
	return r;
}

int cmd_extend(struct client *client, const struct command *command _unused_,
	       const struct arguments *arguments)
{
	struct words words = { arguments->many, arguments->many_count, false };
	const struct words none = { NULL, 0, false };
	const char *ref = arguments_get(arguments, "ref");
	struct call call, before;
	int r;

	if (!call_begin_site(client, &before, "booking.show", false))
		return STATUS_USAGE;
	params_str(&before.params, "ref", ref);
	r = call_run(client, &before);
	if (r == STATUS_OK && call_begin_site(client, &call, "booking.move", true)) {
		params_str(&call.params, "ref", ref);
		r = add_extension(client, &call.params, &words,
				  json_get(call_result(&before), "booking"));
		if (r == STATUS_OK)
			r = run(client, &call, &none, arguments, &before);
		call_done(&call);
	}
	call_done(&before);
	return r;
}
