/* See notification.h. Each is written by its room; the connection itself says server.draining. */

#include "daemon/notification.h"

#include "common/macros.h"

static const struct field draining_fields[] = {
	{ "retry_after_ms", FIELD_INT, 0, .help = "how long to wait before connecting anew" },
	FIELD_END,
};

const struct notification notification_server_draining = {
	.name = "server.draining",
	.summary = "the server is about to stop: requests under way are answered, new ones are not "
		   "read, and the connection is closed",
	.fields = draining_fields,
};

static const struct notification *const all[] = {
	&notification_server_draining, &notification_watch_event, &notification_watch_lost,
	&notification_watch_snapshot,  &notification_watch_tick,
};

const struct notification *notification_at(size_t index)
{
	return index < ARRAY_SIZE(all) ? all[index] : NULL;
}
