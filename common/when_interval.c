/*
 * Makes an interval of a phrase: which pieces there must be, where they lie on the wall clock, and
 * at which instants.
 */

#include <stdio.h>
#include <string.h>

#include "common/when_parts.h"

static struct mark behind(struct mark mark)
{
	return (struct mark){ mark.at + mark.len, 0 };
}

static enum when_kind fail_no_start(struct parse *parse, const struct phrase *phrase)
{
	const struct when_options *options = parse->options;
	struct mark mark = phrase->start.mark.len ? behind(phrase->start.mark)
			   : phrase->has_end	  ? (struct mark){ phrase->end_mark.at, 0 }
						  : (struct mark){ 0, 0 };

	when_fail(parse, WHEN_NO_START, mark, NULL);
	if (!phrase->start.mark.len)
		when_suggest(parse, mark, "%s", phrase->korean ? "지금 " : "now ");
	else if (options->open >= 0)
		when_suggest(parse, mark, " %02d:%02d", options->open / 60, options->open % 60);
	return WHEN_NO_START;
}

static enum when_kind fail_no_end(struct parse *parse, const struct phrase *phrase)
{
	struct mark mark = { parse->len, 0 };

	when_fail(parse, WHEN_NO_END, mark, NULL);
	if (phrase->has_end && parse->options->close >= 0)
		when_suggest(parse, mark, " %02d:%02d", parse->options->close / 60,
			     parse->options->close % 60);
	else if (!phrase->has_end)
		when_suggest(parse, mark, "%s", phrase->korean ? " 1시간" : " for 1h");
	return WHEN_NO_END;
}

/* Whether the pieces make an interval at all. */
static enum when_kind check_shape(struct parse *parse, const struct phrase *phrase)
{
	const struct point *start = &phrase->start, *end = &phrase->end;

	if (phrase->has_end && phrase->has_length && (start->mark.len || !phrase->length_iso))
		return when_fail_text(parse, WHEN_TWO_ENDS, phrase->length_mark);
	if (end->block != HALF_NONE)
		return when_fail_text(parse, WHEN_UNEXPECTED, end->block_mark);
	if (end->now)
		return when_fail_text(parse, WHEN_UNEXPECTED, end->mark);
	if (!start->mark.len && !(phrase->has_end && phrase->has_length))
		return fail_no_start(parse, phrase);
	if (start->now || start->instant || start->clock.set || !start->mark.len) {
		if (!phrase->has_end && !phrase->has_length)
			return fail_no_end(parse, phrase);
	} else if (phrase->has_end || phrase->has_length) {
		return start->block == HALF_NONE
			       ? fail_no_start(parse, phrase)
			       : when_fail_text(parse, WHEN_UNEXPECTED,
						phrase->has_end ? phrase->end_mark
								: phrase->length_mark);
	}
	if (phrase->has_end && !end->clock.set && !end->instant)
		return fail_no_end(parse, phrase);
	if (start->day.kind == DAY_WEEK && start->clock.set)
		return when_fail_text(parse, WHEN_NO_DATE, start->day.mark);
	if (end->day.kind == DAY_WEEK)
		return when_fail_text(parse, WHEN_NO_DATE, end->day.mark);
	if (start->clock.set && start->clock.second == DAY_SECONDS)
		return when_fail_text(parse, WHEN_BAD_CLOCK, start->clock.mark);
	return WHEN_OK;
}

/* The start and end as the clock on the wall shows them. */
struct walls {
	struct reading start, end;
};

static enum when_kind start_wall(struct parse *parse, const struct phrase *phrase, int64_t day,
				 struct walls *walls)
{
	const struct point *start = &phrase->start;
	enum when_kind kind;
	int open, close;

	walls->start = (struct reading){ .own = &start->zone,
					 .other = &phrase->end.zone,
					 .mark = start->clock.mark,
					 .clock = true };
	if (start->clock.set) {
		walls->start.seconds = day + start->clock.second;
		return WHEN_OK;
	}
	kind = when_open_hours(parse, start, &open, &close);
	if (kind != WHEN_OK)
		return kind;
	walls->start.mark = start->mark;
	walls->start.clock = false;
	walls->end = walls->start;
	walls->start.seconds = day + open;
	walls->end.seconds = day + close;
	if (start->day.kind == DAY_WEEK)
		walls->end.seconds += 6 * DAY_SECONDS;
	return WHEN_OK;
}

