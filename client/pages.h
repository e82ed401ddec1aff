#pragma once

/*
 * Lists that come in pages, walked up to the limit the user gave.
 */

#include <stdbool.h>
#include <stdint.h>

struct call;
struct client;
struct cJSON;
struct view;

/* How many rows a list shows when --limit is not given. */
#define PAGES_LIMIT 200
/* The most a page may hold (cowork-protocol(7)). */
#define PAGES_PAGE 500

struct pages_walk {
	int64_t limit;					     /* rows in all; 0: every one */
	bool (*row)(const struct cJSON *object, void *data); /* false: enough */
	void *data;
	bool more; /* afterwards: rows were left out */
};

/* Calls page after page; each row of the member `list` goes to walk->row. An exit status. */
int pages_each(struct client *client, struct call *call, const char *list, struct pages_walk *walk);
/* Prints the list as asked; releases the call. An exit status. */
int pages_print(struct client *client, struct call *call, const struct view *view);
