#pragma once

/* What the server says without being asked: shapes, for rpc.discover and the documents. */

#include <stddef.h>

#include "common/field.h"

struct notification {
	const char *name;
	const char *summary; /* one line for people */
	const struct field *fields;
};

extern const struct notification notification_server_draining;
extern const struct notification notification_watch_event;
extern const struct notification notification_watch_lost;
extern const struct notification notification_watch_snapshot;
extern const struct notification notification_watch_tick;

/* All, in order of name; NULL at the end. */
const struct notification *notification_at(size_t index);
