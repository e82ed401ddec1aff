#pragma once

/*
 * Reading tokens one after the other, shared by when_phrase.c, which leads, when_read_day.c and
 * when_read_clock.c.
 */

#include "common/when_parts.h"

struct reader {
	struct parse *parse;
	const struct token *tokens;
	const struct token *at;
	struct phrase *phrase;
	struct point *point; /* the end that is being read */
	bool day_last;	     /* the start's day was said behind the times */
};

/* when_fail_text() with a single token that cannot be there, or is none of our words. */
enum when_kind when_unexpected(struct reader *reader, const struct token *token);
enum when_kind when_unknown(struct reader *reader, const struct token *token);
/* From a token to the last that was read. */
struct mark when_to_last(const struct reader *reader, const struct token *first);
/* What is marked belongs to the point. */
void when_cover(struct point *point, struct mark mark);

/* Each begins at the next token, reads what belongs together and stores it. */
enum when_kind when_read_simple_day(struct reader *reader, enum day_kind kind);
enum when_kind when_read_this_next(struct reader *reader);
enum when_kind when_read_month_day(struct reader *reader);
enum when_kind when_read_number_day(struct reader *reader);
enum when_kind when_read_slashed(struct reader *reader);
enum when_kind when_read_korean_date(struct reader *reader);
enum when_kind when_read_plus(struct reader *reader);
/* The week was said; a weekday may follow. */
enum when_kind when_read_week(struct reader *reader, const struct token *first, int weeks);
enum when_kind when_add_day(struct reader *reader, const struct token *first, struct day day);
/* Whether "11월" or "30일" begins there, 월 and 일 being Monday and Sunday too. */
bool when_is_korean_month(const struct token *token);
bool when_is_korean_day(const struct token *token);
/* A number and a Korean marker glued to it. */
bool when_is_counted(const struct token *token, enum token_type type, int value);

enum when_kind when_read_colon_clock(struct reader *reader);
enum when_kind when_read_hour_clock(struct reader *reader);
enum when_kind when_read_bare_clock(struct reader *reader);
enum when_kind when_read_fixed_clock(struct reader *reader);
enum when_kind when_read_block(struct reader *reader);
enum when_kind when_read_now(struct reader *reader);
enum when_kind when_read_datetime(struct reader *reader);
