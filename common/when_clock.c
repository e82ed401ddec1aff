/*
 * Which half of the day a time is meant in. 14:00, 2pm, 09:00 and 오후 2시 say so; 2, 2:30 and 2시
 * do not. Those are taken as they stand if that lies within the opening hours, and refused with
 * what could be meant otherwise.
 */

#include <stdio.h>
#include <string.h>

#include "common/when_parts.h"

#define HALF_DAY (12 * 3600)

static bool hours_known(const struct parse *parse)
{
	return parse->options->open >= 0;
}

static bool within(const struct parse *parse, int start, int end)
{
	if (!hours_known(parse))
		return start >= 0 && start <= end && end <= DAY_SECONDS;
	return start >= parse->options->open * 60 && start <= end &&
	       end <= parse->options->close * 60;
}

/* "14", "14시", "14:30": as the clock was written. `plain`: beyond doubt, "02:00". */
static const char *written(const struct clock *clock, int second, bool plain, char out[32])
{
	int hour = second / 3600, minute = second / 60 % 60;

	if (!plain && clock->style == STYLE_HOUR && minute)
		snprintf(out, 32, "%d시 %d분", hour, minute);
	else if (!plain && clock->style == STYLE_HOUR)
		snprintf(out, 32, "%d시", hour);
	else if (!plain && clock->style == STYLE_BARE && !minute)
		snprintf(out, 32, "%d", hour);
	else
		snprintf(out, 32, "%02d:%02d", hour, minute);
	return out;
}

static enum when_kind fail_hours(struct parse *parse, struct mark mark)
{
	const struct when_options *options = parse->options;
	enum when_kind kind = hours_known(parse) ? WHEN_OUTSIDE : WHEN_AMBIGUOUS;

	when_fail_text(parse, kind, mark);
	if (hours_known(parse)) {
		when_fail_part(parse, 1, "%02d:%02d", options->open / 60, options->open % 60);
		when_fail_part(parse, 2, "%02d:%02d", options->close / 60, options->close % 60);
	}
	return kind;
}

/* am and pm to the hours of the day. */
static enum when_kind apply_half(struct parse *parse, struct clock *clock)
{
	int hour = clock->second / 3600, rest = clock->second % 3600;

	if (clock->half == HALF_NONE)
		return WHEN_OK;
	if (hour < 1 || hour > 12) {
		when_fail_text(parse, WHEN_BAD_CLOCK, clock->mark);
		when_suggest(parse, clock->mark, "%02d:%02d", hour, rest / 60);
		return WHEN_BAD_CLOCK;
	}
	/* 12am is midnight; of 오전 12시 people are not sure. */
	if (clock->korean && clock->half == HALF_AM && hour == 12) {
		when_fail_text(parse, WHEN_AMBIGUOUS, clock->mark);
		when_suggest(parse, clock->mark, "00:%02d", rest / 60);
		when_suggest(parse, clock->mark, "12:%02d", rest / 60);
		return WHEN_AMBIGUOUS;
	}
	clock->second = hour % 12 * 3600 + rest + (clock->half == HALF_PM ? HALF_DAY : 0);
	clock->half = HALF_NONE;
	clock->sure = true;
	return WHEN_OK;
}

/*
 * 오후 2시-4시: the half said first holds for both, if they then follow one another. 2-4pm: the
 * half said last too, where the times then follow one another, and else the start is in the other
 * half: 11-2pm.
 */
static void share_half(struct clock *start, struct clock *end)
{
	int from = start->second % HALF_DAY, to = end->second % HALF_DAY;

	if (end->sure && start->sure)
		return;
	if (start->half != HALF_NONE && start->half_first && end->half == HALF_NONE && !end->sure) {
		if (from >= to)
			return;
		end->half = start->half;
		end->korean = start->korean;
	} else if (end->half != HALF_NONE && !end->half_first && start->half == HALF_NONE &&
		   !start->sure) {
		start->half = from < to ? end->half : end->half == HALF_AM ? HALF_PM : HALF_AM;
		start->guessed = from >= to;
	}
}

/* Suggests the clock at another time; the other one, if any, at its own. */
static void suggest_times(struct parse *parse, const struct clock *a, int start,
			  const struct clock *b, int end, bool plain)
{
	char first[32], second[32], both[WHEN_PART_MAX];

	written(a, start, plain, first);
	if (!b) {
		when_suggest_two(parse, first, a->mark, first, a->mark, NULL);
		return;
	}
	written(b, end, plain, second);
	snprintf(both, sizeof(both), "%.28s-%.28s", first, second);
	when_suggest_two(parse, both, a->mark, first, b->mark, second);
}

static bool movable(const struct clock *clock)
{
	return !clock->sure && clock->second < HALF_DAY;
}

/* A start and an end of one day, of which one at least could be meant otherwise. */
static enum when_kind settle_pair(struct parse *parse, struct clock *a, struct clock *b)
{
	struct mark mark = when_join(a->mark, b->mark);
	/* As it stands, both in the afternoon, and then one of them. */
	static const int order[] = { 0, 3, 2, 1 };
	int options = 0, length;

