#pragma once

/*
 * The calendar of one site in memory: its spaces, and who holds what from some day on. Pure: state
 * and event in, state out; no I/O, no clock, no SQL. The feed loads it in one snapshot and has it
 * follow the site's log.
 *
 * A unit's live claims never overlap (the database's constraint), so they are one array sorted by
 * start and a binary search finds every conflict.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto.h"
#include "common/reference.h"

struct cJSON;
struct calendar;
struct zone;

enum calendar_entry_type {
	CALENDAR_BOOKING,
	CALENDAR_BLOCK, /* out of service: nobody's */
};

/* A booking or block that holds its place. Borrowed until the next change of the calendar. */
struct calendar_entry {
	enum calendar_entry_type type;
	int64_t id;
	char ref[REFERENCE_TEXT_MAX];
	int64_t space_id;
	int64_t tenant_id;  /* 0: none */
	int64_t member_id;  /* 0: none */
	int64_t start, end; /* microseconds, half-open */
	int state;	    /* index in booking_states; blocks: 0 */
	int version;
	size_t unit_count;
	int64_t unit_ids[];
};

struct calendar_space {
	int64_t id;
	char *code;
	char *name, *name_alt; /* may be NULL: not told yet */
	int kind;	       /* index in space_kinds */
	bool retired;
	int64_t floor_id, area_id; /* 0: none */
	int capacity;
	int version;
	bool has_place; /* x and y are known */
	int64_t x, y;
	size_t amenity_count;
	char **amenities;
	size_t unit_count;
	int64_t *unit_ids;
};

/* Floors and areas: what their ids are called. */
struct calendar_group {
	int64_t id;
	char *code;
	int64_t floor_id; /* of an area; 0: none */
	int position;	  /* of a floor */
};

/* When the site is open, on its own clock. */
struct calendar_hours {
	int open_minute, close_minute; /* of the day; close may be 1440 */
	unsigned closed_days;	       /* bit d: closed all day on day d, 0 is Sunday */
};

/* What the site asks of bookings of one kind of space. */
struct calendar_rules {
	int longest, shortest; /* minutes; 0: no limit */
	int granularity;       /* minutes on the site's clock, a part of a day; 0: any */
	int notice;	       /* minutes before it begins; 0: none */
	int horizon;	       /* days ahead, 0 is today; -1: no limit */
	bool one_at_a_time;    /* a person has one such place at a time */
};

#define CALENDAR_KINDS 5 /* of spaces: the words of space_kinds */

/* Keeps entries that end after `from_usec` only. NULL when out of memory. */
struct calendar *calendar_new(int64_t from_usec);
/* A zone that may be the site's (NULL: none): where it is, the system's file is not read again, which may
 * not be possible just then. */
void calendar_offer_zone(struct calendar *calendar, struct zone *zone);
/* Takes NULL, returns NULL. */
struct calendar *calendar_free(struct calendar *calendar);
/* So many of its entries at most, and it when none is left, since all at once is a pause where there are
 * many: NULL then, otherwise the calendar, good for nothing but to be freed. Takes NULL. */
struct calendar *calendar_free_some(struct calendar *calendar, size_t entries);

/*
 * One row of the snapshot: `what` is "site" (rev, hash), "floor", "area", "space", "booking" or
 * "block". 0; -EBADMSG for a row that makes no sense, -ENOMEM. After an error the calendar is good
 * for calendar_free() only.
 */
int calendar_load_row(struct calendar *calendar, const char *what, const struct cJSON *body);

/*
 * One event of the log. 0: applied, or known already (rev not beyond ours); -ESTALE: events in
 * between are missing; -EBADMSG, -ENOMEM as above.
 */
int calendar_apply(struct calendar *calendar, int64_t rev, const char *kind,
		   const struct cJSON *body);

int64_t calendar_rev(const struct calendar *calendar);
/* Hash of the event at calendar_rev(), as the database keeps it. */
const uint8_t *calendar_hash(const struct calendar *calendar);
void calendar_set_hash(struct calendar *calendar, const uint8_t hash[SHA256_SIZE]);
int64_t calendar_from(const struct calendar *calendar);
const struct calendar_hours *calendar_hours(const struct calendar *calendar);
/* The site's clock, from the system's files. NULL: not told, or the system has no such zone. */
const struct zone *calendar_zone(const struct calendar *calendar);
/* Its name as the database has it; "" if not told. */
const char *calendar_zone_name(const struct calendar *calendar);
/* Never NULL; `kind` is an index in space_kinds. */
const struct calendar_rules *calendar_rules(const struct calendar *calendar, int kind);
/* Entries held, for the status and tests. */
size_t calendar_count(const struct calendar *calendar);

/* Spaces; case of a code is ignored; NULL if there is none. Borrowed until the next change. */
const struct calendar_space *calendar_space(const struct calendar *calendar, const char *code);
const struct calendar_space *calendar_space_by_id(const struct calendar *calendar, int64_t id);
/* All in order of code. */
size_t calendar_space_count(const struct calendar *calendar);
const struct calendar_space *calendar_space_at(const struct calendar *calendar, size_t index);
const struct calendar_group *calendar_floor(const struct calendar *calendar, int64_t id);
const struct calendar_group *calendar_area(const struct calendar *calendar, int64_t id);
/* The id of a code, case ignored; 0 if there is none. */
int64_t calendar_floor_id(const struct calendar *calendar, const char *code);
int64_t calendar_area_id(const struct calendar *calendar, const char *code);

/*
 * A number that is another one after each change of what can be told of the space: of it, of whoever holds
 * a unit of it at whatever time, of floors, areas and hours. No two calendars have one in common.
 */
uint64_t calendar_space_stamp(const struct calendar *calendar, const struct calendar_space *space);

/* Bookings and blocks, only those that hold a place now. */
const struct calendar_entry *calendar_entry(const struct calendar *calendar,
					    enum calendar_entry_type type, int64_t id);
/* By reference, as it is written ("R-...", "B-..."). */
const struct calendar_entry *calendar_entry_by_ref(const struct calendar *calendar,
						   const char *ref);

/* Who holds any unit of the space in [start, end), the earliest; `except` (may be NULL) does not
 * count. */
const struct calendar_entry *calendar_holder(const struct calendar *calendar,
					     const struct calendar_space *space, int64_t start,
					     int64_t end, const struct calendar_entry *except);
/*
 * The first start at or after `from` at which the space is free for `length`, and which is before
 * `until`.
 */
bool calendar_next_free(const struct calendar *calendar, const struct calendar_space *space,
			int64_t from, int64_t length, int64_t until, int64_t *ret_start);

/*
 * The one after `previous` (NULL: the first) of those that hold the space within [start, end), in
 * order of start; each comes once however many units it has. NULL at the end.
 */
const struct calendar_entry *calendar_next_entry(const struct calendar *calendar,
						 const struct calendar_space *space, int64_t start,
						 int64_t end,
						 const struct calendar_entry *previous);
/*
 * The same for the bookings of a member: the one after `previous` of those within [start, end), in
 * order of start. They may overlap one another. NULL at the end, and for member 0.
 */
const struct calendar_entry *calendar_next_of_member(const struct calendar *calendar,
						     int64_t member_id, int64_t start, int64_t end,
						     const struct calendar_entry *previous);
