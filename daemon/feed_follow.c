/*
 * Following: what our own batches, hints and polls tell is applied to the calendars, in order of
 * rev, each once; then the followers hear of it. See feed.h.
 */

#include "daemon/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/feed_internal.h"
#include "daemon/log.h"

#define EVENTS_MAX 257 /* a poll's rows of one site: the one we know, and what follows it */

/* Only sites whose log is not where we are; with them the event we know, to compare its hash. */
static const struct db_statement POLL = {
	.name = "feed_poll",
	.sql = "SELECT s.site_id, s.rev, encode(s.last_hash, 'hex'), e.rev, e.kind, e.body,"
	       " encode(e.hash, 'hex'), cowork.us(e.at), e.actor, e.subject"
	       " FROM unnest($1::int[], $2::bigint[], $3::text[])"
	       " w (site_id, rev, hash) JOIN cowork.site s ON s.site_id = w.site_id"
	       " LEFT JOIN LATERAL (SELECT x.rev, x.at, x.actor, x.kind, x.subject, x.body,"
	       " x.hash FROM cowork.event x"
	       " WHERE x.site_id = w.site_id AND x.rev >= w.rev ORDER BY x.rev LIMIT 257) e"
	       " ON s.rev > w.rev"
	       " WHERE s.rev <> w.rev OR encode(s.last_hash, 'hex') <> w.hash"
	       " ORDER BY s.site_id, e.rev",
	.params = 3,
};

void feed_follow(struct feed *feed, struct feed_follower *follower)
{
	LIST_INSERT_HEAD(&feed->followers, follower, entry);
}

void feed_unfollow(struct feed_follower *follower)
{
	if (!follower->entry.le_prev)
		return;
	LIST_REMOVE(follower, entry);
	follower->entry.le_prev = NULL;
}

void feed_tell_reset(struct feed_site *fs)
{
	struct feed_follower *follower, *next;

	for (follower = LIST_FIRST(&fs->feed->followers); follower; follower = next) {
		next = LIST_NEXT(follower, entry);
		follower->reset(follower, fs->site, fs->calendar);
	}
}

static struct feed_place place_of(const struct feed_site *fs, const struct feed_event *event)
{
	bool block = strncmp(event->kind, "block.", 6) == 0;
	const struct calendar_entry *entry = calendar_entry(
		fs->calendar, block ? CALENDAR_BLOCK : CALENDAR_BOOKING, event->subject);

	if (!entry || (!block && strncmp(event->kind, "booking.", 8) != 0))
		return (struct feed_place){ 0 };
	return (struct feed_place){ true, entry->space_id, entry->start, entry->end };
}

/*
 * The next event of the log, whoever brought it; one that is known already does nothing. What the
 * operator's log tells of is no calendar's business: it only moves the rev on.
 */
static int take_event(struct feed_site *fs, struct feed_event *event)
{
	struct feed_follower *follower, *next;
	int r;

	if (event->rev <= calendar_rev(fs->calendar))
		return 0;
	event->was = place_of(fs, event);
	r = calendar_apply(fs->calendar, event->rev,
			   fs->site->id == SITE_OPERATOR ? "" : event->kind, event->body);
	if (r < 0)
		return r;
	for (follower = LIST_FIRST(&fs->feed->followers); follower; follower = next) {
		next = LIST_NEXT(follower, entry);
		follower->event(follower, fs->site, event);
	}
	return 0;
}

static int take_text(struct feed_site *fs, struct feed_event *event, const char *text)
{
	_cleanup_(json_freep) struct cJSON *body = NULL;
	struct json_problem problem;
	int r = json_parse(text, strlen(text), &json_limits_reply, &body, &problem);

	event->body = body;
	return r < 0 ? r : take_event(fs, event);
}

