#pragma once

/*
 * The kinds of files that import reads and export writes, one table each (cowork(1)).
 */

#include <stdbool.h>
#include <stddef.h>

#define KIND_COLUMNS_MAX 16

struct kind_column {
	const char *name;  /* in the file; NULL ends the table */
	const char *param; /* of the method */
	const char *path;  /* of the field in a view, for export; NULL: worked out from others */
	bool required;
	bool object; /* a JSON object, in CSV as its text; where there is none export writes {} */
};

struct kind {
	const char *name;   /* "bookings" */
	const char *method; /* that makes one */
	const char *list_method;
	const char *list; /* member of its reply */
	const char *done; /* "booked" */
	bool site;	  /* belongs to a site */
	const char *skip; /* state that is not exported, or NULL */
	struct kind_column columns[KIND_COLUMNS_MAX + 1];
};

extern const struct kind kinds[];
/* By name; NULL if there is none. */
const struct kind *kind_find(const char *name);
/* Appends the names of the kinds, or of a kind's columns, with ", " between them. */
struct buf;
void kind_names(struct buf *out);
void kind_column_names(const struct kind *kind, struct buf *out);
/* The index of a column by its name, or -1. */
int kind_column(const struct kind *kind, const char *name);
