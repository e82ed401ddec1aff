#pragma once

/*
 * What the program was asked to do, and what every mode shares.
 *
 * A mode opens its connections, warms up, says "begin" on standard output, measures, says "end", and
 * prints one line of JSON. Whoever measures the other side looks at it at these two words.
 */

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "wire.h"

#define PIPELINE_MAX 32
#define OPENING_MAX  64 /* handshakes at one time */
#define EXPECTED_MAX 8

struct options {
	const char *mode;
	int port;
	const char *ca;
	const char *tokens; /* a file, one a line; the connections use them in turn */
	unsigned connections;
	unsigned pipeline;
	double seconds, warmup;
	int64_t every_us; /* 0: the next request as soon as one was answered */
	const char *lines;
	const char *expect; /* kinds of errors that are counted and no failure */
	uint64_t seed;
	/* of bookings */
	const char *site;
	unsigned spaces;
	const char *first_day;
	uint64_t first;
	/* of gets */
	unsigned keys;
	/* of watches */
	int64_t since_rev;
};

struct load {
	struct options options;
	struct loop loop;
	char **tokens; /* owns */
	unsigned token_count;
	struct histogram latency;
	bool measuring;
	int64_t began_ns;
	double cpu_began, cpu;	 /* our own, in seconds */
	double measured;	 /* seconds */
	uint64_t answers, bytes; /* while measuring */
	uint64_t errors;
};

void load_init(struct load *load, const struct options *options);
void load_deinit(struct load *load);
const char *load_token(const struct load *load, unsigned connection);
/* Whether an error of that kind may be; otherwise the program ends. */
void load_expect(const struct load *load, const char *kind, const char *line);

/* Says begin and end, and counts from there. */
void load_begin(struct load *load);
void load_end(struct load *load);

/* Warming up, measuring, and waiting for the last answers. */
struct phases {
	struct watched timer;
	struct load *load;
	void (*over)(struct phases *phases); /* the measuring is: ask for nothing more */
};

/*
 * Starts with the warm-up. It is measured for longer where nothing was answered yet; if the loop goes
 * on for long after over() the program ends with status 1.
 */
void phases_start(struct phases *phases, struct load *load, void (*over)(struct phases *phases));
/* Prints what was measured; `more` is further members, each with a comma before it. */
void load_print(const struct load *load, const char *more);

/* The modes. */
void mode_run(struct load *load);     /* lines, book, get: requests one after another */
void mode_connect(struct load *load); /* connect, log in, ask, close */
void mode_hold(struct load *load);    /* connections that do nothing */
void mode_watch(struct load *load);   /* watches, and bookings to be told of */
