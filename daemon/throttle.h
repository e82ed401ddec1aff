#pragma once

/*
 * Failed logins by where they come from, an IPv4 address or an IPv6 /64, and in a table of its own by
 * account. Pure: the caller has the clock, and does the waiting.
 *
 * A failure is answered late, later with each one of a minute; after so many it is `throttled`. A
 * login that is right is never refused: behind one address there may be a whole house, and one
 * broken script in it must not keep the front desk out. A table of fixed size: the oldest entry makes
 * room, and an account that has to wait only where all have to; all zero is empty.
 *
 * Guesses at one account come from anywhere, many at a time. They take turns: after a few the next is
 * looked at only a while later, and what comes before that is not looked at at all. Nobody is locked out
 * for good, and tokens are no guesses.
 */

#include <stdint.h>

struct sockaddr;

#define THROTTLE_SOURCES 512
#define THROTTLE_MINUTE	 60000 /* ms */
#define THROTTLE_FREE	 3     /* guesses at an account before they have to wait */

struct throttle_source {
	uint8_t family; /* 0: none; of an account: 255, and the bytes are a digest */
	uint8_t bytes[8];
};

struct throttle {
	struct throttle_entry {
		struct throttle_source source;
		int64_t since_ms; /* the first failure of this minute */
		int64_t failures; /* 0: free */
		int64_t until_ms; /* of an account: no guess is looked at before */
	} entries[THROTTLE_SOURCES];
};

/* The source an address belongs to; an IPv4 address inside IPv6 is what it is. */
struct throttle_source throttle_source(const struct sockaddr *address);

/* The entry of a login in the table of accounts. */
struct throttle_source throttle_account(const char *login);

/* Counts a failure; how many there are now in its source's minute. */
int64_t throttle_failed(struct throttle *throttle, const struct throttle_source *source,
			int64_t now_ms);
/* How long until the minute of the source's failures is over; 0 when it has none. */
int64_t throttle_left(const struct throttle *throttle, const struct throttle_source *source,
		      int64_t now_ms);
/* A login that worked clears its source. */
void throttle_passed(struct throttle *throttle, const struct throttle_source *source);

/*
 * A guess at an account: 0, it may be looked at, and counts as failed until throttle_passed(); or how
 * long until the next one may.
 */
int64_t throttle_turn(struct throttle *accounts, const struct throttle_source *account,
		      int64_t now_ms, int64_t step_ms);

/* How long the answer to the n-th failure waits: one step, two, four, then seven and a half. */
int64_t throttle_delay(int64_t failures, int64_t step_ms);
