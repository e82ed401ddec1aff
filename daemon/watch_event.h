#pragma once

/*
 * One event as watchers are told it. Made once from the log's event, and written as JSON at most
 * once for each class of viewer however many watch.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/field.h"
#include "common/jsonw.h"
#include "daemon/feed.h"

struct people;

/* What a watcher may know of it. */
enum watch_class {
	WATCH_OTHER, /* an interval of a space is taken or free */
	WATCH_OWN,   /* a colleague: whose it is, and who did it */
	WATCH_STAFF,
	WATCH_CLASSES,
};

enum watch_topic {
	WATCH_BOOKINGS,
	WATCH_BLOCKS,
	WATCH_CATALOGUE, /* the site, its floors, areas and spaces */
	WATCH_TOPICS,
};

extern const char *const watch_topic_names[]; /* NULL-terminated */

struct watch_event {
	int64_t rev;
	enum watch_topic topic;
	int64_t subject;   /* bookings, blocks: of which one; else 0 */
	int64_t tenant_id; /* bookings: whose; 0: nobody's */
	bool moved;	   /* something else was free by it: "was" */
	bool superseded;   /* a later event in the same log tells the whole of its subject */
	struct {
		char *json; /* owns; NULL: nothing is told to this class */
		size_t len;
	} told[WATCH_CLASSES];
};

/*
 * `calendar` has taken the event, or one after it; `people` may be NULL: then nobody is named. The
 * caller owns it; NULL when out of memory, or when the body makes no sense (logged).
 */
struct watch_event *watch_event_new(const struct calendar *calendar, const struct people *people,
				    const struct feed_event *event);
/* Takes NULL, returns NULL. */
struct watch_event *watch_event_free(struct watch_event *event);

/* Whether a booking or block, told by the body of an event, holds its place. */
bool watch_body_holds(const struct cJSON *body);

/* How a viewer sees what belongs to a tenant (0: to nobody). */
enum watch_class watch_class_of(bool staff, int64_t viewer_tenant_id, int64_t tenant_id);

/* What holds a space, for a snapshot. */
void watch_write_held(struct jsonw *w, const struct people *people,
		      const struct calendar_entry *entry, enum watch_class as);

/* Shapes, for rpc.discover. */
extern const struct field watch_event_fields[];
extern const struct field watch_held_fields[];
