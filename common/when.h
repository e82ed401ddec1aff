#pragma once

/*
 * Dates and times as people say them, in English and Korean: "tomorrow 9-17", "mon 14:00 for 2h",
 * "내일 오후 2시-4시", "2026-11-23T09:00/PT8H". Pure: (phrase, now, zone, options) in, an interval
 * or a problem out; no clock, no file, no locale. Nothing is guessed: an unknown word is a problem
 * that says where it stands, and what can be read in two ways is one that offers both. Whatever is
 * accepted can be echoed, and the echo is a phrase that means the same. cowork-dates(7) is the
 * description for people.
 *
 * when_words.c knows the words, when_token.c cuts the phrase, when_phrase.c puts the pieces into
 * struct phrase with when_read_day.c and when_read_clock.c, when_clock.c and when_day.c settle hours
 * and days, when_interval.c puts them on the wall clock, when_wall.c makes instants of that,
 * when_echo.c writes them, when_problem.c says what is wrong. when.c leads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct zone;

#define WHEN_TEXT_MAX	    256 /* bytes of a phrase, its NUL included */
#define WHEN_PART_MAX	    64
#define WHEN_PARTS_MAX	    4
#define WHEN_SUGGESTION_MAX 2

struct when_options {
	const char *lang; /* of the echo: "ko..." is Korean, all else and NULL English. In Korean
			     3/4 is the 4th of March; elsewhere it is refused, being two dates. */
	int open, close;  /* opening hours, minutes of the day 0-1440; open -1: not known */
	int slot;	  /* minutes; "now" begins at the start of the present one */
	int fold;	  /* which one, where the clock shows a time twice: 0, 1, or -1 to refuse */
};

#define WHEN_OPTIONS_INIT                                                                          \
	((struct when_options){ .open = 9 * 60, .close = 18 * 60, .slot = 15, .fold = -1 })

/* Half-open, in microseconds since the epoch, whole seconds. */
struct when_interval {
	int64_t start, end;
};

/* What is wrong. when_template() has a sentence for each; the parts are those of the comments. */
enum when_kind {
	WHEN_OK,
	WHEN_EMPTY,	 /* no word at all */
	WHEN_BAD_TEXT,	 /* not UTF-8, or too long */
	WHEN_UNKNOWN,	 /* the word */
	WHEN_UNEXPECTED, /* a known word where it makes no sense */
	WHEN_SERIES,	 /* "weekly": not there yet */
	WHEN_TWO_DAYS,	 /* the second one */
	WHEN_TWO_TIMES,	 /* the second one */
	WHEN_TWO_ENDS,	 /* the second one: an end or a length */
	WHEN_NO_START,
	WHEN_NO_END,
	WHEN_NO_DATE,	   /* a month without a day: the month */
	WHEN_BAD_DATE,	   /* no such date: the date */
	WHEN_BAD_CLOCK,	   /* no such time: the time */
	WHEN_BAD_LENGTH,   /* none, too long, or in months: the length */
	WHEN_OUTSIDE,	   /* hours 1-12 outside the opening hours: they, opening, closing */
	WHEN_AMBIGUOUS,	   /* two meanings: the words */
	WHEN_NO_HOURS,	   /* a whole day where the opening hours are not known */
	WHEN_NO_BLOCK,	   /* no such part of the opening hours: the word, opening, closing */
	WHEN_BEGUN,	   /* this weekday is today and the time has begun: the weekday */
	WHEN_OVER,	   /* a time without a day that is over: the time */
	WHEN_WHICH_YEAR,   /* a date that is past this year: the date */
	WHEN_WRONG_DAY,	   /* weekday and date differ: the date, its weekday, the one said */
	WHEN_WRONG_ZONE,   /* the mark, what the clock shows then */
	WHEN_GAP,	   /* skipped: the time, the date, where the gap begins, where it ends */
	WHEN_TWICE,	   /* shown twice: the time, the date */
	WHEN_SAME,	   /* ends when it starts */
	WHEN_ORDER,	   /* ends before it starts */
	WHEN_OUT_OF_RANGE, /* before 1970 or after 9998 */
	WHEN_NOT_ONE,	   /* an interval where one time is wanted */
};

struct when_suggestion {
	char instead[WHEN_PART_MAX]; /* what to write in place of the marked words: "14-16" */
	char phrase[WHEN_TEXT_MAX];  /* the whole phrase; one that is accepted */
};

struct when_problem {
	enum when_kind kind;
	size_t at, len; /* the marked words, bytes; len 0: something is missing at that place */
	char parts[WHEN_PARTS_MAX][WHEN_PART_MAX];
	struct when_suggestion suggestions[WHEN_SUGGESTION_MAX];
	size_t suggestion_count;
};

/*
 * The interval of a phrase: WHEN_OK and *ret, or a kind and *ret_problem with that kind. A day
 * alone is its opening hours. `now` is an instant from 1970 to 9998.
 */
enum when_kind when_parse(const char *text, int64_t now, const struct zone *zone,
			  const struct when_options *options, struct when_interval *ret,
			  struct when_problem *ret_problem);

enum when_edge {
	WHEN_FROM, /* a day or week stands for its beginning */
	WHEN_TO,   /* a day or week stands for its end */
};

/* One instant, a bound of what is asked for: "mon", "eom", "fri 18:00", "now". */
enum when_kind when_parse_edge(const char *text, int64_t now, const struct zone *zone,
			       const struct when_options *options, enum when_edge edge,
			       int64_t *ret, struct when_problem *ret_problem);

/* What a phrase leaves to be known from elsewhere, for changing a time that there is already. */
enum when_lack {
	WHEN_LACKS_NOTHING, /* or it is no phrase */
	WHEN_LACKS_DAY,	    /* "15-16" */
	WHEN_LACKS_START,   /* "for 2h", "until 18:00" */
	WHEN_LACKS_CLOCK,   /* "fri" */
};

enum when_lack when_lacks(const char *text);

/*
 * Whether a word could begin a phrase: for where a phrase may follow a code. A number of three
 * digits or four is none, but the code of a room; so is "M-2", which is no time on its own, while
 * "nov-23" is one.
 */
bool when_is_word(const char *word);

/*
 * Appends "Mon 23 Nov 09:00–17:00 KST", or in Korean "11월 23일 월 09:00–17:00 KST". Another day's
 * end is written in full, midnight at the end of a day as 24:00, the year where the date alone
 * would mean another, the offset in place of an abbreviation that does not tell. when_parse() of it
 * with the same now and zone gives the same interval, for whole seconds from 1970 to 9998.
 */
void when_echo(struct buf *out, const struct when_interval *interval, const struct zone *zone,
	       int64_t now, const char *lang);
/* One instant: "Mon 23 Nov 09:00 KST"; when_parse_edge() of it gives the same instant. */
void when_echo_instant(struct buf *out, int64_t at, const struct zone *zone, int64_t now,
		       const char *lang);

/* The parts of the echo of an interval: its first day, "Mon 23 Nov", and its times without the zone,
 * "09:00–17:00". */
void when_echo_day(struct buf *out, int64_t at, const struct zone *zone, int64_t now,
		   const char *lang);
void when_echo_hours(struct buf *out, const struct when_interval *interval, const struct zone *zone,
		     const char *lang);

/* "Mon", or in Korean "월"; 0 is Sunday. */
const char *when_day_name(int weekday, const char *lang);

/* The English sentence of a kind with {0} to {3} for the parts; a constant, to be translated. */
const char *when_template(enum when_kind kind);
/* Appends the template with the problem's parts in it. */
void when_say(struct buf *out, const char *template, const struct when_problem *problem);
