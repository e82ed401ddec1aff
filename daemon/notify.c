/* See notify.h. */

#include "daemon/notify.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/services.h"

/* How often the line is looked at, and how long it stands at least; it counts clients, too. */
#define LOOK_MS 2000
/*
 * While it drains, each look asks for so much more time, and so TimeoutStopSec= need not know
 * limits.drain_timeout, which ends it in any case. A loop that stands still asks for none.
 */
#define EXTEND "EXTEND_TIMEOUT_USEC=10000000"

static void say_status(struct notify *notify)
{
	char text[STATUS_TEXT_MAX];

	if (strcmp(status_text(notify->services, text), notify->said) == 0)
		return;
	strcpy(notify->said, text);
	notify->said_usec = monotonic_now();
	sd_notifyf(0, "STATUS=%s", text);
}

static void on_look(struct timer *timer)
{
	struct notify *notify = container_of(timer, struct notify, timer);

	if (notify->services->draining)
		sd_notify(0, EXTEND);
	say_status(notify);
	timer_start(notify->services->loop, &notify->timer, LOOK_MS);
}

void notify_start(struct notify *notify, struct services *services)
{
	notify->services = services;
	notify->timer.fire = on_look;
	timer_start(services->loop, &notify->timer, 0);
}

void notify_stop(struct notify *notify)
{
	timer_stop(&notify->timer);
}

void notify_changed(struct notify *notify)
{
	if (!notify->services)
		return; /* a start that fails: the database may be heard of all the same */
	if (monotonic_now() - notify->said_usec >= LOOK_MS * USEC_PER_MSEC)
		say_status(notify);
}

void notify_ready(struct notify *notify)
{
	if (!notify->ready)
		sd_notify(0, "READY=1");
	notify->ready = true;
	say_status(notify);
}

void notify_reloading(struct notify *notify)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)monotonic_now());
}

/*
 * READY=1 ends the reload. Before the first good connection it is not true, but there is no other
 * word for the end of a reload, and none that a manager which still waits for the start would hear.
 */
void notify_reloaded(struct notify *notify)
{
	sd_notify(0, "READY=1");
	say_status(notify);
}

void notify_stopping(struct notify *notify)
{
	sd_notify(0, "STOPPING=1\n" EXTEND);
	say_status(notify);
}

void notify_watchdog(struct notify *notify)
{
	sd_notify(0, "WATCHDOG=1");
}
