#pragma once

/*
 * The answer to a failed login, or to a wrong password: late, later with each failure of its source,
 * and `throttled` after so many. Who guesses waits, and takes none of our time meanwhile. Guesses at one
 * account take turns, wherever they come from.
 */

#include "daemon/loop.h"
#include "daemon/request.h"

/* Embedded in the method's struct. */
struct guess {
	struct timer late; /* until the refusal is told */
	struct request *request;
	const char *reason;
	const char *field; /* set before: it is a parameter that is wrong, not the login */
};

/*
 * Right before password_work_run() for a password of this login: false when there is no room for the
 * work, or it is not the login's turn; the request was refused then. Else counts as wrong until
 * guess_right().
 */
bool guess_turn(struct request *request, const char *login);
void guess_right(struct request *request, const char *login);

/* Counts the failure and refuses the request with `reason` (static), late. Consumes the request. */
void guess_refuse(struct request *request, struct guess *guess, const char *reason);
