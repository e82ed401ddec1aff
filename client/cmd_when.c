/*
 * when: what a date phrase comes to. Sends nothing.
 */

#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/json.h"
#include "common/jsonw.h"
#include "common/macros.h"

static void add_reading(struct jsonw *w, const char *name, const struct zone *zone, int64_t at)
{
	char text[CIVIL_TEXT_MAX];
	struct zone_local local;

	zone_to_local(zone, at, &local);
	jsonw_kstr(w, name, civil_format(&local.civil, text));
}

/* {"text":...,"start":...,"end":...,"local":{...}}: named as in a booking. */
static void describe(struct buf *out, const struct client *client, const struct phrase_clock *clock,
		     const struct when_interval *interval)
{
	struct buf echo = BUF_INIT(256);
	struct jsonw w = JSONW_INIT(out);
	char at[INSTANT_TEXT_MAX];

	phrase_echo(&echo, client, clock, interval);
	jsonw_object(&w);
	jsonw_kstr(&w, "text", echo.data ? echo.data : "");
	jsonw_kstr(&w, "start", instant_format(interval->start, at));
	jsonw_kstr(&w, "end", instant_format(interval->end, at));
	jsonw_key(&w, "local");
	jsonw_object(&w);
	add_reading(&w, "start", clock->zone, interval->start);
	add_reading(&w, "end", clock->zone, interval->end);
	jsonw_kstr(&w, "zone", zone_name(clock->zone));
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	buf_deinit(&echo);
}

/* Whether the phrase would mean something else, or nothing, without the hours assumed. */
static bool rests_on_hours(const struct client *client, const struct phrase_clock *clock,
			   const char *text, const struct when_interval *interval)
{
	struct when_options options = clock->options;
	struct when_interval other;
	struct when_problem problem;

	options.open = -1;
	return when_parse(text, client->now, clock->zone, &options, &other, &problem) != WHEN_OK ||
	       other.start != interval->start || other.end != interval->end;
}

static int show(struct client *client, const struct phrase_clock *clock,
		const struct when_interval *interval)
{
	struct buf text = BUF_INIT(4096);
	_cleanup_(json_freep) struct cJSON *tree = NULL;
	struct json_problem problem;
	int r = STATUS_SOFTWARE;

	describe(&text, client, clock, interval);
	if (!text.failed &&
	    json_parse(text.data, text.len, &json_limits_reply, &tree, &problem) == 0) {
		r = STATUS_OK;
		if (client->out.format == FORMAT_TABLE && !client->options.fields)
			out_printf(&client->out, "%s\n  %s\n  %s\n", json_str(tree, "text"),
				   json_str(tree, "start"), json_str(tree, "end"));
		else
			r = view_show(client, view_find("interval"), tree);
	}
	buf_deinit(&text);
	return r;
}

int cmd_when(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct words words = { arguments->many, arguments->many_count, false };
	struct when_interval interval;
	struct phrase_clock clock;
	int r = phrase_clock_init(&clock, client, PHRASE_KNOWN, arguments_get(arguments, "fold"));

	if (r == STATUS_OK)
		r = phrase_interval(client, &clock, &words, &interval);
	if (r == STATUS_OK) {
		char text[PHRASE_MAX];

		phrase_join(&words, text);
		if (clock.hours_assumed && rests_on_hours(client, &clock, text, &interval))
			note(&client->out,
			     _("(no site is known: opening hours of 09:00 to 18:00 are assumed)"));
		r = show(client, &clock, &interval);
	}
	phrase_clock_deinit(&clock);
	return r;
}
