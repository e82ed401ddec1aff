/*
 * Many who watch a site, and one more who books there at fixed times, as soon as everybody was told of
 * the booking before. Each event at each watch is one measurement: from when the booking's answer was
 * here until the event was, or 0 where it was here first. How long it was since the booking was asked
 * for is printed too: the commit is in it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "client.h"
#include "common/macros.h"

struct watcher {
	struct wire wire;
	struct watching *watching;
	unsigned number, answers;
};

struct watching {
	struct client_owner owner; /* of the one who books */
	struct phases phases;
	struct watched pace;
	struct watcher *watchers; /* owns */
	unsigned opened, ready;
	struct histogram since_asked;
	int64_t asked_ns, answered_ns, rev; /* of the last booking; answered_ns 0: not yet */
	bool counts;			    /* it was asked for while measuring */
	unsigned told;			    /* of it */
};

static void on_line(struct wire *wire, char *line, size_t len);
static void on_open(struct wire *wire);

static const struct wire_user user = { .open = on_open, .line = on_line };

/* ---- the bookings ---- */

static bool all_told(const struct watching *watching)
{
	return watching->asked_ns == 0 ||
	       (watching->answered_ns && watching->told == watching->ready);
}

static void on_pace(struct watched *timer, uint32_t events)
{
	struct watching *watching = container_of(timer, struct watching, pace);

	timer_taken(timer);
	if (!all_told(watching))
		return;
	watching->told = 0;
	watching->answered_ns = 0;
	watching->counts = watching->owner.load->measuring;
	watching->asked_ns = now_ns();
	client_ask(&watching->owner.clients[0], watching->asked_ns);
}

static void end_if_told(struct watching *watching)
{
	struct load *load = watching->owner.load;

	if (load->measured > 0 && all_told(watching))
		load->loop.ended = true;
}

static void on_booked(struct client_owner *owner, const char *line, size_t len)
{
	struct watching *watching = container_of(owner, struct watching, owner);

	watching->answered_ns = now_ns();
	watching->rev = answer_rev(line, len);
	end_if_told(watching);
}

/* ---- the watches ---- */

static void open_next(struct watching *watching)
{
	struct watcher *watcher = &watching->watchers[watching->opened];

	watcher->watching = watching;
	watcher->number = watching->opened++;
	wire_open(&watcher->wire, &watching->owner.load->loop, &user);
}

static void on_open(struct wire *wire)
{
	struct watcher *watcher = container_of(wire, struct watcher, wire);
	const struct load *load = watcher->watching->owner.load;
	char text[4096];
	size_t len = client_greet(load, watcher->number, text, sizeof(text) / 2);

	len += (size_t)snprintf(
		text + len, sizeof(text) - len,
		"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"watch.start\",\"params\":"
		"{\"site\":\"%s\",\"since_rev\":%lld,\"topics\":[\"bookings\"]}}\n",
		load->options.site, (long long)load->options.since_rev);
	wire_send(wire, text, len);
}

static void on_watching(struct watching *watching)
{
	struct load *load = watching->owner.load;

	if (++watching->ready == load->options.connections)
		clients_open(&watching->owner, 1);
	else if (watching->opened < load->options.connections)
		open_next(watching);
}

static void on_event(struct watching *watching, const char *line, size_t len)
{
	struct load *load = watching->owner.load;
	int64_t now = now_ns();

	if (strstr(line, "\"watch.tick\""))
		return;
	if (!strstr(line, "\"watch.event\""))
		die("not an event: %.400s", line);
	if (watching->answered_ns && answer_rev(line, len) != watching->rev)
		return; /* somebody else's */
	watching->told++;
	if (watching->counts) {
		histogram_add(&load->latency,
			      watching->answered_ns ? now - watching->answered_ns : 0);
		histogram_add(&watching->since_asked, now - watching->asked_ns);
		load->answers++;
		load->bytes += len + 1;
	}
	end_if_told(watching);
}

static void on_line(struct wire *wire, char *line, size_t len)
{
	struct watcher *watcher = container_of(wire, struct watcher, wire);
	struct answer answer;

	answer_read(line, len, &answer);
	if (answer.type == ANSWER_ERROR)
		die("refused: %.400s", line);
	if (answer.type == ANSWER_NOTIFICATION)
		on_event(watcher->watching, line, len);
	else if (++watcher->answers == 3)
		on_watching(watcher->watching);
}

/* ---- phases ---- */

static void on_over(struct phases *phases)
{
	struct watching *watching = container_of(phases, struct watching, phases);

	timer_set(&watching->pace, INT64_C(3600000000000), 0);
	end_if_told(watching);
}

static void on_ready(struct client_owner *owner)
{
	struct watching *watching = container_of(owner, struct watching, owner);
	struct load *load = owner->load;
	int64_t every = load->options.every_us * 1000;

	phases_start(&watching->phases, load, on_over);
	timer_open(&load->loop, &watching->pace);
	timer_set(&watching->pace, every, every);
}

static void on_idle(struct client_owner *owner)
{
}

static double ms(int64_t ns)
{
	return (double)ns / 1e6;
}

void mode_watch(struct load *load)
{
	struct source source;
	struct watching *watching = must_alloc(1, sizeof(*watching));
	unsigned count = load->options.connections;
	char more[256];

	if (!load->options.every_us || load->options.since_rev < 0)
		die("watch needs --every-us and --since-rev");
	source_init(&source, &load->options);
	/* Stopping: it asks only when it is told to. */
	watching->owner = (struct client_owner){ .ready = on_ready,
						 .idle = on_idle,
						 .told = on_booked,
						 .load = load,
						 .source = &source,
						 .stopping = true };
	watching->pace.on_event = on_pace;
	watching->watchers = must_alloc(count, sizeof(*watching->watchers));
	for (unsigned i = 0; i < count && i < OPENING_MAX; i++)
		open_next(watching);
	loop_run(&load->loop);
	snprintf(more, sizeof(more),
		 ",\"done\":%llu,\"next\":%llu,\"asked_p50_ms\":%.3f,\"asked_p99_ms\":%.3f,\"asked_"
		 "max_ms\":%.3f",
		 (unsigned long long)watching->owner.done, (unsigned long long)source_next(&source),
		 ms(histogram_at(&watching->since_asked, 0.5)),
		 ms(histogram_at(&watching->since_asked, 0.99)), ms(watching->since_asked.longest));
	load_print(load, more);
	for (unsigned i = 0; i < count; i++)
		wire_deinit(&watching->watchers[i].wire);
	clients_deinit(&watching->owner);
	free(watching->watchers);
	free(watching);
	source_deinit(&source);
}
