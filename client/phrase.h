#pragma once

/*
 * Date phrases on the command line: by which clock they are meant, what they come to, and what is
 * told when they come to nothing: the words with a caret under what is wrong, and the command as it
 * could be meant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/line.h"
#include "client/site_clock.h"
#include "common/when.h"

struct client;

struct phrase_clock {
	struct zone *zone; /* owns */
	struct when_options options;
	bool of_site;	    /* the zone is the site's, as it is kept */
	bool for_booking;   /* neither closed hours nor what has begun are any good */
	bool hours_assumed; /* no site is known, so neither are its opening hours */
	struct site_clock site;
};

enum phrase_ask {
	PHRASE_ASK,   /* the site's clock matters: ask the server where it is not known */
	PHRASE_KNOWN, /* what is known must do */
};

/*
 * The clock of phrases: --tz, the context's zone, the site's, and only with PHRASE_KNOWN the
 * system's. `fold` is the option's text or NULL. 0 or an exit status after telling why not; to be
 * released in both cases.
 */
int phrase_clock_init(struct phrase_clock *clock, struct client *client, enum phrase_ask ask,
		      const char *fold);
void phrase_clock_deinit(struct phrase_clock *clock);

/* More than a phrase may have, so that one that is too long is seen to be so. */
#define PHRASE_MAX (2 * WHEN_TEXT_MAX)
/* The words with blanks between them. */
void phrase_join(const struct words *words, char out[PHRASE_MAX]);

/* What the words come to; 0, or an exit status after telling what is wrong. */
int phrase_interval(const struct client *client, const struct phrase_clock *clock,
		    const struct words *words, struct when_interval *ret);
/* The same of words that change the interval `was`: the day or the clock times that they do not say
 * stay as they are. */
int phrase_change(const struct client *client, const struct phrase_clock *clock,
		  const struct words *words, const struct when_interval *was,
		  struct when_interval *ret);
/* The same of one instant, the bound of an interval or list. */
int phrase_edge(const struct client *client, const struct phrase_clock *clock,
		const struct words *words, enum when_edge edge, int64_t *ret);

/* Appends the echo of an interval or instant. */
void phrase_echo(struct buf *out, const struct client *client, const struct phrase_clock *clock,
		 const struct when_interval *interval);
void phrase_echo_instant(struct buf *out, const struct client *client,
			 const struct phrase_clock *clock, int64_t at);
