/* See feed.h. */

#include "daemon/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "daemon/log.h"

#define EVENTS_MAX 257 /* a poll's rows of one site: the one we know, and what follows it */
#define SITES_MAX  512 /* of one poll; more take turns */

enum feed_state {
	FEED_ABSENT,
	FEED_LOADING,
	FEED_LIVE,
};

struct feed_site {
	struct feed *feed; /* borrows */
	const struct site *site;
	enum feed_state state;
	struct calendar *calendar; /* owns; LOADING: being filled, LIVE: in use */
	bool broken;		   /* LOADING: a row made no sense */
	int64_t asked_usec;	   /* when somebody last wanted it */
	/* What the poll under way was asked about. */
	int64_t sent_rev;
	uint8_t sent_hash[SHA256_SIZE];
	struct db_call load;
	char load_site[16], load_from[24];
	TAILQ_HEAD(, feed_wait) waits;
	TAILQ_ENTRY(feed_site) entry;
};

struct feed {
	struct loop *loop; /* borrows */
	struct db *db;	   /* borrows */
	struct sites *sites;
	TAILQ_HEAD(, feed_site) list;
	struct timer timer;
	struct db_call poll;
	bool polling;
	bool again; /* a hint came while polling */
	struct buf ids, revs, hashes;
	int64_t confirmed_usec; /* monotonic: the last poll or load that succeeded */
	int64_t reloads;
};

/* $1 site, $2 from which instant on */
static const struct db_statement LOAD = {
	.name = "calendar_load",
	.sql = "SELECT r.what, r.body FROM cowork.calendar_rows r WHERE r.site_id = $1::int"
	       " AND (r.ends IS NULL OR r.ends > cowork.from_us($2::bigint)) ORDER BY r.place",
	.params = 2,
};

/* Only sites whose log is not where we are; with them the event we know, to compare its hash. */
static const struct db_statement POLL = {
	.name = "feed_poll",
	.sql = "SELECT s.site_id, s.rev, encode(s.last_hash, 'hex'), e.rev, e.kind, e.body,"
	       " encode(e.hash, 'hex') FROM unnest($1::int[], $2::bigint[], $3::text[])"
	       " w (site_id, rev, hash) JOIN cowork.site s ON s.site_id = w.site_id"
	       " LEFT JOIN LATERAL (SELECT x.rev, x.kind, x.body, x.hash FROM cowork.event x"
	       " WHERE x.site_id = w.site_id AND x.rev >= w.rev ORDER BY x.rev LIMIT 257) e"
	       " ON s.rev > w.rev"
	       " WHERE s.rev <> w.rev OR encode(s.last_hash, 'hex') <> w.hash"
	       " ORDER BY s.site_id, e.rev",
	.params = 3,
};

static void load(struct feed_site *fs);
static void poll_now(struct feed *feed);

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
static void serve(struct feed_site *fs)
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

static struct feed_site *find(struct feed *feed, int site_id)
{
	struct feed_site *fs;

	TAILQ_FOREACH (fs, &feed->list, entry)
		if (fs->site->id == site_id)
			return fs;
	return NULL;
}

static struct feed_site *make(struct feed *feed, const struct site *site)
{
	struct feed_site *fs = find(feed, site->id);

	if (fs)
		return fs;
	fs = calloc(1, sizeof(*fs));
	if (!fs)
		return NULL;
	fs->feed = feed;
	fs->site = site;
	TAILQ_INIT(&fs->waits);
	TAILQ_INSERT_TAIL(&feed->list, fs, entry);
	return fs;
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
		poll_now(feed);
	return 0;
}

/* ---- loading ---- */

static void drop(struct feed_site *fs)
{
	fs->calendar = calendar_free(fs->calendar);
	set_state(fs, FEED_ABSENT);
}

/* What we know is not what is: begin anew, and let nobody read it meanwhile. */
static void reload(struct feed_site *fs, const char *why)
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
	serve(fs);
	/* What was committed while it was read; and what those wait for who were not served. */
	poll_now(feed);
}

