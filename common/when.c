/*
 * From a phrase to instants. The wall clock comes first: days and times are settled and compared
 * there; only then the zone says at which instants it shows them. Every suggestion is parsed before
 * it is made, so that what is suggested is also understood.
 */

#include "common/when.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/utf8.h"
#include "common/when_parts.h"

static enum when_kind edge_of_day(struct parse *parse, const struct point *point, int64_t day,
				  enum when_edge edge, int64_t *ret)
{
	struct reading reading = { .mark = point->mark };
	enum when_kind kind;
	int open, close;

	if (point->block != HALF_NONE) {
		kind = when_open_hours(parse, point, &open, &close);
		reading.seconds = day + (edge == WHEN_TO ? close : open);
		return kind == WHEN_OK ? when_to_instant(parse, &reading, ret) : kind;
	}
	if (edge == WHEN_TO)
		day += (point->day.kind == DAY_WEEK ? 7 : 1) * DAY_SECONDS;
	*ret = when_day_begins(parse, day);
	return WHEN_OK;
}

static enum when_kind make_edge(struct parse *parse, struct phrase *phrase, enum when_edge edge,
				int64_t *ret)
{
	struct point *point = &phrase->start;
	struct reading reading = { .own = &point->zone, .mark = point->clock.mark, .clock = true };
	int64_t day;
	enum when_kind kind;

	if (phrase->has_end || phrase->has_length)
		return when_fail(parse, WHEN_NOT_ONE,
				 phrase->has_end ? phrase->end_mark : phrase->length_mark, NULL);
	if (point->now || point->instant) {
		*ret = point->now ? instant_seconds(parse->now) * USEC_PER_SEC : point->usec;
		return WHEN_OK;
	}
	kind = when_settle_clock(parse, point);
	if (kind == WHEN_OK)
		kind = when_settle_day(parse, &point->day, parse->today_seconds, &day);
	if (kind != WHEN_OK)
		return kind;
	if (!point->clock.set)
		return edge_of_day(parse, point, day, edge, ret);
	if (point->day.kind == DAY_WEEK)
		return when_fail_text(parse, WHEN_NO_DATE, point->day.mark);
	reading.seconds = day + point->clock.second;
	if (point->day.kind == DAY_WEEKDAY && reading.seconds < when_wall_now(parse))
		reading.seconds += 7 * DAY_SECONDS;
	return when_to_instant(parse, &reading, ret);
}

struct wanted {
	bool edge;
	enum when_edge which;
	struct when_interval interval; /* or its start alone */
};

static enum when_kind parse_once(struct parse *parse, const char *text, struct wanted *wanted)
{
	struct token tokens[TOKENS_MAX + 1];
	struct phrase phrase;
	enum when_kind kind;

	parse->text = text;
	parse->len = strnlen(text, WHEN_TEXT_MAX);
	if (parse->len == WHEN_TEXT_MAX || !utf8_valid(text, parse->len))
		return when_fail(parse, WHEN_BAD_TEXT, (struct mark){ 0, 0 }, NULL);
	kind = when_tokens(parse, tokens);
	if (kind == WHEN_OK)
		kind = when_read(parse, tokens, &phrase);
	if (kind != WHEN_OK)
		return kind;
	if (!wanted->edge)
		return when_make_interval(parse, &phrase, &wanted->interval);
	kind = make_edge(parse, &phrase, wanted->which, &wanted->interval.start);
	if (kind == WHEN_OK && !when_in_range(wanted->interval.start))
		kind = when_fail(parse, WHEN_OUT_OF_RANGE, (struct mark){ 0, parse->len }, NULL);
	return kind;
}

/* Whether a suggestion is understood; one that needs another change is led on to that. */
static bool understood(const struct parse *parse, const struct wanted *wanted,
		       struct when_suggestion *suggestion)
{
	for (int step = 0; step < 3; step++) {
		struct when_problem problem = { 0 };
		struct parse again = *parse;
		struct wanted tried = *wanted;

		again.problem = &problem;
		if (parse_once(&again, suggestion->phrase, &tried) == WHEN_OK)
			return true;
		if (problem.suggestion_count == 0)
			return false;
		memcpy(suggestion->phrase, problem.suggestions[0].phrase, WHEN_TEXT_MAX);
	}
	return false;
}

