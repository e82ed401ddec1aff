/* watch.start: tells what holds the spaces of a site, then everything that happens there; or
 * everything since a rev. */

#include <strings.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/day.h"
#include "daemon/method.h"
#include "daemon/reading.h"
#include "daemon/watch.h"

struct watch_start {
	struct site_params at;
	struct field_int since_rev;
	struct field_list topics;
	struct reading reading;
	struct watch_wish wish;
};

#define AT(member) offsetof(struct watch_start, member)

static const struct field params[] = {
	SITE_FIELDS(struct watch_start),
	{ "since_rev", FIELD_INT, AT(since_rev), 0, 0, JSON_INT_MAX,
	  .help = "go on behind this rev, without a snapshot; behind, where the site never was "
		  "there" },
	{ "topics", FIELD_CODES, AT(topics), 0, 1, WATCH_TOPICS,
	  .help = "of bookings, blocks and catalogue; all three where it is absent" },
	FIELD_END,
};

static const struct field result[] = {
	{ "watch", FIELD_INT, 0, .help = "its number on this connection" },
	{ "from", FIELD_INSTANT, 0, .help = "the snapshot tells what ends after it" },
	READING_RESULT_FIELDS,
	FIELD_END,
};

/* Midnight on the site's clock: who only looks at what is to come sees the whole of today. */
static int64_t first_instant(const struct site *site)
{
	struct zone_local local;

	if (!site->zone)
		return instant_now();
	zone_to_local(site->zone, instant_now(), &local);
	return day_begin(site->zone, &local.civil);
}

static void on_calendar(struct reading *reading, const struct calendar *calendar)
{
	struct watch_start *op = container_of(reading, struct watch_start, reading);
	struct request *request = reading->request;
	int64_t number;
	struct jsonw *w;

	op->wish.site = request->site;
	op->wish.actor = request->actor;
	op->wish.resumes = op->since_rev.set;
	op->wish.since_rev = op->since_rev.value;
	op->wish.from_usec = first_instant(request->site);
	number = watches_of(request->session) < request->services->config->watches
			 ? watches_start(request->services->watches, request->session, &op->wish)
			 : -1;
	if (number < 0) {
		request_fail_field(request, ERROR_busy, "watch", "limit",
				   "this connection has as many watches as it may; see watch.stop");
		return;
	}
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_kint(w, "watch", number);
	if (!op->wish.resumes)
		jsonw_kinstant(w, "from", op->wish.from_usec);
	reading_write_rev(reading, w, calendar);
	jsonw_object_end(w);
	request_reply_end(request);
}

static bool read_topics(struct watch_start *op)
{
	for (int topic = 0; topic < WATCH_TOPICS; topic++)
		op->wish.topics[topic] = op->topics.count == 0;
	for (size_t i = 0; i < op->topics.count; i++) {
		int topic = 0;

		while (topic < WATCH_TOPICS &&
		       strcasecmp(watch_topic_names[topic], op->topics.items[i]) != 0)
			topic++;
		if (topic == WATCH_TOPICS)
			return false;
		op->wish.topics[topic] = true;
	}
	return true;
}

static void start(struct request *request, void *data)
{
	struct watch_start *op = data;

	if (!read_topics(op)) {
		request_fail_field(request, ERROR_params, "topics", "choice",
				   "topics are bookings, blocks and catalogue");
		return;
	}
	/* The calendar has to be where the client was: else it would be told what it knows. */
	if (op->since_rev.set && op->since_rev.value > op->at.min_rev.value)
		op->at.min_rev = op->since_rev;
	reading_run(request, &op->reading, on_calendar);
}

const struct method method_watch_start = {
	.name = "watch.start",
	.summary = "tells what holds the spaces of a site now (watch.snapshot) and then what "
		   "happens there (watch.event), or what has happened since a rev",
	.flags = METHOD_SITE | METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct watch_start),
	.site_offset = AT(at),
	.result = result,
	.start = start,
};
