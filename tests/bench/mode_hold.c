/* Logged-in connections that do nothing: says "begin" when all are there, and ends with its standard input. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client.h"
#include "common/macros.h"

struct holding {
	struct client_owner owner;
	struct watched input;
	struct client *clients; /* owns */
	unsigned opened, ready;
};

static void on_input(struct watched *watched, uint32_t events)
{
	struct holding *holding = container_of(watched, struct holding, input);
	char byte;

	if (read(watched->fd, &byte, 1) > 0)
		return;
	load_end(holding->owner.load);
	holding->owner.load->loop.ended = true;
}

static void on_ready(struct client_owner *owner)
{
	struct holding *holding = container_of(owner, struct holding, owner);
	unsigned count = owner->load->options.connections;

	holding->ready++;
	if (holding->opened < count) {
		client_open(&holding->clients[holding->opened], owner, holding->opened);
		holding->opened++;
	}
	if (holding->ready < count)
		return;
	load_begin(owner->load);
	loop_watch(&owner->load->loop, &holding->input, EPOLLIN);
}

void mode_hold(struct load *load)
{
	struct holding holding = {
		.owner = { .ready = on_ready, .load = load },
		.input = { .fd = STDIN_FILENO, .on_event = on_input },
	};
	unsigned count = load->options.connections;

	holding.clients = must_alloc(count, sizeof(*holding.clients));
	holding.opened = count < OPENING_MAX ? count : OPENING_MAX;
	for (unsigned i = 0; i < holding.opened; i++)
		client_open(&holding.clients[i], &holding.owner, i);
	loop_run(&load->loop);
	load_print(load, "");
	for (unsigned i = 0; i < count; i++)
		wire_deinit(&holding.clients[i].wire);
	free(holding.clients);
}