static enum when_kind run(const char *text, int64_t now, const struct zone *zone,
			  const struct when_options *options, struct wanted *wanted,
			  struct when_problem *problem)
{
	struct parse parse = { .now = now,
			       .zone = zone,
			       .options = options,
			       .edge = wanted->edge,
			       .problem = problem };
	struct civil midnight;
	enum when_kind kind;
	size_t kept = 0;

	zone_to_local(zone, now, &parse.today);
	midnight = parse.today.civil;
	midnight.hour = midnight.minute = midnight.second = 0;
	parse.today_seconds = civil_to_seconds(&midnight);
	*problem = (struct when_problem){ 0 };
	kind = parse_once(&parse, text, wanted);
	if (kind == WHEN_OK)
		return kind;
	for (size_t i = 0; i < problem->suggestion_count; i++) {
		struct when_suggestion one = problem->suggestions[i];

		if (understood(&parse, wanted, &one))
			problem->suggestions[kept++] = one;
	}
	problem->suggestion_count = kept;
	return kind;
}

enum when_kind when_parse(const char *text, int64_t now, const struct zone *zone,
			  const struct when_options *options, struct when_interval *ret,
			  struct when_problem *ret_problem)
{
	struct wanted wanted = { 0 };
	enum when_kind kind = run(text, now, zone, options, &wanted, ret_problem);

	if (kind == WHEN_OK)
		*ret = wanted.interval;
	return kind;
}

enum when_kind when_parse_edge(const char *text, int64_t now, const struct zone *zone,
			       const struct when_options *options, enum when_edge edge,
			       int64_t *ret, struct when_problem *ret_problem)
{
	struct wanted wanted = { .edge = true, .which = edge };
	enum when_kind kind = run(text, now, zone, options, &wanted, ret_problem);

	if (kind == WHEN_OK)
		*ret = wanted.interval.start;
	return kind;
}

static bool says_day(const struct point *point)
{
	return point->day.kind != DAY_NONE || point->now || point->instant;
}

enum when_lack when_lacks(const char *text)
{
	struct when_problem problem = { 0 };
	struct parse parse = { .text = text, .len = strlen(text), .problem = &problem };
	struct token tokens[TOKENS_MAX + 1];
	struct phrase phrase;
	const struct point *start = &phrase.start;

	if (parse.len >= WHEN_TEXT_MAX || !utf8_valid(text, parse.len) ||
	    when_tokens(&parse, tokens) != WHEN_OK || when_read(&parse, tokens, &phrase) != WHEN_OK)
		return WHEN_LACKS_NOTHING;
	if (!says_day(start) && !says_day(&phrase.end))
		return start->mark.len > 0 ? WHEN_LACKS_DAY : WHEN_LACKS_START;
	if (start->now || start->instant || start->clock.set || start->block != HALF_NONE ||
	    start->day.kind == DAY_WEEK || phrase.has_end || phrase.has_length)
		return WHEN_LACKS_NOTHING;
	return WHEN_LACKS_CLOCK;
}

/* "M-2", "D1": letters and then a number, as codes of spaces are. */
static bool is_like_code(const char *word)
{
	size_t letters = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	word += letters + (word[letters] == '-');
	return letters > 0 && *word >= '0' && *word <= '9';
}

/* Whether the word alone says when something begins or how long it takes. */
static bool reads_alone(struct parse *parse, const struct token *tokens)
{
	struct phrase phrase;

	return when_read(parse, tokens, &phrase) == WHEN_OK &&
	       (phrase.start.mark.len > 0 || phrase.has_length);
}

bool when_is_word(const char *word)
{
	struct when_problem problem = { 0 };
	struct parse parse = { .text = word, .len = strlen(word), .problem = &problem };
	struct token tokens[TOKENS_MAX + 1];

	if (!utf8_valid(word, parse.len) || when_tokens(&parse, tokens) != WHEN_OK)
		return false;
	for (const struct token *token = tokens; token->type != TOKEN_END; token++)
		if (token->type == TOKEN_UNKNOWN || token->type == TOKEN_NAME ||
		    (token->type == TOKEN_NUMBER && token->digits > 2 &&
		     token[1].type != TOKEN_YEAR))
			return false;
	/* A unit such as "m" begins nothing. */
	if (tokens[0].type == TOKEN_END || tokens[0].type == TOKEN_UNIT)
		return false;
	return !is_like_code(word) || reads_alone(&parse, tokens);
}
