/*
 * Date phrases of commands. The server is sent instants; what they are was settled here.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "client/i18n.h"
#include "client/phrase.h"
#include "common/civil.h"
#include "common/macros.h"
#include "common/utf8.h"

/* "Asia/Seoul" of TZ or of where /etc/localtime leads; UTC where nothing is said. */
static const char *system_zone(char out[256])
{
	const char *zone = getenv("TZ"), *inside;
	ssize_t len;

	if (zone)
		return zone[*zone == ':'] ? zone + (*zone == ':') : "UTC";
	len = readlink("/etc/localtime", out, 255);
	if (len < 0)
		return "UTC";
	out[len] = '\0';
	inside = strstr(out, "/zoneinfo/");
	return inside ? inside + strlen("/zoneinfo/") : "UTC";
}

static int set_fold(struct when_options *options, const char *fold)
{
	if (!fold)
		return STATUS_OK;
	if ((fold[0] != '0' && fold[0] != '1') || fold[1]) {
		complain(_("--fold wants 0 for the first or 1 for the second, not \"%s\""), fold);
		return STATUS_USAGE;
	}
	options->fold = fold[0] - '0';
	return STATUS_OK;
}

/* The site's opening hours are readings of its own clock and mean nothing on another. */
static void set_hours(struct phrase_clock *clock, bool site, const char *zone)
{
	clock->hours_assumed = !site;
	if (!site)
		return;
	clock->of_site = strcmp(zone, clock->site.zone) == 0;
	clock->options.open = clock->of_site ? clock->site.open : -1;
	clock->options.close = clock->site.close;
}

int phrase_clock_init(struct phrase_clock *clock, struct client *client, enum phrase_ask ask,
		      const char *fold)
{
	const char *zone = client_zone(client);
	char name[256];
	bool site;
	int r;

	*clock = (struct phrase_clock){ .options = WHEN_OPTIONS_INIT,
					.for_booking = ask == PHRASE_ASK };
	clock->options.lang = client_lang(client);
	r = set_fold(&clock->options, fold);
	if (r == STATUS_OK && ask == PHRASE_ASK)
		r = site_clock_get(client, &clock->site);
	if (r != STATUS_OK)
		return r;
	site = ask == PHRASE_ASK || site_clock_known(client, &clock->site);
	if (!zone)
		zone = site ? clock->site.zone : system_zone(name);
	r = zone_load(zone, NULL, &clock->zone);
	if (r < 0) {
		complain(_("there is no time zone \"%s\" here: %s"), zone, strerror(-r));
		complain_more(_("try"), _("--tz with a name such as Asia/Seoul"));
		return STATUS_USAGE;
	}
	set_hours(clock, site, zone);
	return STATUS_OK;
}

void phrase_clock_deinit(struct phrase_clock *clock)
{
	clock->zone = zone_free(clock->zone);
}

/* The phrase with a caret under every column of what is wrong. */
static void show_marked(const char *text, const struct when_problem *problem)
{
	struct buf part = BUF_INIT(8 * WHEN_TEXT_MAX);
	char before[WHEN_TEXT_MAX], marked[WHEN_TEXT_MAX];
	char carets[2 * WHEN_TEXT_MAX];
	int column, width;

	snprintf(before, sizeof(before), "%.*s", (int)problem->at, text);
	snprintf(marked, sizeof(marked), "%.*s", (int)problem->len, text + problem->at);
	text_line(&part, before);
	column = part.data ? utf8_width(part.data) : 0;
	buf_reset(&part);
	text_line(&part, marked);
	width = part.data && part.len ? utf8_width(part.data) : 1;
	if (width < 1)
		width = 1;
	if (width >= (int)sizeof(carets))
		width = (int)sizeof(carets) - 1;
	memset(carets, '^', (size_t)width);
	carets[width] = '\0';
	complain_more("", "%s", text);
	complain_more("", "%*s%s", column, "", carets);
	buf_deinit(&part);
}

/* Whether the site is open for all of it: what is suggested to be booked should be bookable. */
static bool is_open(const struct client *client, const struct phrase_clock *clock,
		    const char *phrase)
{
	struct when_interval interval;
	struct when_problem problem;
	struct zone_local from, to;
	int start, end;

	if (clock->options.open < 0 || when_parse(phrase, client->now, clock->zone, &clock->options,
						  &interval, &problem) != WHEN_OK)
		return true;
	zone_to_local(clock->zone, interval.start, &from);
	zone_to_local(clock->zone, interval.end - 1, &to);
	start = from.civil.hour * 60 + from.civil.minute;
	end = to.civil.hour * 60 + to.civil.minute;
	return start >= clock->options.open && start <= end && end < clock->options.close;
}

/*
 * What has begun cannot be booked: a phrase without a day of its own then means tomorrow's, any other
 * is none to suggest.
 */
static bool put_ahead(const struct client *client, const struct phrase_clock *clock,
		      struct when_suggestion *suggestion)
{
	const char *lang = client_lang(client);
	const char *day = lang && strncmp(lang, "ko", 2) == 0 ? "내일" : "tomorrow";
	struct when_suggestion later;
	struct when_interval interval;
	struct when_problem problem;

