/* Life and turns of watches. See watch.h; what they are told is written in watch_send.c. */

#include "daemon/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/auth.h"
#include "daemon/feed.h"
#include "daemon/log.h"
#include "daemon/request.h"
#include "daemon/watch_internal.h"

#define TURNS 8 /* watches served in one pass of the loop */

/* ---- who may know what ---- */

enum watch_class watch_class(const struct watch *watch, int64_t tenant_id)
{
	return watch_class_of(actor_is_staff(watch->actor), watch->actor->tenant_id, tenant_id);
}

/* Looked at before anything is told: whoever logged out, or in as somebody else, hears no more. */
bool watch_is_allowed(const struct watch *watch)
{
	const struct actor *actor = watch->actor;

	return watch->session->actor == actor && actor->expires_usec > instant_now() &&
	       may(actor, "watch.start", watch->at->site) != SCOPE_NONE;
}

/* ---- the end ---- */

static void site_free(struct watches *watches, struct watch_site *at)
{
	feed_keep(watches->services->feed, at->site, false);
	TAILQ_REMOVE(&watches->sites, at, entry);
	watch_log_free(at->log);
	free(at);
}

static void watch_free(struct watch *watch)
{
	struct watches *watches = watch->watches;

	if (watch->queued)
		TAILQ_REMOVE(&watches->ready, watch, ready);
	LIST_REMOVE(watch, of_site);
	LIST_REMOVE(watch, of_session);
	if (LIST_EMPTY(&watch->at->watches))
		site_free(watches, watch->at);
	db_forget(&watch->page);
	timer_stop(&watch->again);
	actor_unref(watch->actor);
	watches->count--;
	free(watch);
}

static struct watch *find(const struct session *session, int64_t number)
{
	struct watch *watch;

	LIST_FOREACH (watch, &session->outlet.watches, of_session)
		if (watch->number == number)
			return watch;
	return NULL;
}

bool watches_stop(struct session *session, int64_t number)
{
	struct watch *watch = find(session, number);

	if (watch)
		watch_free(watch);
	return watch;
}

void watches_leave(struct session *session)
{
	struct watch *watch;

	while ((watch = LIST_FIRST(&session->outlet.watches)))
		watch_free(watch);
}

/* ---- turns ---- */

void watch_queue(struct watch *watch)
{
	struct watches *watches = watch->watches;

	if (watch->queued)
		return;
	watch->queued = true;
	TAILQ_INSERT_TAIL(&watches->ready, watch, ready);
	if (!timer_running(&watches->turns))
		timer_start(watches->services->loop, &watches->turns, 0);
}

void watches_revoke(struct session *session)
{
	struct watch *watch;

	LIST_FOREACH (watch, &session->outlet.watches, of_session) {
		watch->loss = WATCH_REVOKED;
		watch_queue(watch);
	}
}

void watches_resume(struct session *session)
{
	struct watch *watch;

	LIST_FOREACH (watch, &session->outlet.watches, of_session)
		if (watch->stalled)
			watch_queue(watch);
}

static void end(struct watch *watch)
{
	log_info("watch lost", log_str("peer", watch->session->peer),
		 log_str("site", watch->at->site->code),
		 log_str("why", watch_loss_names[watch->loss - WATCH_SLOW]),
		 log_int("rev", watch->rev));
	watch->watches->lost++;
	if (watch_send_lost(watch) != WATCH_GONE)
		watch_free(watch);
}

static enum watch_sent serve_live(struct watch *watch)
{
	enum watch_sent sent = watch_send_events(watch);

	if (sent == WATCH_NOTHING && watch->snapshot)
		sent = watch_send_part(watch);
	if (sent == WATCH_NOTHING && watch->tick)
		sent = watch_send_tick(watch);
	return sent;
}

/* One line at most; then the others have their turn. */
static void serve(struct watch *watch)
{
	struct outlet *outlet = &watch->session->outlet;

	if (!watch_is_allowed(watch))
		watch->loss = WATCH_REVOKED;
	if (watch->loss) {
		end(watch);
		return;
	}
	watch->stalled = !outlet->has_room(outlet);
	if (watch->stalled)
		return; /* watches_resume() */
	if (watch->replaying && watch_log_is_whole(watch->at->log, watch->rev))
		watch->replaying = false;
	if (watch->replaying)
		watch_replay(watch);
	else if (serve_live(watch) == WATCH_SENT)
		watch_queue(watch);
}

static void on_turns(struct timer *timer)
{
	struct watches *watches = container_of(timer, struct watches, turns);
	struct watch *watch;

	for (int i = 0; i < TURNS && (watch = TAILQ_FIRST(&watches->ready)); i++) {
		TAILQ_REMOVE(&watches->ready, watch, ready);
		watch->queued = false;
		serve(watch); /* may free it, and others of its connection */
	}
	if (!TAILQ_EMPTY(&watches->ready))
		timer_start(watches->services->loop, timer, 0);
}

static void on_tick(struct timer *timer)
{
	struct watches *watches = container_of(timer, struct watches, tick);
	struct watch_site *at;
	struct watch *watch;

	TAILQ_FOREACH (at, &watches->sites, entry) {
		LIST_FOREACH (watch, &at->watches, of_site) {
			watch->tick = true;
			watch_queue(watch);
		}
	}
	timer_start(watches->services->loop, timer, watches->services->config->watch_tick);
}

/* ---- following ---- */

static struct watch_site *find_site(struct watches *watches, const struct site *site)
{
	struct watch_site *at;

	TAILQ_FOREACH (at, &watches->sites, entry)
		if (at->site == site)
			return at;
	return NULL;
}

