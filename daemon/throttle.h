#pragma once

/*
 * Failed logins by where they come from: an IPv4 address, an IPv6 /64. Pure: the caller has the
 * clock, and does the waiting.
 *
 * A failure is answered late, later with each one of a minute; after so many it is `throttled`. A
 * login that is right is never refused: behind one address there may be a whole house, and one
 * broken script in it must not keep the front desk out. A table of fixed size, the oldest entry
 * makes room; all zero is empty.
 */

#include <stdint.h>

struct sockaddr;

#define THROTTLE_SOURCES 512
#define THROTTLE_MINUTE	 60000 /* ms */

struct throttle_source {
	uint8_t family; /* 0: none */
	uint8_t bytes[8];
};

struct throttle {
	struct throttle_entry {
		struct throttle_source source;
		int64_t since_ms; /* the first failure of this minute */
		int64_t failures; /* 0: free */
	} entries[THROTTLE_SOURCES];
};

/* The source an address belongs to; an IPv4 address inside IPv6 is what it is. */
struct throttle_source throttle_source(const struct sockaddr *address);

/* Counts a failure; how many there are now in its source's minute. */
int64_t throttle_failed(struct throttle *throttle, const struct throttle_source *source,
			int64_t now_ms);
/* How long until the minute of the source's failures is over; 0 when it has none. */
int64_t throttle_left(const struct throttle *throttle, const struct throttle_source *source,
		      int64_t now_ms);
/* A login that worked clears its source. */
void throttle_passed(struct throttle *throttle, const struct throttle_source *source);

/* How long the answer to the n-th failure waits: one step, two, four, then seven and a half. */
int64_t throttle_delay(int64_t failures, int64_t step_ms);