	if (when_parse(suggestion->phrase, client->now, clock->zone, &clock->options, &interval,
		       &problem) != WHEN_OK ||
	    interval.start >= client->now)
		return true;
	if (when_lacks(suggestion->phrase) != WHEN_LACKS_DAY ||
	    snprintf(later.phrase, sizeof(later.phrase), "%s %s", day, suggestion->phrase) >=
		    (int)sizeof(later.phrase) ||
	    snprintf(later.instead, sizeof(later.instead), "%s %s", day, suggestion->instead) >=
		    (int)sizeof(later.instead) ||
	    when_parse(later.phrase, client->now, clock->zone, &clock->options, &interval,
		       &problem) != WHEN_OK)
		return false;
	*suggestion = later;
	return true;
}

/* "did you mean 14-16 or 02:00-04:00?" and the commands that say so. */
static void suggest(const struct client *client, const struct phrase_clock *clock,
		    const struct words *words, const struct when_problem *problem)
{
	struct when_suggestion some[WHEN_SUGGESTION_MAX];
	size_t count = 0;

	for (size_t i = 0; i < problem->suggestion_count; i++) {
		some[count] = problem->suggestions[i];
		if (!clock || (is_open(client, clock, some[count].phrase) &&
			       put_ahead(client, clock, &some[count])))
			count++;
	}
	if (count == 1)
		complain_more("", _("did you mean %s?"), some[0].instead);
	else if (count > 1)
		complain_more("", _("did you mean %s or %s?"), some[0].instead, some[1].instead);
	for (size_t i = 0; i < count; i++) {
		struct edit edit = { *words, some[i].phrase };
		char *line = line_with(client, &edit, 1, NULL);

		if (line)
			complain_more(_("try"), "%s", line);
		free(line);
	}
}

/* `clock` where what is suggested has to be within its opening hours, else NULL. */
static void tell(const struct client *client, const struct phrase_clock *clock,
		 const struct words *words, const char *text, const struct when_problem *problem)
{
	struct buf sentence = BUF_INIT(4096);

	when_say(&sentence, _(when_template(problem->kind)), problem);
	complain("%s", sentence.data ? sentence.data : "");
	buf_deinit(&sentence);
	if (problem->kind == WHEN_BAD_TEXT)
		return;
	show_marked(text, problem);
	suggest(client, clock, words, problem);
	if (problem->kind == WHEN_TWICE)
		complain_more(_("or"), _("give --fold 0 for the first, --fold 1 for the second"));
	if (problem->kind == WHEN_UNKNOWN || problem->kind == WHEN_UNEXPECTED)
		complain_more(_("help"), "cowork help dates");
}

/* The words with blanks between them; what is too long is found to be so by the parser. */
void phrase_join(const struct words *words, char out[PHRASE_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < words->count && used < PHRASE_MAX - 1; i++) {
		int n = snprintf(out + used, PHRASE_MAX - used, "%s%s", i ? " " : "",
				 words->words[i]);

		used += n > 0 ? (size_t)n : 0;
	}
}

static int read_interval(const struct client *client, const struct phrase_clock *clock,
			 const struct words *words, const char *text, struct when_interval *ret)
{
	struct when_problem problem;

	if (when_parse(text, client->now, clock->zone, &clock->options, ret, &problem) == WHEN_OK)
		return STATUS_OK;
	tell(client, clock->for_booking ? clock : NULL, words, text, &problem);
	return STATUS_DATA;
}

int phrase_interval(const struct client *client, const struct phrase_clock *clock,
		    const struct words *words, struct when_interval *ret)
{
	char text[PHRASE_MAX];

	phrase_join(words, text);
	return read_interval(client, clock, words, text, ret);
}

int phrase_change(const struct client *client, const struct phrase_clock *clock,
		  const struct words *words, const struct when_interval *was,
		  struct when_interval *ret)
{
	char said[PHRASE_MAX], text[PHRASE_MAX + 128], start[CIVIL_TEXT_MAX];
	long long minutes = (long long)((was->end - was->start) / (60 * USEC_PER_SEC));
	struct zone_local local;

	phrase_join(words, said);
	zone_to_local(clock->zone, was->start, &local);
	civil_format(&local.civil, start);
	switch (when_lacks(said)) {
	case WHEN_LACKS_DAY:
		snprintf(text, sizeof(text), "%.10s %s", start, said);
		break;
	case WHEN_LACKS_START:
		snprintf(text, sizeof(text), "%.10s %.5s %s", start, start + 11, said);
		break;
	case WHEN_LACKS_CLOCK:
		snprintf(text, sizeof(text), "%s %.5s for %lldm", said, start + 11, minutes);
		break;
	default:
		snprintf(text, sizeof(text), "%s", said);
	}
	return read_interval(client, clock, words, text, ret);
}

int phrase_edge(const struct client *client, const struct phrase_clock *clock,
		const struct words *words, enum when_edge edge, int64_t *ret)
{
	char text[PHRASE_MAX];
	struct when_problem problem;

	phrase_join(words, text);
	if (when_parse_edge(text, client->now, clock->zone, &clock->options, edge, ret, &problem) ==
	    WHEN_OK)
		return STATUS_OK;
	tell(client, NULL, words, text, &problem);
	return STATUS_DATA;
}

void phrase_echo(struct buf *out, const struct client *client, const struct phrase_clock *clock,
		 const struct when_interval *interval)
{
	when_echo(out, interval, clock->zone, client->now, clock->options.lang);
}

void phrase_echo_instant(struct buf *out, const struct client *client,
			 const struct phrase_clock *clock, int64_t at)
{
	when_echo_instant(out, at, clock->zone, client->now, clock->options.lang);
}
