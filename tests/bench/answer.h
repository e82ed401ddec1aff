#pragma once

/*
 * What a line from the daemon is, found out by looking at its beginning alone: the daemon writes its
 * envelopes in one order. A line that does not fit ends the program.
 */

#include <stddef.h>
#include <stdint.h>

#define ANSWER_KIND_MAX 32

struct answer {
	enum { ANSWER_RESULT, ANSWER_ERROR, ANSWER_NOTIFICATION } type;
	unsigned id;		    /* of RESULT and ERROR */
	char kind[ANSWER_KIND_MAX]; /* of ERROR */
};

/* `line` ends in NUL. */
void answer_read(const char *line, size_t len, struct answer *ret);
/* The last "rev" in the line; -1 if there is none. */
int64_t answer_rev(const char *line, size_t len);
