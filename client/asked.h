#pragma once

/*
 * What a command asked for, as it stands on the command line: what a refusal needs to suggest the
 * same command with something else in it. Filled by the commands that can be refused so.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/line.h"

struct arguments;
struct zone;

#define ASKED_WISHES_MAX 8

struct asked {
	const struct arguments *arguments; /* of the command; all borrows */
	struct words place;		   /* the space, or the kind of one */
	struct words when;
	struct words wishes[ASKED_WISHES_MAX]; /* that say which of a kind */
	size_t wish_count;
	bool looking;		 /* for what is free: nothing is to be booked */
	int64_t start, end;	 /* of `when`, as it was understood; 0: none was given */
	const struct zone *zone; /* the clock it was read by */
	/* Of the booking that `when` changes; both 0: it changes none. */
	int64_t was_start, was_end;
};
