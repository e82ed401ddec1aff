/* Sites, those who wait for them, and loading. See feed.h; following is in feed_follow.c. */

#include "daemon/feed.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "daemon/feed_internal.h"
#include "daemon/log.h"

/* $1 site, $2 from which instant on */
static const struct db_statement LOAD = {
	.name = "calendar_load",
	.sql = "SELECT r.what, r.body FROM cowork.calendar_rows r WHERE r.site_id = $1::int"
	       " AND (r.ends IS NULL OR r.ends > cowork.from_us($2::bigint)) ORDER BY r.place, "
	       "r.ends",
	.params = 2,
};

#define FREED_A_TURN 1000 /* entries */

static void load(struct feed_site *fs);

static void set_state(struct feed_site *fs, enum feed_state state)
{
	static const char *const names[] = { "absent", "loading", "live" };

	log_debug("calendar", log_str("site", fs->site->code), log_str("from", names[fs->state]),
		  log_str("to", names[state]));
	fs->state = state;
}

/* ---- waiting ---- */

static void tell(struct feed_wait *wait, const struct calendar *calendar)
{
	feed_forget(wait);
	wait->done(wait, calendar);
}

void feed_forget(struct feed_wait *wait)
{
	if (!wait->waiting)
		return;
	wait->waiting = false;
	timer_stop(&wait->timer);
	loop_cancel(wait->feed->loop, &wait->task);
	TAILQ_REMOVE(&wait->site->waits, wait, entry);
}

static bool is_served(const struct feed_site *fs, const struct feed_wait *wait)
{
	return fs->state == FEED_LIVE && calendar_rev(fs->calendar) >= wait->min_rev;
}

/* Tells all whose rev is reached; whoever is told may take others off the list, or ask anew. */
void feed_serve(struct feed_site *fs)
{
	struct feed_wait *wait;

	do {
		TAILQ_FOREACH (wait, &fs->waits, entry) {
			if (is_served(fs, wait)) {
				tell(wait, fs->calendar);
				break;
			}
		}
	} while (wait);
}

static void fail(struct feed_site *fs)
{
	struct feed_wait *wait;

	while ((wait = TAILQ_FIRST(&fs->waits)))
		tell(wait, NULL);
}

static void on_wait_over(struct timer *timer)
{
	tell(container_of(timer, struct feed_wait, timer), NULL);
}

/* It was here already: told in the next pass, by what is true then. */
static void on_wait_served(struct task *task)
{
	struct feed_wait *wait = container_of(task, struct feed_wait, task);

	if (is_served(wait->site, wait))
		tell(wait, wait->site->calendar);
}

struct feed_site *feed_find(struct feed *feed, int site_id)
{
	struct feed_site *fs;

	TAILQ_FOREACH (fs, &feed->list, entry)
		if (fs->site->id == site_id)
			return fs;
	return NULL;
}

/* By a timer, not a task: others have their turn in between. */
static void free_dropped(struct timer *timer)
{
	struct feed_site *fs = container_of(timer, struct feed_site, freeing);

	fs->dropped = calendar_free_some(fs->dropped, FREED_A_TURN);
	if (fs->dropped)
		timer_start(fs->feed->loop, &fs->freeing, 0);
}

static struct feed_site *make(struct feed *feed, const struct site *site)
{
	struct feed_site *fs = feed_find(feed, site->id);

	if (fs)
		return fs;
	fs = calloc(1, sizeof(*fs));
	if (!fs)
		return NULL;
	fs->feed = feed;
	fs->site = site;
	fs->freeing.fire = free_dropped;
	TAILQ_INIT(&fs->waits);
	TAILQ_INSERT_TAIL(&feed->list, fs, entry);
	return fs;
}

const struct calendar *feed_calendar(struct feed *feed, const struct site *site)
{
	struct feed_site *fs = feed_find(feed, site->id);

	if (!fs || fs->state != FEED_LIVE)
		return NULL;
	fs->asked_usec = monotonic_now();
	return fs->calendar;
}

void feed_doubt(struct feed *feed, const struct site *site, int64_t rev)
{
	struct feed_site *fs = feed_find(feed, site->id);

	if (fs && fs->state == FEED_LIVE && calendar_rev(fs->calendar) > rev)
		feed_reload(fs, "the log is shorter than it was");
}

