#pragma once

/*
 * The engine of import: keeps a window of rows in flight on one connection, in the file's order,
 * and brings each to an answer. A lost connection is opened again and the unanswered rows are sent
 * again with their keys, so that no row is done twice.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/kinds.h"

struct client;

#define IMPORT_WINDOW	  32 /* what the server reads ahead (cowork-protocol(7)) */
#define IMPORT_WINDOW_MAX 256

struct import_options {
	const struct kind *kind;
	const char *path;
	const char *site; /* for rows without one; NULL: none */
	bool skip;	  /* go on after a refusal */
	unsigned window;
	FILE *codes; /* takes "login,code" lines; NULL: codes are dropped */
};

struct import_summary {
	uint64_t rows, done, already, refused;
	uint64_t untried;  /* rows behind the one that ended it */
	size_t stopped_at; /* line of the refusal that ended it, or 0 */
	int64_t usec;
};

/* An exit status; what happened on the way was told, but for the summary. */
int import_run(struct client *client, const struct import_options *options,
	       struct import_summary *ret_summary);
