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
 * Whether the space is what is wished for, but for its being free; if so, *ret is it. search_better()
 * says which of two comes first: below 0 the first one.
 */
bool search_fits(const struct calendar_space *space, const struct search_wish *wish,
		 struct search_found *ret);
int search_better(const struct search_found *a, const struct search_found *b);
/* On the map; SEARCH_FAR. */
int64_t search_distance(const struct calendar_space *a, const struct calendar_space *b);
/* Whether it has all of the amenities; case is ignored. */
bool search_has_all(const struct calendar_space *space, const struct field_list *amenities);

/*
 * Fills `out`, which has room for calendar_space_count(), and gives how many were found. In order
 * of distance (where `near` is given), spare seats, code.
 */
size_t search_run(const struct calendar *calendar, const struct search_wish *wish,
		  struct search_found *out);
