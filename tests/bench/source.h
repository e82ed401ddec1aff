#pragma once

/* Where requests come from: each is written for one connection and one place in its pipeline. */

#include <stddef.h>
#include <stdint.h>

struct options;

#define REQUEST_MAX 65536

struct source {
	/* Writes the next request with its line feed into `out` (REQUEST_MAX); its length. */
	size_t (*write)(struct source *source, unsigned connection, unsigned id, char *out);
	char **lines; /* owns */
	size_t line_count;
	uint64_t state; /* of the random numbers */
	/* of bookings */
	const char *site;
	unsigned spaces;
	int64_t first_day; /* seconds since 1970 */
	uint64_t *next;	   /* owns; the next time of each connection */
	uint64_t first;
	unsigned keys;
	unsigned connections;
};

/* For the mode of the options: lines, get; book for everything else. */
void source_init(struct source *source, const struct options *options);
void source_deinit(struct source *source);
/* The first time that no connection has booked yet. */
uint64_t source_next(const struct source *source);
