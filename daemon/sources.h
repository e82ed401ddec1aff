#pragma once

/*
 * How many connections come from each source (throttle.h: an IPv4 address, an IPv6 /64), counted as
 * they come and go: who is let in is asked at each accept, and a flood must not make that dearer. As
 * many entries as there are sources with a connection. The hash has a secret of its own, so that
 * nobody can choose addresses that are looked for in one place. All zero is empty.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/throttle.h"

struct source_entry;

struct sources {
	struct source_entry **buckets; /* owns */
	size_t size;		       /* of them: a power of two, or 0 */
	size_t used;		       /* entries */
	uint64_t secret;	       /* odd */
};

/* Counts one more. 0, -ENOMEM or, without random bytes, -EIO: nothing is counted. */
int sources_enter(struct sources *sources, const struct throttle_source *source);
/* One less of a source that was counted. */
void sources_leave(struct sources *sources, const struct throttle_source *source);
int64_t sources_count(const struct sources *sources, const struct throttle_source *source);
/* Empty again, whoever is counted. */
void sources_deinit(struct sources *sources);
