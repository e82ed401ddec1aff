/*
 * Reads days: weekdays, weeks, dates in all their forms. Whether there is such a day is settled by
 * when_day.c.
 */

#include "common/when_reader.h"

static bool is_date_kind(enum day_kind kind)
{
	return kind == DAY_DATE || kind == DAY_MONTHDAY;
}

/* "Mon 23 Nov": a weekday and a date say one day together. */
static bool merge(struct day *old, const struct day *new)
{
	struct mark mark = when_join(old->mark, new->mark);

	if (old->kind == DAY_WEEKDAY && is_date_kind(new->kind)) {
		int weekday = old->weekday;

		*old = *new;
		old->weekday = weekday;
	} else if (is_date_kind(old->kind) && new->kind == DAY_WEEKDAY && old->weekday < 0) {
		old->weekday = new->weekday;
	} else {
		return false;
	}
	old->mark = mark;
	return true;
}

enum when_kind when_add_day(struct reader *reader, const struct token *first, struct day day)
{
	struct point *point = reader->point, *start = &reader->phrase->start;

	day.mark = when_to_last(reader, first);
	day.korean = first->korean || reader->at[-1].korean;
	/* "9-17 tomorrow": said last, meant for all of it. */
	if (reader->phrase->has_end && point->clock.set && start->clock.set &&
	    point->day.kind == DAY_NONE) {
		if (start->day.kind != DAY_NONE && !reader->day_last)
			return when_fail_text(reader->parse, WHEN_TWO_DAYS, day.mark);
		reader->day_last = true;
		point = start;
	}
	if (point->now || point->instant)
		return when_fail_text(reader->parse, WHEN_TWO_DAYS, day.mark);
	if (point->day.kind == DAY_NONE)
		point->day = day;
	else if (!merge(&point->day, &day))
		return when_fail_text(reader->parse, WHEN_TWO_DAYS, day.mark);
	if (point == reader->point)
		when_cover(point, day.mark);
	return WHEN_OK;
}

enum when_kind when_read_simple_day(struct reader *reader, enum day_kind kind)
{
	const struct token *first = reader->at++;
	struct day day = { .kind = kind, .value = first->value, .weekday = -1 };

	if (kind == DAY_WEEKDAY)
		day.weekday = first->value;
	if (kind == DAY_DATE) {
		day.year = first->date.year;
		day.month = first->date.month;
		day.day = first->date.day;
	}
	return when_add_day(reader, first, day);
}

/* The weekday behind "next week", or that week as a whole. */
enum when_kind when_read_week(struct reader *reader, const struct token *first, int weeks)
{
	struct day day = { .kind = DAY_WEEK, .value = weeks, .weekday = -1 };

	if (reader->at->type == TOKEN_WEEKDAY) {
		day.kind = DAY_IN_WEEK;
		day.weekday = reader->at++->value;
	}
	return when_add_day(reader, first, day);
}

enum when_kind when_read_this_next(struct reader *reader)
{
	const struct token *first = reader->at++;

	if (reader->at->type == TOKEN_WEEK) {
		reader->at++;
		return when_read_week(reader, first, first->value);
	}
	if (reader->at->type != TOKEN_WEEKDAY)
		return when_unexpected(reader, first);
	/* 다음 화요일 is the next to come for some, next week's for others. */
	if (first->korean && first->value == 1) {
		reader->at++;
		when_fail_text(reader->parse, WHEN_AMBIGUOUS, when_to_last(reader, first));
		when_suggest(reader->parse, first->mark, "다음주");
		when_suggest(reader->parse, when_join(first->mark, reader->at[-1].mark), "%.*s",
			     (int)reader->at[-1].mark.len,
			     reader->parse->text + reader->at[-1].mark.at);
		return WHEN_AMBIGUOUS;
	}
	return when_read_week(reader, first, first->value);
}

static bool is_year(const struct token *token)
{
	return token->type == TOKEN_NUMBER && token->digits == 4 && token->value >= 1000;
}

/* "1st", "22nd", "13th": the ending must be that of the number. */
static bool ordinal_fits(int number, int ending)
{
	int last = number % 10;

	if (last > 3 || (number % 100 >= 11 && number % 100 <= 13))
		last = 0;
	return last == ending;
}

static enum when_kind wrong_ordinal(struct reader *reader, const struct token *number)
{
	static const char *const endings[] = { "th", "st", "nd", "rd" };
	size_t ending = 0;

	while (ending < 3 && !ordinal_fits(number->value, (int)ending))
		ending++;
	when_fail_text(reader->parse, WHEN_UNKNOWN, when_join(number->mark, number[1].mark));
	when_suggest(reader->parse, when_join(number->mark, number[1].mark), "%d%s", number->value,
		     endings[ending]);
	return WHEN_UNKNOWN;
}