int feed_want(struct feed *feed, const struct site *site, int64_t min_rev, struct feed_wait *wait)
{
	struct feed_site *fs = make(feed, site);

	if (!fs)
		return -ENOMEM;
	wait->feed = feed;
	wait->min_rev = min_rev;
	wait->site = fs;
	wait->timer.fire = on_wait_over;
	wait->task.run = on_wait_served;
	fs->asked_usec = monotonic_now();
	wait->waiting = true;
	TAILQ_INSERT_TAIL(&fs->waits, wait, entry);
	timer_start(feed->loop, &wait->timer, fs->state == FEED_LIVE ? FEED_WAIT_MS : FEED_LOAD_MS);
	if (fs->state == FEED_ABSENT)
		load(fs);
	else if (is_served(fs, wait))
		loop_defer(feed->loop, &wait->task);
	else
		feed_poll(feed);
	return 0;
}

int feed_keep(struct feed *feed, const struct site *site, bool keep)
{
	struct feed_site *fs = make(feed, site);

	if (!fs)
		return -ENOMEM;
	fs->kept += keep ? 1 : -1;
	assert(fs->kept >= 0);
	fs->asked_usec = monotonic_now();
	if (keep && fs->state == FEED_ABSENT && db_up(feed->db))
		load(fs);
	return 0;
}

/* ---- loading ---- */

static void drop(struct feed_site *fs)
{
	calendar_free(fs->dropped); /* two in so short a time are not for the loop's ease */
	fs->dropped = fs->calendar;
	fs->calendar = NULL;
	timer_start(fs->feed->loop, &fs->freeing, 0);
	set_state(fs, FEED_ABSENT);
}

/* What we know is not what is: begin anew, and let nobody read it meanwhile. */
void feed_reload(struct feed_site *fs, const char *why)
{
	log_error("a calendar was wrong and is loaded again", log_str("site", fs->site->code),
		  log_str("why", why), log_int("rev", calendar_rev(fs->calendar)));
	fs->feed->reloads++;
	drop(fs);
	load(fs);
}

/* Monday 00:00 of the week before this one on the site's clock; a gap there moves it by the gap. */
static int64_t first_day(const struct site *site)
{
	int64_t now = instant_now(), usec;
	struct zone_local local;
	struct civil day;
	int64_t seconds;

	if (!site->zone)
		return now - 14 * 86400 * USEC_PER_SEC;
	zone_to_local(site->zone, now, &local);
	day = (struct civil){ local.civil.year, local.civil.month, local.civil.day, 0, 0, 0 };
	seconds = civil_to_seconds(&day) - ((civil_weekday(&day) + 6) % 7 + 7) * 86400;
	for (int hour = 0; hour < 24; hour++) {
		day = civil_from_seconds(seconds + hour * 3600);
		if (zone_to_instant(site->zone, &day, 0, &usec, NULL) == ZONE_OK)
			return usec;
	}
	return now - 14 * 86400 * USEC_PER_SEC;
}

static void on_row(struct db_call *call)
{
	struct feed_site *fs = container_of(call, struct feed_site, load);
	_cleanup_(json_freep) struct cJSON *body = NULL;
	struct json_problem problem;
	const char *what = db_value(call, 0, 0), *text = db_value(call, 0, 1);

	fs->feed->answers++;
	if (fs->broken)
		return;
	fs->broken = !what || !text ||
		     json_parse(text, strlen(text), &json_limits_reply, &body, &problem) < 0 ||
		     calendar_load_row(fs->calendar, what, body) < 0;
	if (fs->broken)
		log_error("a row of the calendar cannot be used", log_str("site", fs->site->code),
			  log_str("what", what));
}

static void on_loaded(struct db_call *call)
{
	struct feed_site *fs = container_of(call, struct feed_site, load);
	struct feed *feed = fs->feed;

	feed->answers += call->status == DB_DONE || call->status == DB_REFUSED;
	if (call->status != DB_DONE || fs->broken) {
		drop(fs);
		fail(fs);
		return;
	}
	feed->confirmed_usec = monotonic_now();
	log_info("calendar loaded", log_str("site", fs->site->code),
		 log_int("rev", calendar_rev(fs->calendar)),
		 log_int("entries", (int64_t)calendar_count(fs->calendar)));
	set_state(fs, FEED_LIVE);
	feed_tell_reset(fs);
	feed_serve(fs);
	/* What was committed while it was read; and what those wait for who were not served. */
	feed_poll(feed);
}

