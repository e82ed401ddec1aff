#pragma once

/*
 * A line on a terminal's standard error that is redrawn as work goes on.
 */

#include <stdbool.h>
#include <stdint.h>

struct out;

struct progress {
	const char *what;
	bool ascii;	      /* the terminal has only ASCII */
	bool on;	      /* a person is looking */
	bool shown;	      /* the line stands there now */
	int64_t begin, drawn; /* monotonic */
};

void progress_begin(struct progress *progress, const struct out *out, const char *what);
/* Redraws at most ten times a second. `size` 0: unknown. */
void progress_show(struct progress *progress, int64_t read, int64_t size, uint64_t rows,
		   uint64_t refused);
/* Takes the line away, before other words or at the end. */
void progress_clear(struct progress *progress);
