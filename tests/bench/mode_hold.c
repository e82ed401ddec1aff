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

	load_begin(owner->load);
	loop_watch(&owner->load->loop, &holding->input, EPOLLIN);
}

void mode_hold(struct load *load)
{
	struct holding holding = {
		.owner = { .ready = on_ready, .load = load },
		.input = { .fd = STDIN_FILENO, .on_event = on_input },
	};

	clients_open(&holding.owner, load->options.connections);
	loop_run(&load->loop);
	load_print(load, "");
	clients_deinit(&holding.owner);
}
