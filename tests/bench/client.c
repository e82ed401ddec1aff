/* See client.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "client.h"
#include "common/macros.h"

#define GREETING_MAX 4096
#define FIRST_ID     10 /* ids have two digits: the place in the pipeline, and 10 */

size_t client_greet(const struct load *load, unsigned number, char *out, size_t size)
{
	return (size_t)snprintf(
		out, size,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.hello\",\"params\":{"
		"\"protocol\":"
		"{\"min\":1,\"max\":1},\"client\":{\"name\":\"cowork-load\",\"version\":\"1\"}}}\n"
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"session.auth\",\"params\":{\"token\":"
		"\"%s\"}}\n",
		load_token(load, number));
}

static bool in_order(const struct client *client)
{
	return !client->owner->load->loop.protocol;
}

/* ---- asking ---- */

static unsigned free_place(const struct client *client)
{
	unsigned place = 0;

	if (in_order(client))
		return (client->oldest + client->flying) % client->owner->load->options.pipeline;
	while (client->asked_ns[place])
		place++;
	return place;
}

void client_ask(struct client *client, int64_t since_ns)
{
	static char line[REQUEST_MAX];
	struct source *source = client->owner->source;
	unsigned place = free_place(client);
	size_t len = source->write(source, client->number, place, line);

	client->asked_ns[place] = since_ns;
	client->flying++;
	wire_send(&client->wire, line, len);
}

void client_go(struct client *client)
{
	const struct options *options = &client->owner->load->options;
	int64_t now = now_ns();

	while (!client->owner->stopping && client->flying < options->pipeline) {
		if (options->every_us == 0) {
			client_ask(client, now);
			continue;
		}
		if (client->due_ns > now)
			return;
		client_ask(client, client->due_ns);
		client->due_ns += options->every_us * 1000 * options->connections;
	}
}

void client_pace(struct client *client)
{
	client->due_ns = now_ns() + client->owner->load->options.every_us * 1000 * client->number;
}

/* ---- answers ---- */

static void take_answer(struct client *client, unsigned place, size_t len, bool done)
{
	struct client_owner *owner = client->owner;
	struct load *load = owner->load;

	if (load->measuring) {
		histogram_add(&load->latency, now_ns() - client->asked_ns[place]);
		load->answers++;
		load->bytes += len + 1;
		load->errors += !done;
	}
	owner->done += done;
	client->asked_ns[place] = 0;
	client->flying--;
	if (!owner->stopping)
		client_go(client);
	else if (client->flying == 0)
		owner->idle(owner);
}

static void open_next(struct client_owner *owner);

static void take_ready(struct client_owner *owner)
{
	if (owner->opened < owner->count)
		open_next(owner);
	if (++owner->logged_in == owner->count)
		owner->ready(owner);
}

static void on_greeting(struct client *client, const struct answer *answer, const char *line)
{
	if (answer->type != ANSWER_RESULT)
		die("no login: %.400s", line);
	if (--client->greetings == 0)
		take_ready(client->owner);
}

static void on_line(struct wire *wire, char *line, size_t len)
{
	struct client *client = container_of(wire, struct client, wire);
	struct client_owner *owner = client->owner;
	struct answer answer;
	unsigned place;

	answer_read(line, len, &answer);
	if (client->greetings > 0) {
		on_greeting(client, &answer, line);
		return;
	}
	if (owner->told)
		owner->told(owner, line, len);
	if (answer.type == ANSWER_NOTIFICATION) {
		if (!owner->told)
			die("not asked for: %.400s", line);
		return;
	}
	place = answer.id - FIRST_ID;
	if (answer.id < FIRST_ID || place >= PIPELINE_MAX || !client->asked_ns[place])
		die("an answer to nothing: %.400s", line);
	if (answer.type == ANSWER_ERROR)
		load_expect(owner->load, answer.kind, line);
	take_answer(client, place, len, answer.type == ANSWER_RESULT);
}

static void on_open(struct wire *wire)
{
	struct client *client = container_of(wire, struct client, wire);
	char text[GREETING_MAX];

	client->greetings = 2;
	wire_send(wire, text,
		  client_greet(client->owner->load, client->number, text, sizeof(text)));
}

/* memcached: VALUE, the value, END; in order. */
static void on_value(struct wire *wire, char *line, size_t len)
{
	struct client *client = container_of(wire, struct client, wire);
	const struct load *load = client->owner->load;
	unsigned place = client->oldest;

	if (client->value_lines == 1)
		client->value_len = len;
	else if (strncmp(line, client->value_lines == 0 ? "VALUE " : "END", 3) != 0)
		die("no value: %.400s", line);
	if (++client->value_lines < 3)
		return;
	client->value_lines = 0;
	client->oldest = (client->oldest + 1) % load->options.pipeline;
	take_answer(client, place, client->value_len, true);
}

static void on_open_ready(struct wire *wire)
{
	struct client *client = container_of(wire, struct client, wire);

	take_ready(client->owner);
}

static void open_next(struct client_owner *owner)
{
	static const struct wire_user daemon = { .open = on_open, .line = on_line };
	static const struct wire_user memcached = { .open = on_open_ready, .line = on_value };
	struct client *client = &owner->clients[owner->opened];

	client->owner = owner;
	client->number = owner->opened++;
	wire_open(&client->wire, &owner->load->loop, in_order(client) ? &memcached : &daemon);
}

void clients_open(struct client_owner *owner, unsigned count)
{
	owner->clients = must_alloc(count, sizeof(*owner->clients));
	owner->count = count;
	while (owner->opened < count && owner->opened < OPENING_MAX)
		open_next(owner);
}

void clients_deinit(struct client_owner *owner)
{
	for (unsigned i = 0; i < owner->opened; i++)
		wire_deinit(&owner->clients[i].wire);
	free(owner->clients);
}
