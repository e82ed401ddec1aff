/* What is told to one watcher: lines from events, the calendar, the clock. See watch.h. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/field.h"
#include "common/macros.h"
#include "common/rpc.h"
#include "daemon/feed.h"
#include "daemon/notification.h"
#include "daemon/request.h"
#include "daemon/watch_internal.h"

#define LINE_SOFT  32768 /* a line ends behind the first value beyond it */
#define SPACE_MAX  (REQUEST_REPLY_MAX - 65536)
#define EVENTS_MAX 256 /* of one line */

const char *const watch_loss_names[] = { "slow", "reset", "revoked", NULL };

/* ---- lines ---- */

static struct jsonw begin(struct watch *watch, const char *name)
{
	struct jsonw w = JSONW_INIT(&watch->watches->line);

	buf_reset(w.out);
	rpc_notification_begin(&w, name);
	jsonw_object(&w);
	jsonw_kint(&w, "watch", watch->number);
	return w;
}

/* The line takes the watch along where it closes the connection. */
static enum watch_sent finish(struct watch *watch, struct jsonw *w)
{
	struct outlet *outlet = &watch->session->outlet;

	jsonw_kint(w, "rev", watch->rev);
	jsonw_object_end(w);
	rpc_end(w);
	if (w->out->failed)
		return WATCH_NOTHING;
	return outlet->send(outlet, w->out->data, w->out->len) ? WATCH_SENT : WATCH_GONE;
}

/* ---- events ---- */

static bool write_event(struct watch *watch, struct jsonw *w, const struct watch_event *event)
{
	enum watch_class as = watch_class(watch, event->tenant_id);

	if (!watch->topics[event->topic])
		return false;
	jsonw_raw(w, event->told[as].json, event->told[as].len);
	return true;
}

static enum watch_sent finish_events(struct watch *watch, struct jsonw *w, size_t count)
{
	jsonw_array_end(w);
	if (watch->skipped > 0)
		jsonw_kint(w, "skipped", watch->skipped);
	if (count == 0)
		return WATCH_NOTHING;
	watch->skipped = 0;
	return finish(watch, w);
}

enum watch_sent watch_send_events(struct watch *watch)
{
	const struct watch_log *log = watch->at->log;
	const struct watch_event *event = watch_log_after(log, watch->rev);
	struct jsonw w = begin(watch, "watch.event");
	size_t count = 0;

	jsonw_key(&w, "events");
	jsonw_array(&w);
	while (event && count < EVENTS_MAX && w.out->len < LINE_SOFT) {
		count += write_event(watch, &w, event);
		watch->skipped += event->rev - watch->rev - 1;
		watch->rev = event->rev;
		event = watch_log_after(log, watch->rev);
	}
	return finish_events(watch, &w, count);
}

enum watch_sent watch_send_page(struct watch *watch, struct watch_event *const *events,
				size_t count)
{
	enum watch_sent sent = WATCH_NOTHING;

	for (size_t i = 0; i < count && sent != WATCH_GONE;) {
		struct jsonw w = begin(watch, "watch.event");
		size_t written = 0;

		jsonw_key(&w, "events");
		jsonw_array(&w);
		for (; i < count && w.out->len < LINE_SOFT; i++) {
			written += write_event(watch, &w, events[i]);
			watch->rev = events[i]->rev;
		}
		sent = finish_events(watch, &w, written);
	}
	return sent;
}

/* ---- the snapshot ---- */

static bool shares_unit(const struct calendar_space *a, const struct calendar_space *b)
{
	for (size_t i = 0; i < a->unit_count; i++)
		for (size_t j = 0; j < b->unit_count; j++)
			if (a->unit_ids[i] == b->unit_ids[j])
				return true;
	return false;
}

/* What is taken with it: a client that knows this needs no events of their own for these. */
static void write_shares(struct jsonw *w, const struct calendar *calendar,
			 const struct calendar_space *space)
{
	bool any = false;

	for (size_t i = 0; i < calendar_space_count(calendar); i++) {
		const struct calendar_space *other = calendar_space_at(calendar, i);

		if (other == space || other->retired || !shares_unit(space, other))
			continue;
		if (!any) {
			jsonw_key(w, "shares");
			jsonw_array(w);
		}
		any = true;
		jsonw_str(w, other->code);
	}
	if (any)
		jsonw_array_end(w);
}

