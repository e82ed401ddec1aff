#pragma once

/*
 * The answer to a failed login, or to a wrong password: late, later with each failure of its source,
 * and `throttled` after so many. Who guesses waits, and takes none of our time meanwhile.
 */

#include "daemon/loop.h"
#include "daemon/request.h"

/* Embedded in the method's struct. */
struct guess {
	struct timer late; /* until the refusal is told */
	struct request *request;
	const char *reason;
};

/* Counts the failure and refuses the request with `reason` (static), late. Consumes the request. */
void guess_refuse(struct request *request, struct guess *guess, const char *reason);
