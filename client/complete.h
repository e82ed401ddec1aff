#pragma once

/*
 * Completion on the command line: `cowork __complete --cursor N -- cowork WORDS...`, called by the
 * scripts in completion/. Prints what could stand at word N (0 is "cowork" itself), one a line, with
 * a TAB and what it is where that is known; the line ":file" alone asks the shell for files.
 * Whatever goes wrong, nothing is said and the exit status is 0: Tab must not disturb.
 *
 * complete.c knows commands, options and words of ours; complete_ask.c asks the daemon.
 */

#include "common/buf.h"

struct client;

/* What is offered. A word that a shell would have to quote is left out. */
struct complete {
	struct client *client; /* borrows */
	const char *word;      /* what is typed of it so far */
	const char *before;    /* goes in front of each: "--site=" */
	size_t before_len;
	struct buf out;
};

/* Offers a word if it begins as what is typed; `about` may be NULL. */
void complete_offer(struct complete *complete, const char *word, const char *about);

/*
 * Offers what the daemon has for a metavar such as SPACE or REF: at most 20 words, from the
 * cache while it is younger than 30 s, else asked for within the budget. Nothing when the
 * metavar is none of those, or on any failure.
 */
void complete_ask(struct complete *complete, const char *metavar, const char *command);

/* The whole of it; an exit status. */
int complete_run(struct client *client);