/* "23", "23rd": the day of a month; the reader is behind it afterwards. */
static enum when_kind day_number(struct reader *reader, int *ret)
{
	const struct token *number = reader->at++;

	*ret = number->value;
	if (reader->at->type != TOKEN_ORDINAL || !reader->at->glued)
		return WHEN_OK;
	if (!ordinal_fits(number->value, reader->at->value))
		return wrong_ordinal(reader, number);
	reader->at++;
	return WHEN_OK;
}

/* "nov 30", "nov 30th 2026". */
enum when_kind when_read_month_day(struct reader *reader)
{
	const struct token *first = reader->at++;
	struct day day = { .kind = DAY_DATE, .month = first->value, .weekday = -1 };
	enum when_kind kind;

	if (reader->at->type != TOKEN_NUMBER || reader->at->digits > 2)
		return when_fail_text(reader->parse, WHEN_NO_DATE, first->mark);
	kind = day_number(reader, &day.day);
	if (kind != WHEN_OK)
		return kind;
	if (is_year(reader->at))
		day.year = reader->at++->value;
	return when_add_day(reader, first, day);
}

/* "30 nov", "1st dec 2026", "1st"; the number is next. */
enum when_kind when_read_number_day(struct reader *reader)
{
	const struct token *first = reader->at;
	struct day day = { .kind = DAY_MONTHDAY, .weekday = -1 };
	enum when_kind kind = day_number(reader, &day.day);

	if (kind != WHEN_OK)
		return kind;
	if (reader->at->type == TOKEN_MONTH) {
		day.kind = DAY_DATE;
		day.month = reader->at++->value;
		if (is_year(reader->at))
			day.year = reader->at++->value;
	}
	return when_add_day(reader, first, day);
}

/* "11/30": month and day; the first number is next. */
enum when_kind when_read_slashed(struct reader *reader)
{
	const struct token *first = reader->at;
	struct day day = { .kind = DAY_DATE, .weekday = -1 };

	day.month = first[0].value;
	day.day = first[2].value;
	day.swapped = day.day >= 1 && day.day <= 12 && day.month >= 1 && day.month <= 12 &&
		      day.day != day.month;
	reader->at += 3;
	return when_add_day(reader, first, day);
}

/* A number and a Korean marker glued to it. */
bool when_is_counted(const struct token *token, enum token_type type, int value)
{
	return token[0].type == TOKEN_NUMBER && token[1].type == type && token[1].glued &&
	       token[1].korean && token[1].value == value;
}

bool when_is_korean_month(const struct token *token)
{
	return when_is_counted(token, TOKEN_WEEKDAY, 1); /* 월 is Monday and month */
}

bool when_is_korean_day(const struct token *token)
{
	return when_is_counted(token, TOKEN_WEEKDAY, 0); /* 일 is Sunday and day */
}

/* "2026년 11월 30일", "11월 30일", "30일"; its first number is next. */
enum when_kind when_read_korean_date(struct reader *reader)
{
	const struct token *first = reader->at;
	struct day day = { .kind = DAY_DATE, .weekday = -1 };

	if (when_is_counted(reader->at, TOKEN_YEAR, 0)) {
		day.year = reader->at->value;
		reader->at += 2;
		if (!when_is_korean_month(reader->at))
			return when_fail_text(reader->parse, WHEN_NO_DATE,
					      when_to_last(reader, first));
	}
	if (when_is_korean_month(reader->at)) {
		day.month = reader->at->value;
		reader->at += 2;
		if (!when_is_korean_day(reader->at))
			return when_fail_text(reader->parse, WHEN_NO_DATE,
					      when_to_last(reader, first));
	} else {
		day.kind = DAY_MONTHDAY;
	}
	day.day = reader->at->value;
	reader->at += 2;
	return when_add_day(reader, first, day);
}

/* "+3d", "+2w", "+3일". */
enum when_kind when_read_plus(struct reader *reader)
{
	const struct token *first = reader->at, *unit = first + 2;
	struct day day = { .kind = DAY_RELATIVE, .weekday = -1 };
	int days = 0;

	if (first[1].type != TOKEN_NUMBER || !first[1].glued)
		return when_unexpected(reader, first);
	if (unit->type == TOKEN_UNIT)
		days = unit->value / DAY_SECONDS;
	else if (unit->type == TOKEN_WEEK)
		days = 7;
	else if (when_is_korean_day(first + 1))
		days = 1;
	if (days == 0)
		return when_unexpected(reader, unit);
	day.value = first[1].value * days;
	reader->at += 3;
	return when_add_day(reader, first, day);
}