	for (int i = 0; i < 4; i++) {
		int start = a->second + (i & 1 ? HALF_DAY : 0);
		int end = b->second + (i & 2 ? HALF_DAY : 0);

		if ((i & 1 && !movable(a)) || (i & 2 && !movable(b)) || start >= end ||
		    !within(parse, start, end))
			continue;
		/* Within the opening hours it is taken as it stands. */
		if (i == 0 && hours_known(parse))
			return WHEN_OK;
		options |= 1 << i;
	}
	if (options == 1)
		return WHEN_OK;
	fail_hours(parse, mark);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (options & 1 << order[i])
			suggest_times(parse, a, a->second + (order[i] & 1 ? HALF_DAY : 0), b,
				      b->second + (order[i] & 2 ? HALF_DAY : 0),
				      !hours_known(parse));
	length = b->second - a->second;
	if (length <= 0)
		length += DAY_SECONDS;
	/* Beyond midnight it may be meant, around the clock hardly. */
	if (!(options & 1) && length <= HALF_DAY)
		suggest_times(parse, a, a->second, b, b->second, true);
	return parse->problem->kind;
}

/* A time alone that could be meant otherwise; `after` it lies a length, or nothing. */
static enum when_kind settle_alone(struct parse *parse, struct clock *clock, int after)
{
	int other = clock->second + HALF_DAY;
	bool stands = within(parse, clock->second, clock->second + after);
	bool moves = movable(clock) && within(parse, other, other + after);

	if (stands && (hours_known(parse) || !moves))
		return WHEN_OK;
	fail_hours(parse, clock->mark);
	if (stands)
		suggest_times(parse, clock, clock->second, NULL, 0, true);
	if (moves)
		suggest_times(parse, clock, other, NULL, 0, !hours_known(parse));
	if (!stands)
		suggest_times(parse, clock, clock->second, NULL, 0, true);
	return parse->problem->kind;
}

enum when_kind when_settle_clock(struct parse *parse, struct point *point)
{
	enum when_kind kind = apply_half(parse, &point->clock);

	if (kind == WHEN_OK && point->clock.set && !point->clock.sure)
		kind = settle_alone(parse, &point->clock, 0);
	return kind;
}

/* The end of "now until 5": behind now, if that is today. */
static enum when_kind settle_end(struct parse *parse, const struct phrase *phrase,
				 struct clock *clock)
{
	struct clock now = { .set = true, .sure = true };
	enum when_kind kind;
	int other = clock->second + HALF_DAY;

	if (clock->sure)
		return WHEN_OK;
	if (!phrase->start.now || phrase->end.day.kind != DAY_NONE)
		return settle_alone(parse, clock, 0);
	now.second = parse->today.civil.hour * 3600 + parse->today.civil.minute * 60;
	if (clock->second > now.second && within(parse, clock->second, clock->second))
		return WHEN_OK;
	kind = fail_hours(parse, clock->mark);
	if (movable(clock) && other > now.second && within(parse, other, other))
		suggest_times(parse, clock, other, NULL, 0, false);
	return kind;
}

enum when_kind when_settle_clocks(struct parse *parse, struct phrase *phrase)
{
	struct clock *start = &phrase->start.clock, *end = &phrase->end.clock;
	enum when_kind kind;

	if (start->set && end->set)
		share_half(start, end);
	kind = apply_half(parse, start);
	if (kind == WHEN_OK)
		kind = apply_half(parse, end);
	if (kind != WHEN_OK)
		return kind;
	if (start->guessed)
		start->sure = false;
	if (start->set && end->set && phrase->end.day.kind == DAY_NONE)
		return start->sure && end->sure ? WHEN_OK : settle_pair(parse, start, end);
	if (start->set && !start->sure) {
		/* A length of days or into the next ends at an hour that nobody said. */
		int after =
			phrase->length_days || start->second + phrase->length_seconds > DAY_SECONDS
				? 0
				: phrase->length_seconds;

		kind = settle_alone(parse, start, after);
		if (kind != WHEN_OK)
			return kind;
	}
	return end->set ? settle_end(parse, phrase, end) : WHEN_OK;
}

/* The seconds of the day between which a day or part of it without times lies. */
enum when_kind when_open_hours(struct parse *parse, const struct point *point, int *ret_open,
			       int *ret_close)
{
	const struct when_options *options = parse->options;
	struct mark mark = point->mark;

	if (options->open < 0)
		return when_fail_text(parse, WHEN_NO_HOURS, mark);
	*ret_open = options->open * 60;
	*ret_close = options->close * 60;
	if (point->block == HALF_AM && *ret_close > DAY_SECONDS / 2)
		*ret_close = DAY_SECONDS / 2;
	if (point->block == HALF_PM && *ret_open < DAY_SECONDS / 2)
		*ret_open = DAY_SECONDS / 2;
	if (*ret_open < *ret_close)
		return WHEN_OK;
	when_fail_text(parse, WHEN_NO_BLOCK, point->block_mark);
	when_fail_part(parse, 1, "%02d:%02d", options->open / 60, options->open % 60);
	when_fail_part(parse, 2, "%02d:%02d", options->close / 60, options->close % 60);
	return WHEN_NO_BLOCK;
}
