#pragma once

/*
 * What the judges of bookings and blocks share. They are called by the lane with the calendar that
 * the batch will be exact at, see lane.h; whatever they refuse goes through the lane all the same,
 * because an earlier try may have left another answer.
 */

#include "common/field.h"
#include "daemon/candidates.h"
#include "daemon/command.h"
#include "daemon/policy.h"
#include "daemon/wall_clock.h"

/* Times by the calendar's zone. False: the command has its refusal. */
bool judging_when(struct command *command, const struct calendar *calendar,
		  const struct field_when *when, const struct field_int *fold, const char *field,
		  int64_t *ret_usec);
bool judging_measure(struct command *command, int64_t start, int64_t end);

/* What every ask of this actor begins with. */
struct policy_ask judging_ask(const struct command *command);

/*
 * A place for some time, for somebody: allowed, refused with reasons and alternatives, or to be
 * judged again when it is known what became of the commands before it.
 */
enum lane_verdict judging_place(struct command *command, const struct calendar *calendar,
				const struct lane_batch *batch, const struct policy_ask *ask);

/* The same for any space like the one wished for: the best that nobody before it in the batch may
 * get is judged as above. *ret holds what to try, in order. */
enum lane_verdict judging_wish(struct command *command, const struct calendar *calendar,
			       const struct lane_batch *batch, const struct policy_ask *ask,
			       const struct search_wish *wish, struct candidates *ret);
/* There is no such thing as the field names. */
enum lane_verdict judging_missing(struct command *command, const char *field);

/* The booking that the reference names, if the actor may touch it and it holds a place now; NULL:
 * the database says what is wrong with it. */
const struct calendar_entry *judging_own_entry(const struct command *command,
					       const struct calendar *calendar, const char *ref);
/* Whether a command of the batch may change this very booking. */
bool judging_entry_touched(const struct lane_batch *batch, const struct calendar_entry *entry);
