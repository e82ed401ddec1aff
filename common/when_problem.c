/*
 * Problems: noting them down with what could be meant instead, and saying them.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"
#include "common/when_parts.h"

/* Copies as much as fits, ending between characters. */
static void copy_part(char out[WHEN_PART_MAX], const char *text, size_t len)
{
	size_t used = 0, step;
	uint32_t code;

	while (used < len && (step = utf8_next(text + used, len - used, &code)) &&
	       used + step < WHEN_PART_MAX)
		used += step;
	memcpy(out, text, used);
	out[used] = '\0';
}

const char *when_marked(const struct parse *parse, struct mark mark, char out[WHEN_PART_MAX])
{
	copy_part(out, parse->text + mark.at, mark.len);
	return out;
}

struct mark when_join(struct mark a, struct mark b)
{
	size_t at = a.at < b.at ? a.at : b.at;
	size_t a_end = a.at + a.len, b_end = b.at + b.len;

	return (struct mark){ at, (a_end > b_end ? a_end : b_end) - at };
}

enum when_kind when_fail(struct parse *parse, enum when_kind kind, struct mark mark,
			 const char *first)
{
	*parse->problem = (struct when_problem){ .kind = kind, .at = mark.at, .len = mark.len };
	if (first)
		copy_part(parse->problem->parts[0], first, strlen(first));
	return kind;
}

enum when_kind when_fail_text(struct parse *parse, enum when_kind kind, struct mark mark)
{
	char text[WHEN_PART_MAX];

	return when_fail(parse, kind, mark, when_marked(parse, mark, text));
}

void when_fail_part(struct parse *parse, size_t which, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(parse->problem->parts[which], WHEN_PART_MAX, format, args);
	va_end(args);
}

/* Appends; false when it does not fit. */
static bool append(char out[WHEN_TEXT_MAX], const char *text, size_t len)
{
	size_t used = strlen(out);

	if (used + len >= WHEN_TEXT_MAX)
		return false;
	memcpy(out + used, text, len);
	out[used + len] = '\0';
	return true;
}

void when_suggest_two(struct parse *parse, const char *instead, struct mark a, const char *first,
		      struct mark b, const char *second)
{
	struct when_problem *problem = parse->problem;
	struct when_suggestion *one = &problem->suggestions[problem->suggestion_count];
	size_t end = a.at + a.len;
	bool fits;

	if (problem->suggestion_count == WHEN_SUGGESTION_MAX)
		return;
	*one = (struct when_suggestion){ 0 };
	copy_part(one->instead, instead, strlen(instead));
	fits = append(one->phrase, parse->text, a.at) && append(one->phrase, first, strlen(first));
	if (second) {
		fits = fits && append(one->phrase, parse->text + end, b.at - end) &&
		       append(one->phrase, second, strlen(second));
		end = b.at + b.len;
	}
	if (fits && append(one->phrase, parse->text + end, parse->len - end))
		problem->suggestion_count++;
}

void when_suggest(struct parse *parse, struct mark mark, const char *format, ...)
{
	char text[WHEN_PART_MAX], instead[WHEN_PART_MAX];
	size_t len;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* A blank that only joins it to the phrase is no part of what is said. */
	copy_part(instead, text + strspn(text, " "), strlen(text + strspn(text, " ")));
	len = strlen(instead);
	while (len > 0 && instead[len - 1] == ' ')
		instead[--len] = '\0';
	when_suggest_two(parse, instead, mark, text, mark, NULL);
}

/* Marks a text for translators; who shows it looks it up. */
#define N_(text) text

static const char *const templates[] = {
	[WHEN_OK] = "",
	[WHEN_EMPTY] = N_("there is no date or time in it"),
	[WHEN_BAD_TEXT] = N_("it is too long or no readable text"),
	[WHEN_UNKNOWN] = N_("\"{0}\" is not a word of dates and times"),
	[WHEN_UNEXPECTED] = N_("\"{0}\" makes no sense there"),
	[WHEN_SERIES] = N_("repeating bookings are not there yet: \"{0}\""),
	[WHEN_TWO_DAYS] = N_("\"{0}\": another day was said before"),
	[WHEN_TWO_TIMES] = N_("\"{0}\": another time was said before"),
	[WHEN_TWO_ENDS] = N_("\"{0}\": there is an end and a length, or two of them"),
	[WHEN_NO_START] = N_("it does not say when to start"),
	[WHEN_NO_END] = N_("it does not say until when"),
	[WHEN_NO_DATE] = N_("\"{0}\" does not say which day"),
	[WHEN_BAD_DATE] = N_("there is no date {0}"),
	[WHEN_BAD_CLOCK] = N_("there is no time {0}"),
	[WHEN_BAD_LENGTH] = N_("{0} is not a length a booking can have"),
	[WHEN_OUTSIDE] = N_("{0} is outside the opening hours {1}-{2}"),
	[WHEN_AMBIGUOUS] = N_("\"{0}\" can mean two things"),
	[WHEN_NO_HOURS] = N_("\"{0}\" needs opening hours, and none are known for this time zone"),
	[WHEN_NO_BLOCK] = N_("the opening hours {1}-{2} have no {0}"),
	[WHEN_BEGUN] = N_("\"{0}\" is today, and that has begun"),
	[WHEN_OVER] = N_("{0} is over today"),
	[WHEN_WHICH_YEAR] = N_("\"{0}\" can be the last or the next one"),
	[WHEN_WRONG_DAY] = N_("{0} is a {1}, not a {2}"),
	[WHEN_WRONG_ZONE] = N_("the clock there shows {1} then, not {0}"),
	[WHEN_GAP] = N_("{0} does not exist on {1}: the clocks go from {2} to {3}"),
	[WHEN_TWICE] = N_("{0} exists twice on {1}: the clocks go back"),
	[WHEN_SAME] = N_("it ends when it starts"),
	[WHEN_ORDER] = N_("it ends before it starts"),
	[WHEN_OUT_OF_RANGE] = N_("that is not between the years 1970 and 9998"),
	[WHEN_NOT_ONE] = N_("one time is wanted here, not an interval"),
};

const char *when_template(enum when_kind kind)
{
	return templates[kind];
}

void when_say(struct buf *out, const char *template, const struct when_problem *problem)
{
	for (const char *at = template; *at; at++) {
		int part =
			at[0] == '{' && at[1] >= '0' && at[1] < '0' + WHEN_PARTS_MAX && at[2] == '}'
				? at[1] - '0'
				: -1;

		if (part < 0) {
			buf_add_char(out, *at);
			continue;
		}
		buf_add_str(out, problem->parts[part]);
		at += 2;
	}
}
