#pragma once

/* What the files of the calendar share: its struct, and the catalogue's part in it. */

#include "common/zone.h"
#include "daemon/calendar.h"

/* Out of memory fails the one change, not the process; keys are numbers that the database chose. */
#define HASH_NONFATAL_OOM 1
/* The standard one falls through its switch in a way that clang warns of. */
#define HASH_FUNCTION HASH_OAT
#include <uthash.h>

#define ENTRY_TYPES 2

struct entry_node {
	UT_hash_handle hh;
	UT_hash_handle by_ref;
	int64_t id;
	struct calendar_entry entry; /* last: its units follow */
};

/*
 * All entries, by type and id and by reference. A hash that grows moves all it has in one go, which is a
 * pause of 25 ms where there are 200,000: so there are many small ones.
 */
#define INDEX_PARTS 64

struct calendar_index {
	struct entry_node *by_id[ENTRY_TYPES][INDEX_PARTS];
	struct entry_node *by_ref[INDEX_PARTS]; /* references are the database's choice too */
	size_t count;
};

struct unit_node {
	UT_hash_handle hh;
	int64_t id;
	const struct calendar_entry **claims; /* owns the array; sorted by start, and so by end */
	size_t count, size;
	uint64_t stamp; /* of the last change */
};

/* Whose bookings these are. */
struct member_node {
	UT_hash_handle hh;
	int64_t id;
	const struct calendar_entry *
		*entries; /* owns the array; in calendar_entry_compare() order */
	size_t count, size;
	int64_t longest; /* no entry, now or before, was longer */
};

struct calendar {
	int64_t from;
	int64_t rev;
	uint64_t stamp; /* of the last change of anything but entries */
	struct calendar_hours hours;
	struct calendar_rules rules[CALENDAR_KINDS];
	struct zone *zone;    /* owns; may be NULL */
	struct zone *offered; /* owns; see calendar_offer_zone() */
	char zone_name[ZONE_NAME_MAX];
	uint8_t hash[SHA256_SIZE];
	struct calendar_index index;
	struct unit_node *units;
	struct member_node *members;

	struct calendar_space **spaces; /* owns; sorted by code, case ignored */
	size_t space_count, space_size;
	struct calendar_space **by_id; /* owns the array; the same spaces sorted by id */
	size_t by_id_size;
	struct calendar_group **floors, **areas; /* own */
	size_t floor_count, floor_size, area_count, area_size;
};

struct entry_node *calendar_index_find(const struct calendar_index *index,
				       enum calendar_entry_type type, int64_t id);
struct entry_node *calendar_index_find_ref(const struct calendar_index *index, const char *ref);
/* 0, or -ENOMEM: it is not in. */
int calendar_index_add(struct calendar_index *index, struct entry_node *node);
void calendar_index_remove(struct calendar_index *index, struct entry_node *node);
/* Takes some entry out; NULL: none is left. */
struct entry_node *calendar_index_pop(struct calendar_index *index);

/* A number that was never given before. */
uint64_t calendar_next_stamp(void);
/* Takes over `node`, also on failure. */
int calendar_entry_add(struct calendar *calendar, struct entry_node *node);
/* Takes one that is not there. */
void calendar_entry_drop(struct calendar *calendar, enum calendar_entry_type type, int64_t id);

/* By start; those that start together by what they are and their number. */
int calendar_entry_compare(const struct calendar_entry *a, const struct calendar_entry *b);
/* The index of bookings by member; those of nobody are not in it. 0 or -ENOMEM. */
int calendar_member_add(struct calendar *calendar, const struct calendar_entry *entry);
void calendar_member_remove(struct calendar *calendar, const struct calendar_entry *entry);
void calendar_members_deinit(struct calendar *calendar);

/* Hours, zone and rules as the site's row or event tells them. */
int calendar_site_put(struct calendar *calendar, const struct cJSON *body);
void calendar_site_init(struct calendar *calendar);
void calendar_site_deinit(struct calendar *calendar);

/* A space, floor or area as its row or event tells it; a member that is not told stays as it was.
 */
int calendar_space_put(struct calendar *calendar, const struct cJSON *body);
int calendar_floor_put(struct calendar *calendar, const struct cJSON *body);
int calendar_area_put(struct calendar *calendar, const struct cJSON *body);
void calendar_catalogue_deinit(struct calendar *calendar);
