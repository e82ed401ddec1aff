#pragma once

/*
 * Bookings as lines that people read: reference, place, day, times, and how far off that is; in
 * columns below one another, or on lines of their own where the terminal is too narrow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/place.h"

#define AGENDA_ROWS_MAX 16
#define AGENDA_CELLS	5

struct cJSON;
struct zone;

struct agenda_row {
	const char *label;	   /* "Today"; "" where it is that of the row above */
	char *cells[AGENDA_CELLS]; /* owns; safe */
};

struct agenda {
	struct client *client;	 /* borrows */
	const struct zone *zone; /* borrows */
	struct places places;
	struct agenda_row rows[AGENDA_ROWS_MAX];
	size_t count;
	bool who; /* the last cell is who it is for, not how far off */
};

#define AGENDA_INIT(client_, zone_) ((struct agenda){ .client = (client_), .zone = (zone_) })

void agenda_deinit(struct agenda *agenda);
/* Adds a booking; what does not fit any more is left out. */
void agenda_add(struct agenda *agenda, const char *label, const struct cJSON *booking);
void agenda_print(struct agenda *agenda);
/* A line with a label and one text, which is made safe. */
void agenda_line(struct client *client, const char *label, const char *text);

/* Appends "in 20 h", "now, 2 h left" or "over". */
void agenda_distance(struct buf *out, int64_t start, int64_t end, int64_t now);