static void write_space(struct watch *watch, struct jsonw *w, const struct calendar *calendar,
			const struct calendar_space *space)
{
	const struct calendar_entry *entry = NULL;

	jsonw_object(w);
	jsonw_kstr(w, "space", space->code);
	write_shares(w, calendar, space);
	jsonw_key(w, "held");
	jsonw_array(w);
	while (w->out->len < SPACE_MAX &&
	       (entry = calendar_next_entry(calendar, space, watch->from_usec, INT64_MAX, entry))) {
		bool block = entry->type == CALENDAR_BLOCK;

		/* What holds it through a unit that it shares is told with the space booked. */
		if (entry->space_id == space->id &&
		    watch->topics[block ? WATCH_BLOCKS : WATCH_BOOKINGS])
			watch_write_held(w, watch->watches->services->people, entry,
					 watch_class(watch, entry->tenant_id));
	}
	jsonw_array_end(w);
	if (entry)
		jsonw_kbool(w, "truncated", true);
	jsonw_object_end(w);
}

/* As of the watch's rev: all events up to the calendar's were told before. */
enum watch_sent watch_send_part(struct watch *watch)
{
	const struct calendar *calendar =
		feed_calendar(watch->watches->services->feed, watch->at->site);
	struct jsonw w = begin(watch, "watch.snapshot");
	size_t i = 0, count;

	if (!calendar)
		return WATCH_NOTHING;
	count = calendar_space_count(calendar);
	while (i < count && strcasecmp(calendar_space_at(calendar, i)->code, watch->after) <= 0)
		i++;
	jsonw_key(&w, "spaces");
	jsonw_array(&w);
	for (; i < count && w.out->len < LINE_SOFT; i++) {
		const struct calendar_space *space = calendar_space_at(calendar, i);

		if (!space->retired)
			write_space(watch, &w, calendar, space);
		snprintf(watch->after, sizeof(watch->after), "%s", space->code);
	}
	jsonw_array_end(&w);
	jsonw_kint(&w, "part", ++watch->part);
	jsonw_kbool(&w, "last", i == count);
	watch->snapshot = i < count;
	return finish(watch, &w);
}

/* ---- the rest ---- */

enum watch_sent watch_send_tick(struct watch *watch)
{
	int64_t stale = feed_stale_ms(watch->watches->services->feed);
	struct jsonw w = begin(watch, "watch.tick");

	watch->tick = false;
	if (stale > 0)
		jsonw_kint(&w, "stale_ms", stale);
	return finish(watch, &w);
}

enum watch_sent watch_send_lost(struct watch *watch)
{
	struct jsonw w = begin(watch, "watch.lost");

	jsonw_kstr(&w, "reason", watch_loss_names[watch->loss - WATCH_SLOW]);
	return finish(watch, &w);
}

/* ---- shapes ---- */

static const struct field space_fields[] = {
	{ "space", FIELD_CODE, 0 },
	{ "shares", FIELD_CODES, 0, .help = "spaces that are taken with it, and it with them" },
	{ "held", FIELD_OBJECTS, 0, .fields = watch_held_fields },
	{ "truncated", FIELD_BOOL, 0, .help = "more is held than one line has room for" },
	FIELD_END,
};

#define COMMON_FIELDS                                                                              \
	{ "watch", FIELD_INT, 0, .help = "as watch.start gave it" },                               \
	{                                                                                          \
		"rev", FIELD_INT, 0, .help = "of the site; all up to it has been told now"         \
	}

static const struct field event_fields[] = {
	COMMON_FIELDS,
	{ "events", FIELD_OBJECTS, 0, .fields = watch_event_fields, .help = "in order of rev" },
	{ "skipped", FIELD_INT, 0,
	  .help = "earlier states that were left out because the client took too long" },
	FIELD_END,
};

static const struct field snapshot_fields[] = {
	COMMON_FIELDS,
	{ "part", FIELD_INT, 0, .help = "from 1" },
	{ "last", FIELD_BOOL, 0 },
	{ "spaces", FIELD_OBJECTS, 0, .fields = space_fields, .help = "in order of code" },
	FIELD_END,
};

static const struct field tick_fields[] = {
	COMMON_FIELDS,
	{ "stale_ms", FIELD_INT, 0,
	  .help = "where the database does not confirm it: how old this may be" },
	FIELD_END,
};

static const struct field lost_fields[] = {
	COMMON_FIELDS,
	{ "reason", FIELD_ENUM, 0, .choices = watch_loss_names },
	FIELD_END,
};

const struct notification notification_watch_event = {
	.name = "watch.event",
	.summary = "what has happened at a site that is watched",
	.fields = event_fields,
};
const struct notification notification_watch_snapshot = {
	.name = "watch.snapshot",
	.summary = "what holds some spaces of a site that is watched, whole: it replaces what was "
		   "known of them",
	.fields = snapshot_fields,
};
const struct notification notification_watch_tick = {
	.name = "watch.tick",
	.summary = "the watch goes on, though nothing has happened",
	.fields = tick_fields,
};
const struct notification notification_watch_lost = {
	.name = "watch.lost",
	.summary = "the watch has ended: slow, the client did not take what was told; reset, what "
		   "was told does not hold any more; revoked, the login has ended or has other "
		   "rights now",
	.fields = lost_fields,
};