static void load(struct feed_site *fs)
{
	int64_t from = first_day(fs->site);

	fs->broken = false;
	fs->calendar = calendar_new(from);
	if (!fs->calendar)
		return; /* those who wait are told by their timers */
	calendar_offer_zone(fs->calendar, fs->site->zone);
	set_state(fs, FEED_LOADING);
	snprintf(fs->load_site, sizeof(fs->load_site), "%d", fs->site->id);
	snprintf(fs->load_from, sizeof(fs->load_from), "%lld", (long long)from);
	fs->load.statement = &LOAD;
	fs->load.params[0] = fs->load_site;
	fs->load.params[1] = fs->load_from;
	fs->load.row = on_row;
	fs->load.done = on_loaded;
	db_submit(fs->feed->db, DB_READS, &fs->load);
}

static bool is_idle(const struct feed_site *fs, int64_t now)
{
	return fs->state == FEED_LIVE && fs->kept == 0 && TAILQ_EMPTY(&fs->waits) &&
	       now - fs->asked_usec > FEED_IDLE_MS * USEC_PER_MSEC;
}

void feed_up(struct feed *feed)
{
	struct feed_site *fs;

	TAILQ_FOREACH (fs, &feed->list, entry)
		if (fs->state == FEED_ABSENT && fs->kept > 0)
			load(fs);
}

static void on_timer(struct timer *timer)
{
	struct feed *feed = container_of(timer, struct feed, timer);
	struct feed_site *fs;
	int64_t now = monotonic_now();

	TAILQ_FOREACH (fs, &feed->list, entry)
		if (is_idle(fs, now))
			drop(fs);
	if (db_up(feed->db))
		feed_up(feed);
	feed_poll(feed);
	timer_start(feed->loop, &feed->timer, FEED_POLL_MS);
}

struct feed *feed_new(struct loop *loop, struct db *db, struct sites *sites)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return NULL;
	feed->loop = loop;
	feed->db = db;
	feed->sites = sites;
	feed->ids = BUF_INIT(FEED_SITES_MAX * 12);
	feed->revs = BUF_INIT(FEED_SITES_MAX * 21);
	feed->hashes = BUF_INIT(FEED_SITES_MAX * (SHA256_HEX_MAX + 1));
	TAILQ_INIT(&feed->list);
	LIST_INIT(&feed->followers);
	feed->timer.fire = on_timer;
	timer_start(loop, &feed->timer, FEED_POLL_MS);
	return feed;
}

struct feed *feed_free(struct feed *feed)
{
	struct feed_site *fs;

	if (!feed)
		return NULL;
	timer_stop(&feed->timer);
	db_forget(&feed->poll);
	while ((fs = TAILQ_FIRST(&feed->list))) {
		TAILQ_REMOVE(&feed->list, fs, entry);
		db_forget(&fs->load);
		timer_stop(&fs->freeing);
		calendar_free(fs->dropped);
		calendar_free(fs->calendar);
		free(fs);
	}
	buf_deinit(&feed->ids);
	buf_deinit(&feed->revs);
	buf_deinit(&feed->hashes);
	free(feed);
	return NULL;
}

int64_t feed_stale_ms(const struct feed *feed)
{
	int64_t age = (monotonic_now() - feed->confirmed_usec) / USEC_PER_MSEC;

	return db_up(feed->db) && age <= FEED_STALE_MS ? 0 : age + 1;
}

int64_t feed_live(const struct feed *feed)
{
	const struct feed_site *fs;
	int64_t count = 0;

	TAILQ_FOREACH (fs, &feed->list, entry)
		count += fs->state == FEED_LIVE;
	return count;
}

int64_t feed_reloads(const struct feed *feed)
{
	return feed->reloads;
}

uint64_t feed_answers(const struct feed *feed)
{
	return feed->answers;
}