static int64_t seen_by_all(const struct watch_site *at)
{
	const struct watch *watch;
	int64_t seen = INT64_MAX;

	LIST_FOREACH (watch, &at->watches, of_site)
		if (!watch->replaying && watch->rev < seen)
			seen = watch->rev;
	return seen;
}

/* Who replays is told by the database what is not here any more. */
static bool has_lost(const struct watch *watch)
{
	return !watch->replaying &&
	       !watch_log_reaches(watch->at->log, watch->rev, !actor_is_staff(watch->actor));
}

/* What a site's watches were told does not lead to its calendar of now. They end at their turn; who
 * begins before the last of them went finds the log as it is to be. */
static void start_over(struct watch_site *at, const struct calendar *calendar)
{
	struct watch *watch;

	LIST_FOREACH (watch, &at->watches, of_site) {
		watch->loss = WATCH_RESET;
		watch_queue(watch);
	}
	at->seen = calendar_rev(calendar);
	watch_log_restart(at->log, at->seen);
}

/* Nothing is sent from here: whoever brought the event is not to wait for it. */
static void on_event(struct feed_follower *follower, const struct site *site,
		     const struct feed_event *source)
{
	struct watches *watches = container_of(follower, struct watches, follower);
	struct watch_site *at = find_site(watches, site);
	const struct calendar *calendar = feed_calendar(watches->services->feed, site);
	struct watch_event *event;
	struct watch *watch;

	if (!at)
		return;
	event = watch_event_new(calendar, watches->services->people, source);
	if (!event) {
		start_over(at, calendar);
		return;
	}
	if (watch_log_is_full(at->log) && watch_log_first(at->log) > at->seen)
		at->seen = seen_by_all(at);
	watch_log_add(at->log, event, at->seen);
	LIST_FOREACH (watch, &at->watches, of_site) {
		if (!watch->loss && has_lost(watch))
			watch->loss = WATCH_SLOW;
		watch_queue(watch);
	}
}

static void on_reset(struct feed_follower *follower, const struct site *site,
		     const struct calendar *calendar)
{
	struct watches *watches = container_of(follower, struct watches, follower);
	struct watch_site *at = find_site(watches, site);

	if (at)
		start_over(at, calendar);
}

/* ---- the beginning ---- */

static struct watch_site *make_site(struct watches *watches, const struct site *site)
{
	const struct calendar *calendar = feed_calendar(watches->services->feed, site);
	struct watch_site *at = find_site(watches, site);

	if (at || !calendar)
		return at;
	at = calloc(1, sizeof(*at));
	if (!at)
		return NULL;
	at->site = site;
	at->seen = calendar_rev(calendar);
	at->log = watch_log_new(at->seen, (size_t)watches->services->config->watch_queue);
	if (!at->log || feed_keep(watches->services->feed, site, true) < 0) {
		watch_log_free(at->log);
		free(at);
		return NULL;
	}
	LIST_INIT(&at->watches);
	TAILQ_INSERT_TAIL(&watches->sites, at, entry);
	return at;
}

int64_t watches_start(struct watches *watches, struct session *session,
		      const struct watch_wish *wish)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct watch_site *at = watch ? make_site(watches, wish->site) : NULL;

	if (!at) {
		free(watch);
		return -ENOMEM;
	}
	watch->watches = watches;
	watch->at = at;
	watch->session = session;
	watch->actor = actor_ref(wish->actor);
	watch->number = ++session->outlet.last_watch;
	memcpy(watch->topics, wish->topics, sizeof(watch->topics));
	watch->replaying = wish->resumes;
	watch->snapshot = !wish->resumes;
	watch->from_usec = wish->from_usec;
	watch->rev = wish->resumes
			     ? wish->since_rev
			     : calendar_rev(feed_calendar(watches->services->feed, wish->site));
	LIST_INSERT_HEAD(&at->watches, watch, of_site);
	LIST_INSERT_HEAD(&session->outlet.watches, watch, of_session);
	watches->count++;
	watch_queue(watch);
	return watch->number;
}

struct watches *watches_new(struct services *services)
{
	struct watches *watches = calloc(1, sizeof(*watches));

	if (!watches)
		return NULL;
	watches->services = services;
	watches->line = BUF_INIT(REQUEST_REPLY_MAX);
	TAILQ_INIT(&watches->sites);
	TAILQ_INIT(&watches->ready);
	watches->turns.fire = on_turns;
	watches->tick.fire = on_tick;
	watches->follower.event = on_event;
	watches->follower.reset = on_reset;
	feed_follow(services->feed, &watches->follower);
	timer_start(services->loop, &watches->tick, services->config->watch_tick);
	return watches;
}

struct watches *watches_free(struct watches *watches)
{
	if (!watches)
		return NULL;
	feed_unfollow(&watches->follower);
	timer_stop(&watches->tick);
	timer_stop(&watches->turns);
	buf_deinit(&watches->line);
	free(watches);
	return NULL;
}

int64_t watches_of(const struct session *session)
{
	const struct watch *watch;
	int64_t count = 0;

	LIST_FOREACH (watch, &session->outlet.watches, of_session)
		count++;
	return count;
}

int64_t watches_events(const struct watches *watches)
{
	const struct watch_site *at;
	int64_t count = 0;

	TAILQ_FOREACH (at, &watches->sites, entry)
		count += (int64_t)watch_log_count(at->log);
	return count;
}

int64_t watches_count(const struct watches *watches)
{
	return watches->count;
}

int64_t watches_lost(const struct watches *watches)
{
	return watches->lost;
}
