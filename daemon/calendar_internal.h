#pragma once

/* What the files of the calendar share: its struct, and the catalogue's part in it. */

#include "daemon/calendar.h"

/* Out of memory fails the one change, not the process; keys are numbers that the database chose. */
#define HASH_NONFATAL_OOM 1
/* The standard one falls through its switch in a way that clang warns of. */
#define HASH_FUNCTION HASH_OAT
#include <uthash.h>

#define ENTRY_TYPES 2

struct entry_node {
	UT_hash_handle hh;
	int64_t id;
	struct calendar_entry entry; /* last: its units follow */
};

struct unit_node {
	UT_hash_handle hh;
	int64_t id;
	const struct calendar_entry **claims; /* owns the array; sorted by start, and so by end */
	size_t count, size;
};

struct calendar {
	int64_t from;
	int64_t rev;
	struct calendar_hours hours;
	uint8_t hash[SHA256_SIZE];
	struct entry_node *entries[ENTRY_TYPES];
	struct unit_node *units;

	struct calendar_space **spaces; /* owns; sorted by code, case ignored */
	size_t space_count, space_size;
	struct calendar_group **floors, **areas; /* own */
	size_t floor_count, floor_size, area_count, area_size;
};

/* Takes over `node`, also on failure. */
int calendar_entry_add(struct calendar *calendar, struct entry_node *node);
/* Takes one that is not there. */
void calendar_entry_drop(struct calendar *calendar, enum calendar_entry_type type, int64_t id);

/* A space, floor or area as its row or event tells it; a member that is not told stays as it was.
 */
int calendar_space_put(struct calendar *calendar, const struct cJSON *body);
int calendar_floor_put(struct calendar *calendar, const struct cJSON *body);
int calendar_area_put(struct calendar *calendar, const struct cJSON *body);
void calendar_catalogue_deinit(struct calendar *calendar);
