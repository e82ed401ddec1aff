/*
 * Connect, log in, ask for one thing, take the answer, close; so many at one time, as often as it goes.
 * What is measured is from the first packet to the last answer.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "client.h"
#include "common/macros.h"

#define ANSWERS 3 /* hello, login, ping */

struct visitor {
	struct wire wire;
	struct visits *visits;
	unsigned number, answers;
	int64_t began_ns;
};

struct visits {
	struct load *load;
	struct phases phases;
	struct visitor *visitors; /* owns */
	unsigned here;
	uint64_t done;
};

static void on_line(struct wire *wire, char *line, size_t len);
static void on_open(struct wire *wire);

static const struct wire_user user = { .open = on_open, .line = on_line };

static void visit(struct visitor *visitor)
{
	visitor->answers = 0;
	visitor->began_ns = now_ns();
	wire_open(&visitor->wire, &visitor->visits->load->loop, &user);
}

/* All three in one flight. */
static void on_open(struct wire *wire)
{
	static const char ping[] =
		"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"session.ping\",\"params\":{}}\n";
	struct visitor *visitor = container_of(wire, struct visitor, wire);
	char text[4096];
	size_t len = client_greet(visitor->visits->load, visitor->number, text,
				  sizeof(text) - sizeof(ping));

	memcpy(text + len, ping, sizeof(ping) - 1);
	wire_send(wire, text, len + sizeof(ping) - 1);
}

static void on_line(struct wire *wire, char *line, size_t len)
{
	struct visitor *visitor = container_of(wire, struct visitor, wire);
	struct visits *visits = visitor->visits;
	struct load *load = visits->load;
	struct answer answer;

	answer_read(line, len, &answer);
	if (answer.type != ANSWER_RESULT)
		die("refused: %.400s", line);
	if (++visitor->answers < ANSWERS)
		return;
	wire_close(wire);
	visits->done++;
	if (load->measuring) {
		histogram_add(&load->latency, now_ns() - visitor->began_ns);
		load->answers++;
	}
	if (load->measured > 0)
		load->loop.ended = --visits->here == 0;
	else
		visit(visitor);
}

/* Whoever is here makes an end of it; see on_line(). */
static void on_over(struct phases *phases)
{
}

void mode_connect(struct load *load)
{
	struct visits visits = { .load = load };
	unsigned count = load->options.connections;
	char more[64];

	visits.visitors = must_alloc(count, sizeof(*visits.visitors));
	phases_start(&visits.phases, load, on_over);
	for (; visits.here < count; visits.here++) {
		visits.visitors[visits.here].visits = &visits;
		visits.visitors[visits.here].number = visits.here;
		visit(&visits.visitors[visits.here]);
	}
	loop_run(&load->loop);
	snprintf(more, sizeof(more), ",\"done\":%llu", (unsigned long long)visits.done);
	load_print(load, more);
	for (unsigned i = 0; i < count; i++)
		wire_deinit(&visits.visitors[i].wire);
	free(visits.visitors);
}
