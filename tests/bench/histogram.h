#pragma once

/*
 * How long things took, without keeping each: 64 buckets an octave, so that what is read out is
 * right to 1.6 %. Values are nanoseconds.
 */

#include <stdint.h>

#define HISTOGRAM_OCTAVES 42 /* beyond an hour */
#define HISTOGRAM_STEPS	  64

struct histogram {
	uint64_t counts[HISTOGRAM_OCTAVES * HISTOGRAM_STEPS];
	uint64_t total;
	int64_t longest;
};

/* Below 0 counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);
void histogram_reset(struct histogram *histogram);
/* The value that `part` (0 to 1) of all do not exceed; 0 where there is none. */
int64_t histogram_at(const struct histogram *histogram, double part);
