/* Requests one after another on each connection, or at fixed times. */

#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "common/macros.h"

struct run {
	struct client_owner owner;
	struct phases phases;
	struct watched pace;
	unsigned idle;
};

static void on_pace(struct watched *timer, uint32_t events)
{
	struct run *run = container_of(timer, struct run, pace);

	timer_taken(timer);
	for (unsigned i = 0; i < run->owner.count; i++)
		client_go(&run->owner.clients[i]);
}

static void on_over(struct phases *phases)
{
	struct run *run = container_of(phases, struct run, phases);

	run->owner.stopping = true;
	for (unsigned i = 0; i < run->owner.count; i++)
		run->idle += run->owner.clients[i].flying == 0;
	phases->load->loop.ended = run->idle == run->owner.count;
}

static void on_ready(struct client_owner *owner)
{
	struct run *run = container_of(owner, struct run, owner);
	struct load *load = owner->load;
	int64_t every = load->options.every_us * 1000;

	phases_start(&run->phases, load, on_over);
	for (unsigned i = 0; i < run->owner.count; i++) {
		client_pace(&run->owner.clients[i]);
		client_go(&run->owner.clients[i]);
	}
	if (every == 0)
		return;
	timer_open(&load->loop, &run->pace);
	timer_set(&run->pace, every, every);
}

static void on_idle(struct client_owner *owner)
{
	struct run *run = container_of(owner, struct run, owner);

	run->idle++;
	owner->load->loop.ended = run->idle == run->owner.count;
}

void mode_run(struct load *load)
{
	struct source source;
	struct run run = {
		.owner = { .ready = on_ready, .idle = on_idle, .load = load, .source = &source },
		.pace.on_event = on_pace,
	};
	char more[128];

	source_init(&source, &load->options);
	clients_open(&run.owner, load->options.connections);
	loop_run(&load->loop);
	snprintf(more, sizeof(more), ",\"done\":%llu,\"next\":%llu",
		 (unsigned long long)run.owner.done, (unsigned long long)source_next(&source));
	load_print(load, more);
	clients_deinit(&run.owner);
	source_deinit(&source);
}
