/*
 * Events that are only in the database: a watch that begins at an earlier rev is told these page by
 * page, as its client takes them, until the rest is in the site's watch_log. See watch.h.
 */

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/feed.h"
#include "daemon/site.h"
#include "daemon/watch_internal.h"

#define PAGE_EVENTS 256
#define AGAIN_MS    500 /* where a page could not be had */

/* $1 site, $2 behind this rev; with what its booking or block was before. */
static const struct db_statement PAGE = {
	.name = "watch_page",
	.sql = "SELECT e.rev, cowork.us(e.at), e.actor, e.kind, e.subject, e.body,"
	       " CASE WHEN e.kind LIKE '%.created' THEN NULL"
	       " WHEN e.kind LIKE 'booking.%' THEN (SELECT p.body FROM cowork.event p"
	       " WHERE p.site_id = e.site_id AND p.subject = e.subject AND p.kind LIKE 'booking.%'"
	       " AND p.rev < e.rev ORDER BY p.rev DESC LIMIT 1)"
	       " WHEN e.kind LIKE 'block.%' THEN (SELECT p.body FROM cowork.event p"
	       " WHERE p.site_id = e.site_id AND p.subject = e.subject AND p.kind LIKE 'block.%'"
	       " AND p.rev < e.rev ORDER BY p.rev DESC LIMIT 1) END"
	       " FROM (SELECT * FROM cowork.event x WHERE x.site_id = $1::int"
	       " AND x.rev > $2::bigint ORDER BY x.rev LIMIT 256) e ORDER BY e.rev",
	.params = 2,
};

static void on_page(struct db_call *call);

static void on_again(struct timer *timer)
{
	watch_replay(container_of(timer, struct watch, again));
}

void watch_replay(struct watch *watch)
{
	if (watch->asked)
		return;
	watch->asked = true;
	watch->again.fire = on_again;
	snprintf(watch->page_site, sizeof(watch->page_site), "%d", watch->at->site->id);
	snprintf(watch->page_rev, sizeof(watch->page_rev), "%lld", (long long)watch->rev);
	watch->page.statement = &PAGE;
	watch->page.params[0] = watch->page_site;
	watch->page.params[1] = watch->page_rev;
	watch->page.done = on_page;
	db_submit(watch->watches->services->db, DB_READS, &watch->page);
}

/* A cancelled booking held nothing: what comes back is not "moved" from there. */
static struct feed_place read_place(const char *text)
{
	_cleanup_(json_freep) struct cJSON *body = NULL;
	struct json_problem problem;
	struct feed_place place = { .held = true };

	if (!text || json_parse(text, strlen(text), &json_limits_reply, &body, &problem) < 0 ||
	    !watch_body_holds(body) || !json_int(body, "space", &place.space_id) ||
	    !json_int(body, "start", &place.start) || !json_int(body, "end", &place.end))
		return (struct feed_place){ 0 };
	return place;
}

static struct watch_event *read_row(struct watch *watch, const struct calendar *calendar, int row)
{
	_cleanup_(json_freep) struct cJSON *body = NULL;
	const struct db_call *call = &watch->page;
	struct json_problem problem;
	const char *text = db_value(call, row, 5);
	struct feed_event event = { .rev = db_value_int(call, row, 0),
				    .at_usec = db_value_int(call, row, 1),
				    .actor = db_value_int(call, row, 2),
				    .kind = db_value(call, row, 3),
				    .subject = db_value_int(call, row, 4),
				    .was = read_place(db_value(call, row, 6)) };

	if (!text || json_parse(text, strlen(text), &json_limits_reply, &body, &problem) < 0)
		return NULL;
	event.body = body;
	return watch_event_new(calendar, watch->watches->services->people, &event);
}

/* Spaces are never forgotten, so the calendar of now names those of then. */
static size_t read_page(struct watch *watch, const struct calendar *calendar,
			struct watch_event **events)
{
	int count = 0;

	while (count < db_rows(&watch->page) && (events[count] = read_row(watch, calendar, count)))
		count++;
	return (size_t)count;
}

static void on_page(struct db_call *call)
{
	struct watch *watch = container_of(call, struct watch, page);
	const struct calendar *calendar =
		feed_calendar(watch->watches->services->feed, watch->at->site);
	struct watch_event *events[PAGE_EVENTS];
	enum watch_sent sent;
	size_t count;

	watch->asked = false;
	if (watch->loss || !watch_is_allowed(watch)) {
		watch_queue(watch); /* what it asked for is not for it any more: its turn ends it */
		return;
	}
	if (call->status != DB_DONE || !calendar) {
		timer_start(watch->watches->services->loop, &watch->again, AGAIN_MS);
		return;
	}
	count = read_page(watch, calendar, events);
	if (count == 0 || events[count - 1]->rev != watch->rev + (int64_t)count) {
		watch->loss = WATCH_RESET; /* the log is not the one it was begun with */
		sent = WATCH_SENT;
	} else {
		sent = watch_send_page(watch, events, count);
	}
	for (size_t i = 0; i < count; i++)
		watch_event_free(events[i]);
	if (sent != WATCH_GONE)
		watch_queue(watch);
}
