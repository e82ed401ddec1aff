#pragma once

/*
 * What somebody can have instead of what was refused. Pure and deterministic: the same calendar,
 * question and now give the same answer, and policy_judge() allows each of them to this actor.
 * Staff is offered nothing that passes a rule which the question itself did not pass.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/policy.h"

#define ALTERNATIVES_MAX 3

struct alternative {
	const struct calendar_space *space; /* borrowed from the calendar */
	int64_t start, end;
};

/*
 * How many there are; at most three:
 * - the same space for as long, at the nearest start within three hours; of two as near the later;
 * - then other spaces of its kind at the same time, with the seats and amenities wanted (seats not
 *   told: as many as the space itself has), by same area, same floor, map distance, spare seats, code;
 * - and if there is neither, as much of the time in the same space as can be had, if that is three
 *   quarters of it.
 * Starts and ends lie on the kind's granularity, or on whole minutes.
 *
 * Looks at each space once, and judges at most some 500 times.
 */
size_t alternatives_find(const struct calendar *calendar, const struct policy_ask *ask,
			 struct alternative out[ALTERNATIVES_MAX]);

/*
 * The first start within 14 days of the one asked for (or of now, if that is later) from which the
 * space can be had for the whole length. False if there is none, or if the calendar is so full that
 * it was not found in 1,000 steps.
 */
bool alternatives_free_from(const struct calendar *calendar, const struct policy_ask *ask,
			    int64_t *ret_usec);
