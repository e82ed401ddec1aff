/* Requests one after another on each connection, or at fixed times. */

#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "common/macros.h"

struct run {
	struct client_owner owner;
	struct phases phases;
	struct watched pace;
	struct client *clients; /* owns */
	unsigned opened, ready, idle;
};

static void on_pace(struct watched *timer, uint32_t events)
{
	struct run *run = container_of(timer, struct run, pace);

	timer_taken(timer);
	for (unsigned i = 0; i < run->ready; i++)
		client_go(&run->clients[i]);
}

static void on_over(struct phases *phases)
{
	struct run *run = container_of(phases, struct run, phases);

	run->owner.stopping = true;
	for (unsigned i = 0; i < run->ready; i++)
		run->idle += run->clients[i].flying == 0;
	phases->load->loop.ended = run->idle == run->ready;
}

static void start(struct run *run)
{
	struct load *load = run->owner.load;
	int64_t every = load->options.every_us * 1000;

	phases_start(&run->phases, load, on_over);
	for (unsigned i = 0; i < run->ready; i++) {
		client_pace(&run->clients[i]);
		client_go(&run->clients[i]);
	}
	if (every == 0)
		return;
	timer_open(&load->loop, &run->pace);
	timer_set(&run->pace, every, every);
}

static void on_ready(struct client_owner *owner)
{
	struct run *run = container_of(owner, struct run, owner);
	unsigned count = owner->load->options.connections;

	run->ready++;
	if (run->opened < count) {
		client_open(&run->clients[run->opened], owner, run->opened);
		run->opened++;
	}
	if (run->ready == count)
		start(run);
}

static void on_idle(struct client_owner *owner)
{
	struct run *run = container_of(owner, struct run, owner);

	run->idle++;
	owner->load->loop.ended = run->idle == run->ready;
}

void mode_run(struct load *load)
{
	struct source source;
	struct run run = {
		.owner = { .ready = on_ready, .idle = on_idle, .load = load, .source = &source },
		.pace.on_event = on_pace,
	};
	unsigned count = load->options.connections;
	char more[128];

	source_init(&source, &load->options);
	run.clients = must_alloc(count, sizeof(*run.clients));
	run.opened = count < OPENING_MAX ? count : OPENING_MAX;
	for (unsigned i = 0; i < run.opened; i++)
		client_open(&run.clients[i], &run.owner, i);
	loop_run(&load->loop);
	snprintf(more, sizeof(more), ",\"done\":%llu,\"next\":%llu",
		 (unsigned long long)run.owner.done, (unsigned long long)source_next(&source));
	load_print(load, more);
	for (unsigned i = 0; i < count; i++)
		wire_deinit(&run.clients[i].wire);
	free(run.clients);
	source_deinit(&source);
}
