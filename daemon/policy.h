#pragma once

/*
 * What a site allows: whether somebody may have a space for some time, and by which rule not. Pure:
 * calendar, question and now in, verdict out; the same always gives the same. What must never
 * happen is the database's to refuse; this is what should not, and it says why.
 *
 * Rules bind members, tenants' admins and services; staff may pass them, and is told which. That a
 * place is taken, out of service, retired or too small binds everybody.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/calendar.h"

struct field_list;

/* Rules that staff may pass, in the order in which they are looked at. */
enum policy_rule {
	POLICY_PAST,	      /* limit 0 */
	POLICY_NOTICE,	      /* minutes */
	POLICY_HORIZON,	      /* days */
	POLICY_CLOSED_DAY,    /* no limit */
	POLICY_HOURS,	      /* no limit */
	POLICY_SHORTEST,      /* minutes */
	POLICY_LONGEST,	      /* minutes */
	POLICY_GRANULARITY,   /* minutes */
	POLICY_ONE_AT_A_TIME, /* no limit */
	POLICY_WAIVED_MAX,
};

/* The word of a rule on the wire, e.g. "closed_day". */
const char *policy_rule_name(enum policy_rule rule);

struct policy_ask {
	const struct calendar_space *space;
	int64_t start, end, now; /* microseconds */
	int64_t member_id;	 /* whom it is for; 0: nobody */
	bool staff;		 /* may pass the rules */
	unsigned waive;		 /* bits of rules that do not bind this one time; usually 0 */
	int64_t capacity;	 /* seats wanted; 0: any */
	/* Codes wanted, for alternatives; NULL: any. */
	const struct field_list *amenities;
	/* The booking that moves, or NULL: it does not stand in its own way, and a start that stays
	 * what it was is not judged again. */
	const struct calendar_entry *except;
};

struct policy_verdict {
	enum error_kind kind;	  /* ERROR_NONE: allowed */
	const char *rule, *field; /* static; NULL where kind says it all */
	int64_t limit;		  /* of the rule, in its unit; -1: none */
	/* slot_taken, blocked, own_overlap: who is in the way; borrowed from the calendar */
	const struct calendar_entry *holder;
	/* Rules that were passed, allowed or not: words, and the same as bits. */
	const char *waived[POLICY_WAIVED_MAX];
	size_t waived_count;
	unsigned waived_rules;
};

/* Costs a few searches by halves, however many bookings there are. */
void policy_judge(const struct calendar *calendar, const struct policy_ask *ask,
		  struct policy_verdict *ret);

/* Minutes that times of this kind of space are a multiple of; 1 where there is no rule. */
int policy_grid(const struct calendar *calendar, const struct calendar_space *space);
/* Whether two kinds of space (indices in space_kinds) exclude one another for one person. */
bool policy_kinds_exclude(int kind, int other);

#define POLICY_HINT_MAX 200
/* One English sentence that says what the rule wants; "" where there is none to say. */
const char *policy_hint(const struct calendar *calendar, const struct policy_ask *ask,
			const struct policy_verdict *verdict, char out[POLICY_HINT_MAX]);
