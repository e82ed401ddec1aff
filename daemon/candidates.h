#pragma once

/*
 * Any space like the one described: which ones a booking may try, best first. The database takes the
 * first that is free. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/policy.h"
#include "daemon/search.h"

#define CANDIDATES_MAX 16

struct candidates {
	size_t count;
	/* In search_better() order; borrowed. */
	const struct calendar_space *spaces[CANDIDATES_MAX];
	size_t fitting; /* spaces like that at all, free or not */
	size_t spoken;	/* free and allowed, but spoken for */
	/* Where there is none and none is spoken for: the best of those that are free but forbidden,
	 * else of all that fit, and why not that one. NULL if none fits. */
	const struct calendar_space *refused;
	struct policy_verdict verdict;
};

/*
 * `ask` says who, when and from when on it is looked at; its space is not read. `wish` says what;
 * start and end are those of `ask`. `spoken` (may be NULL) tells whether a space is what another
 * waits to get. Looks at each space once and judges at most once a kind, and once more.
 */
void candidates_rank(const struct calendar *calendar, const struct search_wish *wish,
		     const struct policy_ask *ask,
		     bool (*spoken)(const struct calendar_space *space, void *data), void *data,
		     struct candidates *ret);

/*
 * Keeps of the spaces found those that the rules of their kind allow, in their order; gives how many
 * are left. They are free, so a rule is all that can forbid them.
 */
size_t candidates_allowed(const struct calendar *calendar, const struct policy_ask *ask,
			  struct search_found *found, size_t count);
