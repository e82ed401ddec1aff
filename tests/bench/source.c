/*
 * See source.h.
 *
 * Bookings: connection c asks for its times one after another, n = first, first + 1, ..., each a
 * quarter of an hour between 09:00 and 23:00 UTC of the days from first_day on, each time in another
 * space: (c spaces / 64 + n) modulo spaces. So nobody is at two places at a time, and no two of up to
 * 64 ask for the same.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/uuid7.h"
#include "load.h"
#include "source.h"

#define TIMES_A_DAY 56
#define DAY_BEGINS  (9 * 3600)
#define TIME_LENGTH 900
#define BOOKERS	    64

static uint64_t draw(struct source *source)
{
	source->state ^= source->state << 13;
	source->state ^= source->state >> 7;
	source->state ^= source->state << 17;
	return source->state;
}

static size_t write_line(struct source *source, unsigned connection, unsigned id, char *out)
{
	static const char begin[] = "{\"jsonrpc\":\"2.0\",\"id\":";
	const char *line = source->lines[draw(source) % source->line_count];
	size_t at = sizeof(begin) - 1, len = strlen(line);

	/* By hand: this is done for each request, and has to cost next to nothing. */
	memcpy(out, begin, at);
	out[at++] = (char)('1' + id / 10);
	out[at++] = (char)('0' + id % 10);
	out[at++] = ',';
	memcpy(out + at, line, len + 1);
	return at + len;
}

static size_t write_get(struct source *source, unsigned connection, unsigned id, char *out)
{
	return (size_t)sprintf(out, "get k%06u\r\n", (unsigned)(draw(source) % source->keys));
}

static size_t write_booking(struct source *source, unsigned connection, unsigned id, char *out)
{
	uint64_t n = source->next[connection]++;
	int64_t start = source->first_day + (int64_t)(n / TIMES_A_DAY) * 86400 + DAY_BEGINS +
			(int64_t)(n % TIMES_A_DAY) * TIME_LENGTH;
	char key[UUID_TEXT_MAX], from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

	if (uuid7_make(instant_now(), key) < 0)
		die("no random numbers");
	return (size_t)sprintf(
		out,
		"{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"booking.create\",\"params\":{\"key\":"
		"\"%s\",\"site\":\"%s\",\"space\":\"S-%04u\",\"start\":\"%s\",\"end\":\"%s\"}}\n",
		10 + id, key, source->site,
		(unsigned)((connection * (source->spaces / BOOKERS) + n) % source->spaces),
		instant_format(start * 1000000, from),
		instant_format((start + TIME_LENGTH) * 1000000, to));
}

static void read_lines(struct source *source, const char *path)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	size_t size = 0, room = 0;
	char *line = NULL;
	ssize_t len;

	if (!file)
		die("--lines %s: %s", path ? path : "", path ? strerror(errno) : "is missing");
	while ((len = getline(&line, &size, file)) > 0) {
		if (len > REQUEST_MAX - 64)
			die("%s: a line is too long", path);
		if (source->line_count == room) {
			room = room ? room * 2 : 64;
			source->lines = realloc(source->lines, room * sizeof(char *));
		}
		if (!source->lines || !(source->lines[source->line_count++] = strdup(line)))
			die("out of memory");
	}
	free(line);
	fclose(file);
	if (source->line_count == 0)
		die("%s: no line", path);
}

void source_init(struct source *source, const struct options *options)
{
	struct civil day;

	*source = (struct source){ .state = options->seed * 2654435761U + 88172645463325252U,
				   .site = options->site,
				   .spaces = options->spaces,
				   .first = options->first,
				   .keys = options->keys,
				   .connections = options->connections };
	if (strcmp(options->mode, "lines") == 0) {
		source->write = write_line;
		read_lines(source, options->lines);
		return;
	}
	if (strcmp(options->mode, "get") == 0) {
		source->write = write_get;
		return;
	}
	source->write = write_booking;
	/* Of all who watch only one books. */
	if (options->spaces < BOOKERS ||
	    (strcmp(options->mode, "book") == 0 && options->connections > BOOKERS))
		die("bookings are for up to 64 connections and at least 64 spaces");
	if (!options->site || civil_parse_date(options->first_day, &day) < 0)
		die("--site or --first-day is missing or wrong");
	source->first_day = civil_to_seconds(&day);
	source->next = must_alloc(options->connections, sizeof(*source->next));
	for (unsigned i = 0; i < options->connections; i++)
		source->next[i] = options->first;
}

void source_deinit(struct source *source)
{
	for (size_t i = 0; i < source->line_count; i++)
		free(source->lines[i]);
	free(source->lines);
	free(source->next);
}

uint64_t source_next(const struct source *source)
{
	uint64_t last = source->first;

	for (unsigned i = 0; source->next && i < source->connections; i++)
		last = source->next[i] > last ? source->next[i] : last;
	return last;
}
