/*
 * Reads times of the day, parts of the day, and the two forms that hold day and time at once. Which
 * half of the day is meant is settled by when_clock.c.
 */

#include "common/when_reader.h"

static enum when_kind add_clock(struct reader *reader, const struct token *first,
				struct clock clock)
{
	struct point *point = reader->point;

	clock.set = true;
	if (!clock.mark.len)
		clock.mark = when_to_last(reader, first);
	if (point->clock.set || point->now || point->instant)
		return when_fail_text(reader->parse, WHEN_TWO_TIMES, clock.mark);
	if (point->block != HALF_NONE) {
		if (clock.half != HALF_NONE)
			return when_fail_text(reader->parse, WHEN_TWO_TIMES, clock.mark);
		clock.half = point->block;
		clock.half_first = true;
		clock.korean = point->block_korean;
		/* 오후 2시 is one piece, if nothing stands between. */
		if (first > reader->tokens && first[-1].type == TOKEN_HALF)
			clock.mark = when_join(point->block_mark, clock.mark);
		point->block = HALF_NONE;
	}
	point->clock = clock;
	when_cover(point, clock.mark);
	return WHEN_OK;
}

static enum when_kind bad_clock(struct reader *reader, const struct token *first)
{
	return when_fail_text(reader->parse, WHEN_BAD_CLOCK, when_to_last(reader, first));
}

/* "9pm": am or pm of English right behind the time. */
static void take_half(struct reader *reader, struct clock *clock)
{
	if (reader->at->type == TOKEN_HALF && !reader->at->korean &&
	    reader->point->block == HALF_NONE)
		clock->half = (enum half)reader->at++->value;
}

/* "9:30", "9:30pm"; hours of two digits are those of the whole day. */
enum when_kind when_read_colon_clock(struct reader *reader)
{
	const struct token *first = reader->at++;
	struct clock clock = { .second = first->value, .style = STYLE_COLON };

	if (first->value < 0)
		return bad_clock(reader, first);
	clock.sure = first->digits == 2 || first->value < 3600;
	take_half(reader, &clock);
	return add_clock(reader, first, clock);
}

/* "9시", "9시 반", "9시 30분"; but 9시 30분 동안 is 9 o'clock and a length. */
enum when_kind when_read_hour_clock(struct reader *reader)
{
	const struct token *first = reader->at;
	struct clock clock = { .style = STYLE_HOUR };
	int minute = 0;

	reader->at += 2;
	if (reader->at->type == TOKEN_HALF_HOUR) {
		minute = 30;
		reader->at++;
	} else if (reader->at[0].type == TOKEN_NUMBER && reader->at[0].value < 60 &&
		   reader->at[1].type == TOKEN_UNIT && reader->at[1].korean &&
		   reader->at[1].value == 60 && reader->at[2].type != TOKEN_DURING) {
		minute = reader->at->value;
		reader->at += 2;
	}
	clock.second = first->value * 3600 + minute * 60;
	if (first->digits > 2 || clock.second > DAY_SECONDS)
		return bad_clock(reader, first);
	clock.sure = first->value == 0 || first->value > 12;
	return add_clock(reader, first, clock);
}

/* "9", "14", "2pm". */
enum when_kind when_read_bare_clock(struct reader *reader)
{
	const struct token *first = reader->at++;
	struct clock clock = { .style = STYLE_BARE };

	if (first->digits == 3 || first->digits == 4) {
		bad_clock(reader, first);
		if (first->value % 100 < 60 && first->value <= 2400)
			when_suggest(reader->parse, first->mark, "%02d:%02d", first->value / 100,
				     first->value % 100);
		return WHEN_BAD_CLOCK;
	}
	clock.second = first->value * 3600;
	if (clock.second > DAY_SECONDS)
		return bad_clock(reader, first);
	clock.sure = first->value == 0 || first->value > 12;
	take_half(reader, &clock);
	return add_clock(reader, first, clock);
}

enum when_kind when_read_fixed_clock(struct reader *reader)
{
	const struct token *first = reader->at++;
	struct clock clock = { .second = 12 * 3600, .sure = true };

	/* A day has two midnights; only behind a start there is no doubt. */
	if (first->type == TOKEN_MIDNIGHT && reader->phrase->has_end &&
	    reader->point->day.kind == DAY_NONE)
		clock.second = DAY_SECONDS;
	if (first->type == TOKEN_NOON || clock.second == DAY_SECONDS)
		return add_clock(reader, first, clock);
	when_fail_text(reader->parse, WHEN_AMBIGUOUS, first->mark);
	when_suggest(reader->parse, first->mark, "00:00");
	when_suggest(reader->parse, first->mark, "24:00");
	return WHEN_AMBIGUOUS;
}

/* am, pm: of the time that follows, or that part of the day. */
enum when_kind when_read_block(struct reader *reader)
{
	const struct token *first = reader->at++;
	struct point *point = reader->point;

	if (point->clock.set || point->block != HALF_NONE || point->now || point->instant)
		return when_fail_text(reader->parse, WHEN_TWO_TIMES, first->mark);
	point->block = (enum half)first->value;
	point->block_mark = first->mark;
	point->block_korean = first->korean;
	when_cover(point, first->mark);
	return WHEN_OK;
}

enum when_kind when_read_now(struct reader *reader)
{
	const struct token *first = reader->at++;
	struct point *point = reader->point;

	if (point->mark.len)
		return when_fail_text(reader->parse, WHEN_TWO_TIMES, first->mark);
	point->now = true;
	when_cover(point, first->mark);
	return WHEN_OK;
}

/* "2026-11-23T09:00", with or without an offset. Two in a row are start and end. */
enum when_kind when_read_datetime(struct reader *reader)
{
	const struct token *first = reader->at++;
	struct day day = { .kind = DAY_DATE,
			   .year = first->date.year,
			   .month = first->date.month,
			   .day = first->date.day,
			   .weekday = -1 };
	/* The time alone is marked: another may be suggested in its place. */
	struct clock clock = { .second = first->value,
			       .sure = true,
			       .mark = { first->mark.at + 11, first->mark.len - 11 } };
	enum when_kind kind;

	if (!reader->phrase->has_end && first > reader->tokens &&
	    (reader->point->instant || first[-1].type == TOKEN_DATETIME)) {
		reader->phrase->has_end = true;
		reader->phrase->end_mark = first->mark;
		reader->point = &reader->phrase->end;
	}
	if (first->type == TOKEN_INSTANT) {
		if (reader->point->mark.len)
			return when_fail_text(reader->parse, WHEN_TWO_TIMES, first->mark);
		reader->point->instant = true;
		reader->point->usec = first->usec;
		when_cover(reader->point, first->mark);
		return WHEN_OK;
	}
	if (first->value < 0)
		return bad_clock(reader, first);
	kind = when_add_day(reader, first, day);
	return kind == WHEN_OK ? add_clock(reader, first, clock) : kind;
}
