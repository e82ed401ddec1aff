/* See histogram.h. Values below 64 have a bucket each; above, the six bits behind the highest choose. */

#include <string.h>

#include "common/macros.h"
#include "histogram.h"

static unsigned bucket_of(int64_t value)
{
	uint64_t v = value > 0 ? (uint64_t)value : 0;
	unsigned octave, bucket;

	if (v < HISTOGRAM_STEPS)
		return (unsigned)v;
	octave = 63U - (unsigned)__builtin_clzll(v) - 5U;
	bucket = octave * HISTOGRAM_STEPS + (unsigned)(v >> (octave - 1U)) - HISTOGRAM_STEPS;
	return bucket < HISTOGRAM_OCTAVES * HISTOGRAM_STEPS
		       ? bucket
		       : HISTOGRAM_OCTAVES * HISTOGRAM_STEPS - 1;
}

/* The middle of a bucket. */
static int64_t value_of(unsigned bucket)
{
	unsigned octave = bucket / HISTOGRAM_STEPS, step = bucket % HISTOGRAM_STEPS;

	if (octave == 0)
		return step;
	return ((int64_t)(HISTOGRAM_STEPS + step) << (octave - 1U)) +
	       ((INT64_C(1) << (octave - 1U)) >> 1);
}

void histogram_add(struct histogram *histogram, int64_t value)
{
	histogram->counts[bucket_of(value)]++;
	histogram->total++;
	if (value > histogram->longest)
		histogram->longest = value;
}

void histogram_reset(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

int64_t histogram_at(const struct histogram *histogram, double part)
{
	double wanted = part * (double)histogram->total;
	uint64_t seen = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(histogram->counts); i++) {
		seen += histogram->counts[i];
		if (seen > 0 && (double)seen >= wanted)
			return value_of(i) < histogram->longest ? value_of(i) : histogram->longest;
	}
	return histogram->longest;
}
