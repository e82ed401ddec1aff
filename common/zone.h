#pragma once

/*
 * Time zones from the system's TZif files (RFC 8536), the same that PostgreSQL uses. After the last
 * transition the footer's POSIX TZ rule holds. A wall-clock reading that does not exist is a gap,
 * one that exists twice a fold; neither is ever shifted silently.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/civil.h"

#define ZONE_NAME_MAX 64
#define ZONE_FILE_MAX 524288 /* the largest real one has 3.5 KiB */

struct zone;

struct zone_local {
	struct civil civil;
	int offset; /* seconds east of UTC */
	int fold;   /* 1: the second of two readings; else 0 */
	bool dst;
	char abbrev[16]; /* e.g. "KST" */
};

enum zone_result {
	ZONE_OK,
	ZONE_GAP,   /* the reading does not exist; ret_gap tells where the gap lies */
	ZONE_TWICE, /* the reading exists twice and fold was -1 */
};

struct zone_gap {
	struct civil from; /* first reading that does not exist, e.g. 02:00 */
	struct civil to;   /* first that exists again, e.g. 03:00 */
};

/*
 * Loads a zone by IANA name from `dir` (NULL: /usr/share/zoneinfo). 0; -EINVAL for a name that is
 * not one (absolute, "..", odd characters), -ENOENT where there is no such zone, -EBADMSG for a
 * damaged file, -ENOMEM, or another negative errno of reading.
 */
int zone_load(const char *name, const char *dir, struct zone **ret);
/* The same from bytes in memory (tests, fuzzing). */
int zone_parse(const char *name, const void *data, size_t len, struct zone **ret);
/* One owner more: it is gone when as many have called zone_free(). */
struct zone *zone_ref(struct zone *zone);
/* Takes NULL, returns NULL. */
struct zone *zone_free(struct zone *zone);
const char *zone_name(const struct zone *zone);

/* The wall clock at an instant. Total: every instant has exactly one reading. */
void zone_to_local(const struct zone *zone, int64_t usec, struct zone_local *ret);
/*
 * The instant of a reading. `fold` 0 or 1 chooses where it exists twice (and is ignored elsewhere);
 * -1 refuses to choose. *ret_gap is set with ZONE_GAP; both ret pointers may be NULL.
 */
enum zone_result zone_to_instant(const struct zone *zone, const struct civil *civil, int fold,
				 int64_t *ret_usec, struct zone_gap *ret_gap);
/* The first change of offset after an instant; false if there is none before year 9999. */
bool zone_next_change(const struct zone *zone, int64_t usec, int64_t *ret_usec);
