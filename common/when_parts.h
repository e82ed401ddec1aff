#pragma once

/*
 * What the files of when.c share: tokens, the phrase put together, and the state of one parse.
 * Nothing outside includes this.
 */

#include "common/civil.h"
#include "common/macros.h"
#include "common/when.h"
#include "common/zone.h"

#define DAY_SECONDS 86400
#define TOKENS_MAX  64

enum token_type {
	TOKEN_END,
	TOKEN_UNKNOWN,
	TOKEN_NAME,	/* letters we do not know; perhaps a zone's abbreviation */
	TOKEN_NUMBER,	/* value, digits */
	TOKEN_DECIMAL,	/* "1.5": value in thousandths */
	TOKEN_CLOCK,	/* "9:30": value in seconds, -1 if there is no such time */
	TOKEN_DATE,	/* "2026-11-23" */
	TOKEN_DATETIME, /* "2026-11-23T09:00": date and value */
	TOKEN_INSTANT,	/* the same with Z or an offset: usec */
	TOKEN_LENGTH,	/* "PT8H": days, value in seconds; value -1 if it is none of ours */
	TOKEN_OFFSET,	/* "UTC+09": value in seconds */
	TOKEN_DASH,
	TOKEN_SLASH,
	TOKEN_PLUS,
	/* words: */
	TOKEN_RELATIVE,	 /* today: value in days */
	TOKEN_WEEKDAY,	 /* value 0 = Sunday */
	TOKEN_MONTH,	 /* value 1-12 */
	TOKEN_THIS_NEXT, /* this, next: value in weeks */
	TOKEN_WEEK,	 /* the word week */
	TOKEN_THAT_WEEK, /* 다음주: value in weeks */
	TOKEN_HALF,	 /* am, pm: enum half */
	TOKEN_NOW,
	TOKEN_NOON,
	TOKEN_MIDNIGHT,
	TOKEN_FOR,
	TOKEN_UNTIL,
	TOKEN_FROM,
	TOKEN_SINCE,	 /* 부터, behind the start */
	TOKEN_TILL,	 /* 까지, behind the end */
	TOKEN_DURING,	 /* 동안, behind the length */
	TOKEN_FILLER,	 /* on, at, the, 에 */
	TOKEN_END_OF,	 /* eow, eom, eoy: value 'w', 'm', 'y' */
	TOKEN_UNIT,	 /* hours, 시간: value in seconds; a day is a day of the calendar */
	TOKEN_HOUR,	 /* 시 */
	TOKEN_YEAR,	 /* 년 */
	TOKEN_HALF_HOUR, /* 반 */
	TOKEN_ORDINAL,	 /* st, nd, rd, th: value 1, 2, 3, 0 */
	TOKEN_UTC,
	TOKEN_SERIES,
};

/* A place in the phrase, in bytes. */
struct mark {
	size_t at, len;
};

struct token {
	enum token_type type;
	struct mark mark;
	bool glued;  /* nothing stands between it and the token before */
	bool korean; /* written in Hangul */
	int value;
	int digits;
	int days;
	struct civil date;
	int64_t usec;
};

struct word {
	const char *text;
	enum token_type type;
	int value;
};

/* The word of ASCII letters, any case; NULL if we know none such. */
const struct word *when_word_find(const char *text, size_t len);
/* The longest Korean word that the text begins with, or NULL; *ret_len in bytes. */
const struct word *when_word_begins(const char *text, size_t *ret_len);
/* The known word that is nearest to an unknown one, or NULL if none is near. */
const char *when_word_nearest(const char *text, size_t len, char out[WHEN_PART_MAX]);

enum half {
	HALF_NONE,
	HALF_AM,
	HALF_PM,
};

enum day_kind {
	DAY_NONE,
	DAY_RELATIVE, /* value: days from today */
	DAY_WEEKDAY,  /* the next that is not past */
	DAY_IN_WEEK,  /* weekday of the week `value` weeks from this */
	DAY_WEEK,     /* that week as a whole */
	DAY_DATE,     /* month and day, year 0: the nearest to come */
	DAY_MONTHDAY, /* day alone: the nearest to come */
	DAY_END_OF,   /* the last day of this week, month, year: value 'w', 'm', 'y' */
};

struct day {
	enum day_kind kind;
	int value;
	int weekday; /* -1: not said */
	int year, month, day;
	bool swapped; /* month/day that could be day/month */
	bool korean;
	struct mark mark;
};

enum clock_style {
	STYLE_COLON, /* 9:30 */
	STYLE_BARE,  /* 9 */
	STYLE_HOUR,  /* 9시 */
};

