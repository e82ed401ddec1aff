/*
 * Puts the tokens together: which is a day, a time, a length, and of which end. Days and times may
 * come in any order; a dash or "to" begins the end. Whether there is such a day or time, and what
 * am, pm and weekdays mean, is settled afterwards.
 */

#include <string.h>

#include "common/when_reader.h"

enum when_kind when_unexpected(struct reader *reader, const struct token *token)
{
	return when_fail_text(reader->parse, WHEN_UNEXPECTED, token->mark);
}

enum when_kind when_unknown(struct reader *reader, const struct token *token)
{
	char near[WHEN_PART_MAX];
	const char *text = reader->parse->text + token->mark.at;

	when_fail_text(reader->parse, WHEN_UNKNOWN, token->mark);
	if (when_word_nearest(text, token->mark.len, near))
		when_suggest(reader->parse, token->mark, "%s", near);
	return WHEN_UNKNOWN;
}

struct mark when_to_last(const struct reader *reader, const struct token *first)
{
	return when_join(first->mark, reader->at[-1].mark);
}

void when_cover(struct point *point, struct mark mark)
{
	point->mark = point->mark.len ? when_join(point->mark, mark) : mark;
}

static bool begins_length(const struct token *token)
{
	if (token->type == TOKEN_LENGTH)
		return true;
	return (token->type == TOKEN_NUMBER || token->type == TOKEN_DECIMAL) &&
	       (token[1].type == TOKEN_UNIT || token[1].type == TOKEN_WEEK);
}

/* One "2h" or "1.5시간"; false if it comes to no whole number of seconds or to too many. */
static bool add_count(struct phrase *phrase, const struct token *number, int unit)
{
	int64_t thousandths =
		number->type == TOKEN_DECIMAL ? number->value : number->value * INT64_C(1000);
	int64_t count = thousandths * unit / 1000;

	if (thousandths * unit % 1000 != 0 || count > 400 * DAY_SECONDS)
		return false;
	if (unit < DAY_SECONDS)
		phrase->length_seconds += (int)count;
	else if (count % DAY_SECONDS == 0)
		phrase->length_days += (int)(count / DAY_SECONDS);
	else
		return false;
	return phrase->length_seconds <= 400 * DAY_SECONDS && phrase->length_days <= 400;
}

/* "2h", "1h30m", "1h30", "1시간 반", "PT8H"; the reader is behind it afterwards. */
static bool read_length(struct reader *reader)
{
	struct phrase *phrase = reader->phrase;
	const struct token *first = reader->at;
	bool ok = true;
	int unit = 0;

	if (first->type == TOKEN_LENGTH) {
		reader->at++;
		phrase->length_iso = true;
		phrase->length_days = first->days;
		phrase->length_seconds = first->value;
		return first->value >= 0;
	}
	while (begins_length(reader->at) && reader->at->type != TOKEN_LENGTH) {
		unit = reader->at[1].type == TOKEN_WEEK ? 7 * DAY_SECONDS : reader->at[1].value;
		ok = add_count(phrase, reader->at, unit) && ok;
		reader->at += 2;
	}
	if (unit == 3600 && reader->at->type == TOKEN_HALF_HOUR) {
		phrase->length_seconds += 1800;
		reader->at++;
	} else if (unit == 3600 && reader->at->type == TOKEN_NUMBER && reader->at->glued &&
		   reader->at->digits == 2 && reader->at->value < 60) {
		phrase->length_seconds += reader->at++->value * 60;
	}
	return ok;
}

static enum when_kind length(struct reader *reader)
{
	struct phrase *phrase = reader->phrase;
	const struct token *first = reader->at;
	bool again = phrase->has_length, ok = read_length(reader);

	phrase->has_length = true;
	phrase->length_mark = when_to_last(reader, first);
	if (again || phrase->has_end)
		return when_fail_text(reader->parse, WHEN_TWO_ENDS, phrase->length_mark);
	if (!ok ||
	    phrase->length_days * (int64_t)DAY_SECONDS + phrase->length_seconds >
		    366 * (int64_t)DAY_SECONDS ||
	    (phrase->length_days == 0 && phrase->length_seconds == 0))
		return when_fail_text(reader->parse, WHEN_BAD_LENGTH, phrase->length_mark);
	return WHEN_OK;
}

/* A dash, "to", "until", 부터: what follows is the end, unless it is a length. */
static enum when_kind joint(struct reader *reader)
{
	struct phrase *phrase = reader->phrase;
	const struct token *first = reader->at++;
	bool since = first->type == TOKEN_SINCE;

	if (since && (reader->at->type == TOKEN_END || reader->at->type == TOKEN_FOR))
		return WHEN_OK;
	if (begins_length(reader->at) && first->type != TOKEN_UNTIL && phrase->start.mark.len)
		return WHEN_OK;
	if (phrase->has_end)
		return when_unexpected(reader, first);
	if (reader->at->type == TOKEN_END)
		return when_fail(reader->parse, WHEN_NO_END, reader->at->mark, NULL);
	phrase->has_end = true;
	phrase->end_mark = first->mark;
	reader->point = &phrase->end;
	return WHEN_OK;
}

static enum when_kind for_length(struct reader *reader)
{
	reader->at++;
	if (begins_length(reader->at))
		return length(reader);
	if (reader->at->type == TOKEN_END)
		return when_fail(reader->parse, WHEN_NO_END, reader->at->mark, NULL);
	return when_unexpected(reader, reader->at);
}

static bool is_upper(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 'A' || text[i] > 'Z')
			return false;
	return true;
}

/* "KST", "UTC+09" behind a time. */
static enum when_kind zone_mark(struct reader *reader)
{
	const struct token *first = reader->at++;
	const char *text = reader->parse->text + first->mark.at;
	struct zone_mark *zone = &reader->point->zone;

