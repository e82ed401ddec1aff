/* server.status: how the server is. */

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/evictor.h"
#include "daemon/feed.h"
#include "daemon/method.h"
#include "daemon/status.h"
#include "daemon/watch.h"

struct server_status {
	bool unused;
};

static const struct field params[] = { FIELD_END };

static const struct field result[] = {
	{ "version", FIELD_STRING, 0 },
	{ "ready", FIELD_BOOL, 0, .help = "it takes changes" },
	{ "status", FIELD_STRING, 0,
	  .help = "for people: how it is, and what is not as it should be" },
	{ "database", FIELD_STRING, 0, .help = "up, or what is awaited" },
	{ "started", FIELD_INSTANT, 0 },
	{ "connections", FIELD_INT, 0, .help = "clients now" },
	{ "connections_max", FIELD_INT, 0, .help = "clients that there is room for" },
	{ "requests", FIELD_INT, 0, .help = "answered since the start" },
	{ "waiting", FIELD_INT, 0, .help = "changes in the lanes now" },
	{ "evicted", FIELD_INT, 0, .help = "stuck database sessions ended since the start" },
	{ "calendars", FIELD_INT, 0, .help = "of sites, in memory now" },
	{ "calendar_reloads", FIELD_INT, 0, .help = "of wrong ones, since the start" },
	{ "watches", FIELD_INT, 0, .help = "now" },
	{ "watch_events", FIELD_INT, 0, .help = "kept for those who watch, now" },
	{ "watches_lost", FIELD_INT, 0, .help = "since the start" },
	{ "certificate_expires", FIELD_INSTANT, 0 },
	{ "progress", FIELD_BOOL, 0, .help = "changes end, and the database answers" },
	{ "reload_refused", FIELD_BOOL, 0,
	  .help = "the last one: an older configuration is in force" },
	{ "draining", FIELD_BOOL, 0, .help = "it is about to stop" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct services *services = request->services;
	struct jsonw *w = request_reply_begin(request);
	char text[STATUS_TEXT_MAX];

	jsonw_object(w);
	jsonw_kstr(w, "version", COWORK_VERSION);
	jsonw_kbool(w, "ready", db_up(services->db) && !services->draining);
	jsonw_kstr(w, "status", status_text(services, text));
	jsonw_kstr(w, "database", db_state(services->db));
	jsonw_kinstant(w, "started", services->started_usec);
	jsonw_kint(w, "connections", services->connections);
	jsonw_kint(w, "connections_max", services->clients_max);
	jsonw_kint(w, "requests", services->requests);
	jsonw_kint(w, "waiting", services_lanes_load(services));
	jsonw_kint(w, "evicted", evictor_count());
	jsonw_kint(w, "calendars", feed_live(services->feed));
	jsonw_kint(w, "calendar_reloads", feed_reloads(services->feed));
	jsonw_kint(w, "watches", watches_count(services->watches));
	jsonw_kint(w, "watch_events", watches_events(services->watches));
	jsonw_kint(w, "watches_lost", watches_lost(services->watches));
	jsonw_kinstant(w, "certificate_expires", services->certificate_expiry_usec);
	jsonw_kbool(w, "progress", !*services->stuck);
	jsonw_kbool(w, "reload_refused", services->reload_refused);
	jsonw_kbool(w, "draining", services->draining);
	jsonw_object_end(w);
	request_reply_end(request);
}

const struct method method_server_status = {
	.name = "server.status",
	.summary = "how the server is",
	.flags = METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct server_status),
	.result = result,
	.start = start,
};
