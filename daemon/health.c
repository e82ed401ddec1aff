/* See health.h. */

#include "daemon/health.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/feed.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/services.h"

/*
 * Without a watchdog; with one it is the watchdog's own time. Above what a batch may take that meets
 * the worst and is given up as it should be: 12 s of a server that does not answer, then three times
 * 5 s for the site's lock.
 */
#define LIMIT_USEC (45 * USEC_PER_SEC)
/* A loop that came back so late did work that should have been cut in pieces. */
#define LATE_USEC USEC_PER_SEC

/* The site whose lane stands still for the longest time; NULL: none does for too long. */
static const struct site *stuck_lane(const struct health *health, bool up, int64_t now,
				     int64_t *ret_usec)
{
	const struct site *stuck = NULL;

	*ret_usec = health->limit_usec;
	for (struct site *site = services_next_site(health->services, NULL); site;
	     site = services_next_site(health->services, site)) {
		int64_t usec = lane_stands_still(site->lane, now, !up);

		if (usec >= *ret_usec) {
			*ret_usec = usec;
			stuck = site;
		}
	}
	return stuck;
}

static bool feed_stuck(struct health *health, bool up, int64_t now)
{
	uint64_t answers = feed_answers(health->services->feed);

	if (!up || answers != health->feed_answers) {
		health->feed_answers = answers;
		health->feed_usec = now;
	}
	return now - health->feed_usec >= health->limit_usec;
}

/* What stands still goes into services->stuck, "" when nothing does. Each look has to be taken. */
static void look(struct health *health, int64_t now)
{
	struct services *services = health->services;
	bool up = db_up(services->db), feed = feed_stuck(health, up, now);
	int64_t usec;
	const struct site *site = stuck_lane(health, up, now, &usec);

	if (site)
		snprintf(services->stuck, sizeof(services->stuck),
			 "%lld changes of %s wait, none has ended for %lld s",
			 (long long)lane_load(site->lane),
			 site->id == SITE_OPERATOR ? "the operator" : site->code,
			 (long long)(usec / USEC_PER_SEC));
	else if (feed)
		snprintf(services->stuck, sizeof(services->stuck),
			 "the database has not answered the feed for %lld s",
			 (long long)((now - health->feed_usec) / USEC_PER_SEC));
	else
		services->stuck[0] = '\0';
}

static void start_timer(struct health *health, int64_t now)
{
	health->due_usec = now + health->limit_usec / 2;
	timer_start(health->services->loop, &health->timer, health->limit_usec / 2 / USEC_PER_MSEC);
}

static void on_look(struct timer *timer)
{
	struct health *health = container_of(timer, struct health, timer);
	struct services *services = health->services;
	int64_t now = monotonic_now(), late = now - health->due_usec;
	bool was_stuck = *services->stuck != '\0';

	if (late > LATE_USEC)
		log_warning("the loop was away", log_int("ms", late / USEC_PER_MSEC));
	look(health, now);
	if (*services->stuck)
		log_error(health->watchdog ? "no progress; the watchdog is not fed" : "no progress",
			  log_str("what", services->stuck));
	else if (was_stuck)
		log_notice("progress again");
	if (!*services->stuck && health->watchdog)
		notify_watchdog(health->notify);
	if (*services->stuck || was_stuck)
		notify_changed(health->notify);
	start_timer(health, now);
}

void health_start(struct health *health, struct services *services, struct notify *notify)
{
	uint64_t usec = 0;

	health->services = services;
	health->notify = notify;
	health->watchdog = sd_watchdog_enabled(0, &usec) > 0;
	health->limit_usec = health->watchdog ? (int64_t)usec : LIMIT_USEC;
	health->feed_usec = monotonic_now();
	health->timer.fire = on_look;
	if (health->watchdog)
		notify_watchdog(notify);
	start_timer(health, health->feed_usec);
}

void health_stop(struct health *health)
{
	timer_stop(&health->timer);
}