	/* Guam's ChST is the one abbreviation that is not all capitals. */
	if (first->type == TOKEN_NAME &&
	    (first->mark.len < 3 || first->mark.len >= sizeof(zone->name) ||
	     !(is_upper(text, first->mark.len) || strncmp(text, "ChST", 5) == 0) ||
	     !reader->point->clock.set))
		return when_unknown(reader, first);
	if (zone->set || !reader->point->clock.set)
		return when_unexpected(reader, first);
	zone->set = true;
	zone->mark = first->mark;
	zone->numeric = first->type == TOKEN_OFFSET;
	zone->offset = first->value;
	if (!zone->numeric)
		memcpy(zone->name, text, first->mark.len);
	return WHEN_OK;
}

static enum when_kind number_token(struct reader *reader)
{
	const struct token *next = reader->at + 1;

	if (begins_length(reader->at))
		return length(reader);
	if (reader->at->type == TOKEN_DECIMAL)
		return when_unexpected(reader, reader->at);
	if (next->type == TOKEN_HOUR)
		return when_read_hour_clock(reader);
	if (when_is_counted(reader->at, TOKEN_YEAR, 0) || when_is_korean_month(reader->at) ||
	    when_is_korean_day(reader->at))
		return when_read_korean_date(reader);
	if ((next->type == TOKEN_ORDINAL && next->glued) ||
	    (next->type == TOKEN_MONTH && reader->at->digits <= 2))
		return when_read_number_day(reader);
	if (next->type == TOKEN_SLASH && next->glued && next[1].type == TOKEN_NUMBER &&
	    next[1].glued)
		return when_read_slashed(reader);
	return when_read_bare_clock(reader);
}

static enum when_kind behind(struct reader *reader, bool fits)
{
	if (!fits)
		return when_unexpected(reader, reader->at);
	reader->at++;
	return WHEN_OK;
}

static enum when_kind word_token(struct reader *reader)
{
	const struct token *token = reader->at;

	switch (token->type) {
	case TOKEN_RELATIVE:
		return when_read_simple_day(reader, DAY_RELATIVE);
	case TOKEN_WEEKDAY:
		return when_read_simple_day(reader, DAY_WEEKDAY);
	case TOKEN_END_OF:
		return when_read_simple_day(reader, DAY_END_OF);
	case TOKEN_MONTH:
		return when_read_month_day(reader);
	case TOKEN_THIS_NEXT:
		return when_read_this_next(reader);
	case TOKEN_THAT_WEEK:
		reader->at++;
		return when_read_week(reader, token, token->value);
	case TOKEN_HALF:
		return when_read_block(reader);
	case TOKEN_NOW:
		return when_read_now(reader);
	case TOKEN_NOON:
	case TOKEN_MIDNIGHT:
		return when_read_fixed_clock(reader);
	case TOKEN_FOR:
		return for_length(reader);
	case TOKEN_FROM:
		/* "2h from now" is when it starts, not how long it takes. */
		return behind(reader, !reader->phrase->has_end && !reader->phrase->has_length);
	case TOKEN_TILL:
		return behind(reader, reader->phrase->end.mark.len > 0);
	case TOKEN_DURING:
		return behind(reader, reader->phrase->has_length);
	case TOKEN_FILLER:
		return behind(reader, true);
	case TOKEN_SERIES:
		return when_fail_text(reader->parse, WHEN_SERIES, token->mark);
	default:
		return when_unexpected(reader, token);
	}
}

static enum when_kind read_token(struct reader *reader)
{
	switch (reader->at->type) {
	case TOKEN_UNKNOWN:
		return when_unknown(reader, reader->at);
	case TOKEN_NAME:
	case TOKEN_OFFSET:
		return zone_mark(reader);
	case TOKEN_NUMBER:
	case TOKEN_DECIMAL:
		return number_token(reader);
	case TOKEN_CLOCK:
		return when_read_colon_clock(reader);
	case TOKEN_DATE:
		return when_read_simple_day(reader, DAY_DATE);
	case TOKEN_DATETIME:
	case TOKEN_INSTANT:
		return when_read_datetime(reader);
	case TOKEN_LENGTH:
		return length(reader);
	case TOKEN_DASH:
	case TOKEN_SLASH:
	case TOKEN_UNTIL:
	case TOKEN_SINCE:
		return joint(reader);
	case TOKEN_PLUS:
		return when_read_plus(reader);
	default:
		return word_token(reader);
	}
}

enum when_kind when_read(struct parse *parse, const struct token *tokens, struct phrase *ret)
{
	struct reader reader = { parse, tokens, tokens, ret, &ret->start, false };
	enum when_kind kind = WHEN_OK;

	*ret = (struct phrase){ 0 };
	if (tokens->type == TOKEN_END)
		return when_fail(parse, WHEN_EMPTY, tokens->mark, NULL);
	/* "weekly" makes another sentence of all the rest. */
	for (const struct token *token = tokens; token->type != TOKEN_END; token++) {
		if (token->type == TOKEN_SERIES)
			return when_fail_text(parse, WHEN_SERIES, token->mark);
		ret->korean = ret->korean || token->korean;
	}
	while (kind == WHEN_OK && reader.at->type != TOKEN_END)
		kind = read_token(&reader);
	if (kind != WHEN_OK)
		return kind;
	if (ret->start.mark.len == 0 && ret->end.mark.len == 0 && !ret->has_length)
		return when_fail(parse, WHEN_EMPTY, (struct mark){ 0, parse->len }, NULL);
	return ret->has_end && ret->end.mark.len == 0
		       ? when_fail(parse, WHEN_NO_END, (struct mark){ parse->len, 0 }, NULL)
		       : WHEN_OK;
}
