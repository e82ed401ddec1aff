#pragma once

/*
 * How the nouns of a reply are shown: which fields, in which form, as a table, TSV, JSON or a card.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct cJSON;
struct client;

struct view {
	const char *noun;  /* member of a reply with one, e.g. "booking" */
	const char *list;  /* member of a reply with many, e.g. "bookings" */
	const char *table; /* fields on a terminal; "when" is the span in words */
	const char *tsv;   /* fields elsewhere: stable, new ones are added at the end */
	const char *name;  /* the field that a row is called by */
	const char *more;  /* other fields that may be asked for, or NULL */
};

/* The view of a noun by its name; a plain one without fields of its own if unknown. */
const struct view *view_find(const char *noun);

#define VIEW_FIELDS_MAX 32

struct fields {
	char text[512];
	char *names[VIEW_FIELDS_MAX];
	size_t count;
};

/* The fields to show: those asked for, else these. False after telling what is wrong. */
bool fields_choose(struct client *client, const struct view *view, const char *otherwise,
		   struct fields *ret);

/* The zone to show an object's times in: as asked, its own, or the site's; NULL when none is known.
 */
const char *view_zone(struct client *client, const struct cJSON *object);
/* Appends a member, found by a dotted path, as one line of unescaped text; arrays joined by ';'. */
void view_cell(struct client *client, const struct cJSON *object, const char *path,
	       struct buf *out);

/* A list being printed: rows as they come in TSV, all at the end in a table or JSON. */
struct listing {
	struct client *client; /* borrows */
	const struct view *view;
	struct fields fields;
	char **cells; /* owns; rows * fields.count */
	size_t rows, room;
	struct buf json; /* the array's inside */
	bool failed;	 /* out of memory */
};

/* 0 or an exit status after telling what is wrong with --fields. */
int listing_begin(struct listing *listing, struct client *client, const struct view *view);
void listing_row(struct listing *listing, const struct cJSON *object);
/* Prints what is left; `result` is the last page's, `more` whether rows were left out. An exit
 * status. */
int listing_end(struct listing *listing, const struct cJSON *result, bool more);

void listing_deinit(struct listing *listing);

/* One object as a card (NAME value lines), one TSV line or JSON. An exit status. */
int view_show(struct client *client, const struct view *view, const struct cJSON *object);
/* All members of an object as lines NAME TAB value or a card, or JSON; for replies without a noun.
 */
int view_members(struct client *client, const struct cJSON *object);