static enum when_kind end_wall(struct parse *parse, const struct phrase *phrase, int64_t day,
			       struct walls *walls)
{
	const struct point *end = &phrase->end;
	enum when_kind kind;

	if (phrase->has_length) {
		walls->end = (struct reading){
			.seconds =
				walls->start.seconds + phrase->length_days * (int64_t)DAY_SECONDS,
			.mark = phrase->length_mark,
			.other = &phrase->start.zone,
		};
		return WHEN_OK;
	}
	if (!phrase->has_end || end->instant)
		return WHEN_OK;
	/* Around a change of the clock the end may even read a day earlier than the start. */
	kind = when_settle_day(parse, &end->day,
			       end->day.kind == DAY_DATE ? day - DAY_SECONDS : day, &day);
	walls->end = (struct reading){ .seconds = day + end->clock.second,
				       .own = &end->zone,
				       .other = &phrase->start.zone,
				       .mark = end->clock.mark,
				       .clock = true };
	return kind;
}

static enum when_kind fail_order(struct parse *parse, const struct phrase *phrase, bool same)
{
	struct mark mark = phrase->has_end ? phrase->end.mark : phrase->length_mark;

	return when_fail(parse, same ? WHEN_SAME : WHEN_ORDER, mark, NULL);
}

/* Whether both ends name their zone, so that the wall clock need not tell their order. */
static bool zones_tell(const struct phrase *phrase)
{
	return phrase->start.zone.set && phrase->end.zone.set;
}

/* The end's instant, the start's being known. */
static enum when_kind end_instant(struct parse *parse, const struct phrase *phrase,
				  struct walls *walls, int64_t start, int64_t *ret)
{
	bool same_day = phrase->has_end && phrase->end.day.kind == DAY_NONE;
	enum when_kind kind;

	if (phrase->end.instant) {
		*ret = phrase->end.usec;
		return WHEN_OK;
	}
	if (phrase->has_length && phrase->length_days == 0) {
		*ret = start + phrase->length_seconds * USEC_PER_SEC;
		return WHEN_OK;
	}
	if (same_day && walls->end.seconds <= walls->start.seconds) {
		kind = when_to_instant(parse, &walls->end, ret);
		if (zones_tell(phrase) && kind == WHEN_OK && *ret > start)
			return kind;
		if (walls->end.seconds == walls->start.seconds)
			return fail_order(parse, phrase, true);
		walls->end.seconds += DAY_SECONDS;
	}
	kind = when_to_instant(parse, &walls->end, ret);
	if (phrase->has_length)
		*ret += phrase->length_seconds * USEC_PER_SEC;
	return kind;
}

static int64_t end_on_wall(const struct phrase *phrase, const struct walls *walls)
{
	if (phrase->has_length)
		return walls->end.seconds + phrase->length_seconds;
	return walls->end.seconds + (phrase->has_end && phrase->end.day.kind == DAY_NONE &&
						     walls->end.seconds <= walls->start.seconds
					     ? DAY_SECONDS
					     : 0);
}

static enum when_kind fail_begun(struct parse *parse, const struct day *day)
{
	static const char *const english[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

	when_fail_text(parse, WHEN_BEGUN, day->mark);
	when_suggest(parse, day->mark, "%s", day->korean ? "오늘" : "today");
	if (day->korean)
		when_suggest(parse, day->mark, "다음주 %s", when_weekday(day->weekday, true));
	else
		when_suggest(parse, day->mark, "next %s", english[day->weekday]);
	return WHEN_BEGUN;
}

static enum when_kind fail_over(struct parse *parse, const struct phrase *phrase)
{
	struct mark all = when_join(phrase->start.mark,
				    phrase->end.mark.len ? phrase->end.mark : phrase->start.mark);
	when_fail_text(parse, WHEN_OVER, all);
	when_suggest(parse, (struct mark){ 0, 0 }, "%s", phrase->korean ? "내일 " : "tomorrow ");
	when_suggest(parse, (struct mark){ 0, 0 }, "%s", phrase->korean ? "오늘 " : "today ");
	return WHEN_OVER;
}

static enum when_kind both_walls(struct parse *parse, const struct phrase *phrase, int64_t day,
				 struct walls *walls)
{
	enum when_kind kind = start_wall(parse, phrase, day, walls);