struct clock {
	bool set;
	bool sure;    /* cannot be meant on the other half of the day */
	bool guessed; /* its half is that which fits the other time: 11-2pm */
	bool korean;  /* of its half: 오전 12시 has two meanings */
	enum half half;
	bool half_first; /* 오후 2시, not 2pm: what follows is meant the same */
	enum clock_style style;
	int second; /* of the day, to 86400 */
	struct mark mark;
};

struct zone_mark {
	bool set;
	bool numeric;
	int offset;
	char name[16];
	struct mark mark;
};

/* One end of an interval as it was said. */
struct point {
	struct day day;
	struct clock clock;
	enum half block; /* am, pm without a time */
	struct mark block_mark;
	bool block_korean;
	bool now;
	bool instant;
	int64_t usec;
	struct zone_mark zone;
	struct mark mark; /* all of it; len 0 if nothing was said */
};

struct phrase {
	struct point start, end;
	bool has_end;
	struct mark end_mark; /* of the dash or word that began the end */
	bool has_length;
	int length_days;
	int length_seconds;
	bool length_iso; /* "PT8H", which may stand before its end */
	struct mark length_mark;
	bool korean; /* a word of it is */
};

/* One parse. */
struct parse {
	const char *text;
	size_t len;
	int64_t now;
	const struct zone *zone;
	const struct when_options *options;
	struct zone_local today;
	int64_t today_seconds; /* midnight of today on the wall clock, as civil_to_seconds() */
	bool edge;	       /* one bound is wanted */
	struct when_problem *problem;
};

/*
 * The functions below return WHEN_OK or when_fail(), which fills in the problem. A part is any
 * text; the mark is cut to the phrase.
 */
enum when_kind when_fail(struct parse *parse, enum when_kind kind, struct mark mark,
			 const char *first);
/* The same with the marked text as first part. */
enum when_kind when_fail_text(struct parse *parse, enum when_kind kind, struct mark mark);
void when_fail_part(struct parse *parse, size_t which, const char *format, ...) _printf_(3, 4);
/* Suggests `instead` in place of the mark; dropped when it does not fit or stands there already. */
void when_suggest(struct parse *parse, struct mark mark, const char *format, ...) _printf_(3, 4);
/*
 * Suggests two changes at once, `a` before `b`; `instead` tells of both. `second` NULL: only one.
 */
void when_suggest_two(struct parse *parse, const char *instead, struct mark a, const char *first,
		      struct mark b, const char *second);
#define WHEN_ZONE_MAX 24
/* What the clock is called at an instant: "KST", or "UTC-03" where its name does not tell. */
const char *when_zone_name(const struct zone *zone, int64_t usec, char out[WHEN_ZONE_MAX]);
/* "Mon" or "월". */
const char *when_weekday(int weekday, bool korean);
/* The marked text, cut to a part. */
const char *when_marked(const struct parse *parse, struct mark mark, char out[WHEN_PART_MAX]);
/* From the start of one to the end of the other. */
struct mark when_join(struct mark a, struct mark b);

enum when_kind when_tokens(struct parse *parse, struct token tokens[TOKENS_MAX + 1]);
enum when_kind when_read(struct parse *parse, const struct token *tokens, struct phrase *ret);

/* Applies am and pm and refuses hours that could be meant otherwise. */
enum when_kind when_settle_clocks(struct parse *parse, struct phrase *phrase);
/* The same for one point alone. */
enum when_kind when_settle_clock(struct parse *parse, struct point *point);

/*
 * The midnight (wall clock, in seconds) of the day that was said; where none was, or one without a
 * year, month or week, counted from `base`.
 */
enum when_kind when_settle_day(struct parse *parse, const struct day *day, int64_t base,
			       int64_t *ret);
/* The seconds of the day between which a day without times, or its am or pm, lies. */
enum when_kind when_open_hours(struct parse *parse, const struct point *point, int *ret_open,
			       int *ret_close);

/* What a reading of the clock was said with. */
struct reading {
	int64_t seconds;	       /* on the wall clock */
	const struct zone_mark *own;   /* must hold */
	const struct zone_mark *other; /* of the other end: tells two instants apart, no more */
	struct mark mark;
	bool clock; /* the mark is a clock's, so another time can stand in its place */
};

/* Gap, fold and marks considered. */
enum when_kind when_to_instant(struct parse *parse, const struct reading *reading, int64_t *ret);
/* Now on the wall clock. */
int64_t when_wall_now(const struct parse *parse);
/* The start of the present slot. */
int64_t when_slot_start(const struct parse *parse);
/* The first instant of a day: where midnight is skipped, what comes behind. */
int64_t when_day_begins(const struct parse *parse, int64_t midnight);
bool when_in_range(int64_t usec);

enum when_kind when_make_interval(struct parse *parse, struct phrase *phrase,
				  struct when_interval *ret);