void feed_committed(struct feed *feed, int site_id, int64_t rev, const char *hash,
		    const struct cJSON *events)
{
	struct feed_site *fs = feed_find(feed, site_id);
	uint8_t bytes[SHA256_SIZE];

	if (!fs || fs->state != FEED_LIVE || !hash || hex_decode(hash, bytes, sizeof(bytes)) < 0)
		return;
	for (const struct cJSON *item = json_first(events); item; item = json_next(item)) {
		struct feed_event event = { .kind = json_str(item, "kind"),
					    .body = json_get(item, "body") };

		json_int(item, "rev", &event.rev);
		json_int(item, "at", &event.at_usec);
		json_int(item, "actor", &event.actor);
		json_int(item, "subject", &event.subject);
		/* Another instance's events are missing in between: the poll brings them and ours.
		 */
		if (!event.kind || take_event(fs, &event) < 0) {
			feed_poll(feed);
			return;
		}
	}
	if (calendar_rev(fs->calendar) == rev)
		calendar_set_hash(fs->calendar, bytes);
	feed_serve(fs);
}

void feed_hint(struct feed *feed, int site_id, int64_t rev)
{
	struct feed_site *fs = feed_find(feed, site_id);

	if (fs && fs->state == FEED_LIVE && rev > calendar_rev(fs->calendar))
		feed_poll(feed);
}

/* Compares one row with what the poll was asked; why the calendar is wrong, or NULL. */
static const char *take_row(struct feed_site *fs, struct db_call *call, int row)
{
	int64_t site_rev = db_value_int(call, row, 1);
	struct feed_event event = { .rev = db_value_int(call, row, 3),
				    .at_usec = db_value_int(call, row, 7),
				    .actor = db_value_int(call, row, 8),
				    .subject = db_value_int(call, row, 9),
				    .kind = db_value(call, row, 4) };
	const char *body = db_value(call, row, 5), *hex = db_value(call, row, 6);
	uint8_t hash[SHA256_SIZE];

	if (site_rev < fs->sent_rev)
		return "the log is shorter than it was";
	if (site_rev == fs->sent_rev)
		return "the log has another hash";
	if (!event.kind || !body || !hex || hex_decode(hex, hash, sizeof(hash)) < 0)
		return "an event is missing";
	if (event.rev == fs->sent_rev)
		return memcmp(hash, fs->sent_hash, sizeof(hash)) == 0 ? NULL
								      : "the log has another hash";
	if (event.rev <= calendar_rev(fs->calendar))
		return NULL; /* our own, applied meanwhile */
	if (take_text(fs, &event, body) < 0)
		return "an event is missing or makes no sense";
	calendar_set_hash(fs->calendar, hash);
	return NULL;
}

/* The rows of one site stand together. Gives the first row of the next one. */
static int take_site(struct feed *feed, struct db_call *call, int row, bool *more)
{
	int site_id = (int)db_value_int(call, row, 0), first = row;
	struct feed_site *fs = feed_find(feed, site_id);
	const char *why = NULL;

	for (; row < db_rows(call) && db_value_int(call, row, 0) == site_id; row++)
		if (fs && fs->state == FEED_LIVE && fs->sent_rev >= 0 && !why)
			why = take_row(fs, call, row);
	if (row - first >= EVENTS_MAX)
		*more = true;
	if (why)
		feed_reload(fs, why);
	else if (fs && fs->state == FEED_LIVE)
		feed_serve(fs);
	return row;
}

static void on_polled(struct db_call *call)
{
	struct feed *feed = container_of(call, struct feed, poll);
	bool more = feed->again;
	int row = 0;

	feed->polling = false;
	feed->again = false;
	feed->answers += call->status == DB_DONE || call->status == DB_REFUSED;
	if (call->status == DB_DONE) {
		feed->confirmed_usec = monotonic_now();
		while (row < db_rows(call))
			row = take_site(feed, call, row, &more);
		if (more)
			feed_poll(feed);
	}
}

/* One call for all live sites. */
void feed_poll(struct feed *feed)
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
		if (count == FEED_SITES_MAX)
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
	for (; count == FEED_SITES_MAX && passed > 0; passed--) {
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
