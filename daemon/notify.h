#pragma once

/*
 * What the service manager is told, by sd_notify(3): READY=1 once, RELOADING=1 and READY=1 around
 * a reload, STOPPING=1, WATCHDOG=1, and the STATUS line whenever it says something else. Without a
 * NOTIFY_SOCKET nothing is said.
 */

#include "daemon/loop.h"
#include "daemon/status.h"

struct services;

struct notify {
	struct services *services; /* borrows */
	struct timer timer;
	int64_t said_usec; /* monotonic */
	char said[STATUS_TEXT_MAX];
	bool ready;
};

/* Embedded; from here on the STATUS line is kept current. */
void notify_start(struct notify *notify, struct services *services);
void notify_stop(struct notify *notify);

/* Something happened that the STATUS line tells of: at once, unless it was said a moment ago. */
void notify_changed(struct notify *notify);
/* It serves; only the first time counts. */
void notify_ready(struct notify *notify);
void notify_reloading(struct notify *notify);
void notify_reloaded(struct notify *notify);
/* From here on the time to stop is extended for as long as the loop turns. */
void notify_stopping(struct notify *notify);
/* All is well: call it more often than the watchdog's time. */
void notify_watchdog(struct notify *notify);