	return kind == WHEN_OK ? end_wall(parse, phrase, day, walls) : kind;
}

/* A start with a day and a time, or a day that is its opening hours. */
static enum when_kind dated(struct parse *parse, const struct phrase *phrase,
			    struct when_interval *ret)
{
	const struct day *said = &phrase->start.day;
	int64_t day, now = when_wall_now(parse);
	struct walls walls = { 0 };
	enum when_kind kind;

	kind = when_settle_day(parse, said, parse->today_seconds, &day);
	if (kind == WHEN_OK)
		kind = both_walls(parse, phrase, day, &walls);
	if (kind != WHEN_OK)
		return kind;
	if (said->kind == DAY_NONE && !phrase->end.instant && end_on_wall(phrase, &walls) <= now)
		return fail_over(parse, phrase);
	if (said->kind == DAY_WEEKDAY && day == parse->today_seconds && walls.start.seconds < now) {
		/* This weekday is today: past is past, and what has begun could be either. */
		if (end_on_wall(phrase, &walls) > now)
			return fail_begun(parse, said);
		kind = both_walls(parse, phrase, day + 7 * DAY_SECONDS, &walls);
	}
	if (kind == WHEN_OK)
		kind = when_to_instant(parse, &walls.start, &ret->start);
	if (kind == WHEN_OK)
		kind = end_instant(parse, phrase, &walls, ret->start, &ret->end);
	return kind;
}

/* A start that is an instant: now, or one in ISO form. */
static enum when_kind from_instant(struct parse *parse, const struct phrase *phrase,
				   struct when_interval *ret)
{
	struct zone_local local;
	struct walls walls = { 0 };
	struct civil midnight;
	enum when_kind kind;

	ret->start = phrase->start.now ? when_slot_start(parse) : phrase->start.usec;
	zone_to_local(parse->zone, ret->start, &local);
	midnight = local.civil;
	midnight.hour = midnight.minute = midnight.second = 0;
	walls.start.seconds = civil_to_seconds(&local.civil);
	kind = end_wall(parse, phrase, civil_to_seconds(&midnight), &walls);
	return kind == WHEN_OK ? end_instant(parse, phrase, &walls, ret->start, &ret->end) : kind;
}

/* "PT8H/2026-11-23T17:00". */
static enum when_kind until_instant(struct parse *parse, const struct phrase *phrase,
				    struct when_interval *ret)
{
	struct phrase end = { .has_end = true, .end = phrase->end };
	struct walls walls = { 0 };
	struct reading start;
	enum when_kind kind;

	if (phrase->end.instant) {
		struct zone_local local;

		ret->end = phrase->end.usec;
		zone_to_local(parse->zone, ret->end, &local);
		walls.end.seconds = civil_to_seconds(&local.civil);
	} else {
		kind = end_wall(parse, &end, parse->today_seconds, &walls);
		if (kind == WHEN_OK)
			kind = when_to_instant(parse, &walls.end, &ret->end);
		if (kind != WHEN_OK)
			return kind;
	}
	start = (struct reading){ .seconds = walls.end.seconds -
					     phrase->length_days * (int64_t)DAY_SECONDS,
				  .other = &phrase->end.zone,
				  .mark = phrase->length_mark };
	ret->start = ret->end;
	kind = phrase->length_days ? when_to_instant(parse, &start, &ret->start) : WHEN_OK;
	ret->start -= phrase->length_seconds * USEC_PER_SEC;
	return kind;
}

enum when_kind when_make_interval(struct parse *parse, struct phrase *phrase,
				  struct when_interval *ret)
{
	struct mark all = { 0, parse->len };
	enum when_kind kind = check_shape(parse, phrase);

	if (kind == WHEN_OK)
		kind = when_settle_clocks(parse, phrase);
	if (kind != WHEN_OK)
		return kind;
	if (!phrase->start.mark.len)
		kind = until_instant(parse, phrase, ret);
	else if (phrase->start.now || phrase->start.instant)
		kind = from_instant(parse, phrase, ret);
	else
		kind = dated(parse, phrase, ret);
	if (kind != WHEN_OK)
		return kind;
	if (!when_in_range(ret->start) || !when_in_range(ret->end))
		return when_fail(parse, WHEN_OUT_OF_RANGE, all, NULL);
	if (ret->end <= ret->start)
		return fail_order(parse, phrase, ret->end == ret->start);
	return WHEN_OK;
}