static void load(struct feed_site *fs)
{
	int64_t from = first_day(fs->site);

	fs->broken = false;
	fs->calendar = calendar_new(from);
	if (!fs->calendar)
		return; /* those who wait are told by their timers */
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

/* ---- following ---- */

static int apply_text(struct calendar *calendar, int64_t rev, const char *kind, const char *text)
{
	_cleanup_(json_freep) struct cJSON *body = NULL;
	struct json_problem problem;
	int r = json_parse(text, strlen(text), &json_limits_reply, &body, &problem);

	return r < 0 ? r : calendar_apply(calendar, rev, kind, body);
}

void feed_committed(struct feed *feed, int site_id, int64_t rev, const char *hash,
		    const struct cJSON *events)
{
	struct feed_site *fs = find(feed, site_id);
	uint8_t bytes[SHA256_SIZE];

	if (!fs || fs->state != FEED_LIVE || !hash || hex_decode(hash, bytes, sizeof(bytes)) < 0)
		return;
	for (const struct cJSON *event = json_first(events); event; event = json_next(event)) {
		int64_t at = 0;

		json_int(event, "rev", &at);
		/* Another instance's events are missing in between: the poll brings them and ours.
		 */
		if (calendar_apply(fs->calendar, at, json_str(event, "kind"),
				   json_get(event, "body")) < 0) {
			poll_now(feed);
			return;
		}
	}
	if (calendar_rev(fs->calendar) == rev)
		calendar_set_hash(fs->calendar, bytes);
	serve(fs);
}

void feed_hint(struct feed *feed, int site_id, int64_t rev)
{
	struct feed_site *fs = find(feed, site_id);

	if (fs && fs->state == FEED_LIVE && rev > calendar_rev(fs->calendar))
		poll_now(feed);
}

/* Compares one row with what the poll was asked; why the calendar is wrong, or NULL. */
static const char *take_row(struct feed_site *fs, struct db_call *call, int row)
{
	int64_t site_rev = db_value_int(call, row, 1), rev = db_value_int(call, row, 3);
	const char *kind = db_value(call, row, 4), *body = db_value(call, row, 5);
	const char *hex = db_value(call, row, 6);
	uint8_t hash[SHA256_SIZE];

	if (site_rev < fs->sent_rev)
		return "the log is shorter than it was";
	if (site_rev == fs->sent_rev)
		return "the log has another hash";
	if (!kind || !body || !hex || hex_decode(hex, hash, sizeof(hash)) < 0)
		return "an event is missing";
	if (rev == fs->sent_rev)
		return memcmp(hash, fs->sent_hash, sizeof(hash)) == 0 ? NULL
								      : "the log has another hash";
	if (rev <= calendar_rev(fs->calendar))
		return NULL; /* our own, applied meanwhile */
	if (apply_text(fs->calendar, rev, kind, body) < 0)
		return "an event is missing or makes no sense";
	calendar_set_hash(fs->calendar, hash);
	return NULL;
}

/* The rows of one site stand together. Gives the first row of the next one. */
static int take_site(struct feed *feed, struct db_call *call, int row, bool *more)
{
	int site_id = (int)db_value_int(call, row, 0), first = row;
	struct feed_site *fs = find(feed, site_id);
	const char *why = NULL;

	for (; row < db_rows(call) && db_value_int(call, row, 0) == site_id; row++)
		if (fs && fs->state == FEED_LIVE && fs->sent_rev >= 0 && !why)
			why = take_row(fs, call, row);
	if (row - first >= EVENTS_MAX)
		*more = true;
	if (why)
		reload(fs, why);
	else if (fs && fs->state == FEED_LIVE)
		serve(fs);
	return row;
}

static void on_polled(struct db_call *call)
{
	struct feed *feed = container_of(call, struct feed, poll);
	bool more = feed->again;
	int row = 0;

	feed->polling = false;
	feed->again = false;
	if (call->status == DB_DONE) {
		feed->confirmed_usec = monotonic_now();
		while (row < db_rows(call))
			row = take_site(feed, call, row, &more);
		if (more)
			poll_now(feed);
	}
}

/* One call for all live sites. */
static void poll_now(struct feed *feed)
{
	struct feed_site *fs;
	char hex[SHA256_HEX_MAX];
	int count = 0, passed = 0;

	if (feed->polling) {
		feed->again = true;
		return;
	}
	buf_reset(&feed->ids);
	buf_reset(&feed->revs);
	buf_reset(&feed->hashes);
	TAILQ_FOREACH (fs, &feed->list, entry) {
		fs->sent_rev = -1; /* not asked about */
		if (count == SITES_MAX)
			continue;
		passed++;
		if (fs->state != FEED_LIVE)
			continue;
		fs->sent_rev = calendar_rev(fs->calendar);
		memcpy(fs->sent_hash, calendar_hash(fs->calendar), SHA256_SIZE);
		hex_encode(fs->sent_hash, SHA256_SIZE, hex);
		buf_printf(&feed->ids, "%c%d", count ? ',' : '{', fs->site->id);
		buf_printf(&feed->revs, "%c%lld", count ? ',' : '{', (long long)fs->sent_rev);
		buf_printf(&feed->hashes, "%c%s", count ? ',' : '{', hex);
		count++;
	}
	/* Those that were asked about stand last the next time. */
	for (; count == SITES_MAX && passed > 0; passed--) {
		fs = TAILQ_FIRST(&feed->list);
		TAILQ_REMOVE(&feed->list, fs, entry);
		TAILQ_INSERT_TAIL(&feed->list, fs, entry);
	}
	buf_add_char(&feed->ids, '}');
	buf_add_char(&feed->revs, '}');
	buf_add_char(&feed->hashes, '}');
	if (count == 0 || feed->ids.failed || feed->revs.failed || feed->hashes.failed)
		return;
	feed->polling = true;
	feed->poll.statement = &POLL;
	feed->poll.params[0] = feed->ids.data;
	feed->poll.params[1] = feed->revs.data;
	feed->poll.params[2] = feed->hashes.data;
	feed->poll.done = on_polled;
	db_submit(feed->db, DB_READS, &feed->poll);
}

static bool is_idle(const struct feed_site *fs, int64_t now)
{
	return fs->state == FEED_LIVE && TAILQ_EMPTY(&fs->waits) &&
	       now - fs->asked_usec > FEED_IDLE_MS * USEC_PER_MSEC;
}

static void on_timer(struct timer *timer)
{
	struct feed *feed = container_of(timer, struct feed, timer);
	struct feed_site *fs;
	int64_t now = monotonic_now();

	TAILQ_FOREACH (fs, &feed->list, entry)
		if (is_idle(fs, now))
			drop(fs);
	poll_now(feed);
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
	feed->ids = BUF_INIT(SITES_MAX * 12);
	feed->revs = BUF_INIT(SITES_MAX * 21);
	feed->hashes = BUF_INIT(SITES_MAX * (SHA256_HEX_MAX + 1));
	TAILQ_INIT(&feed->list);
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
