#pragma once

/*
 * Which spaces of a calendar are free for a whole interval and fit a wish, best first. Pure: the
 * same calendar and wish give the same answer.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/field.h"
#include "daemon/calendar.h"

struct search_wish {
	int64_t start, end;		   /* microseconds */
	int kind;			   /* index in space_kinds, or -1 */
	int64_t area_id;		   /* 0: any */
	int64_t floor_id;		   /* 0: any */
	int64_t capacity;		   /* at least; 0: any */
	struct field_list amenities;	   /* all of them; case is ignored */
	const struct calendar_space *near; /* or NULL */
};

#define SEARCH_FAR INT64_MAX /* distance unknown: another floor, or no place on the map */

struct search_found {
	const struct calendar_space *space;
	int64_t spare;	  /* seats beyond those wished for */
	int64_t distance; /* on the map, from `near`; SEARCH_FAR */
};

/*
 * Fills `out`, which has room for calendar_space_count(), and gives how many were found. In order
 * of distance (where `near` is given), spare seats, code.
 */
size_t search_run(const struct calendar *calendar, const struct search_wish *wish,
		  struct search_found *out);
