#pragma once

/*
 * A week drawn on a terminal: a line a space, a block of signs a day, a sign an hour or more of the
 * opening hours.
 *
 *	        Mon 23     Tue 24     Wed 25
 *	A-11    ████·····  ····█████  ·········
 *	A-12    ·▓▓▓▓▓▓▓▓  █████████  ░░░░░░░░░
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRID_DAYS      7
#define GRID_CELLS_MAX 48 /* half hours of a day */

struct cJSON;
struct client;
struct zone;

struct grid_row {
	char *code;				  /* owns; safe */
	uint8_t cells[GRID_DAYS][GRID_CELLS_MAX]; /* enum in grid.c */
};

struct grid {
	struct client *client;	     /* borrows */
	struct zone *zone;	     /* owns */
	int64_t days[GRID_DAYS + 1]; /* seconds of each midnight, as if the clock were UTC */
	int open, close;	     /* minutes */
	int cells;		     /* half hours of a day */
	struct grid_row *rows;	     /* owns */
	size_t count, room;
};

/* Whether the terminal is wide enough for any grid. */
bool grid_fits(const struct client *client);
/* Begins with the reply of space.week; false where it cannot be understood. To be released in any
 * case. */
bool grid_begin(struct grid *grid, struct client *client, const struct cJSON *result);
void grid_deinit(struct grid *grid);
/* One of the reply's spaces; false when out of memory. */
bool grid_add(struct grid *grid, const struct cJSON *object);
void grid_print(const struct grid *grid);
