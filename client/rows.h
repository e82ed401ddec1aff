#pragma once

/*
 * The rows of a file to import, whichever of its two forms it has: CSV with a line of names, or one
 * JSON object a line.
 */

#include <stdint.h>
#include <stdio.h>

#include "client/csv.h"
#include "client/kinds.h"
#include "common/uuid7.h"

struct cJSON;

struct rows_problem {
	char text[512];
};

struct rows {
	const struct kind *kind;
	FILE *file; /* owns, unless it is stdin */
	struct record_reader reader;
	bool json;
	int64_t size;			     /* of the file in bytes; 0 where unknown */
	int64_t read;			     /* bytes so far */
	int map[CSV_FIELDS_MAX];	     /* CSV: column of each field */
	size_t fields;			     /* CSV: how many there are */
	char *split;			     /* owns; the copy that is split into fields */
	struct cJSON *tree;		     /* owns; the last JSON row */
	struct buf joined[KIND_COLUMNS_MAX]; /* texts made of JSON values */
};

struct row {
	size_t line;	 /* where it begins */
	const char *raw; /* borrowed until the next row, like all below */
	size_t raw_len;
	const char *values[KIND_COLUMNS_MAX]; /* by the kind's columns; NULL: absent or empty */
};

enum rows_status {
	ROWS_ROW,
	ROWS_END,
	ROWS_BAD,  /* this row is not usable; the next may be */
	ROWS_STOP, /* the file cannot be read on */
};

/* Opens a file ("-": stdin) and reads its line of names. 0, or -EBADMSG (its content), or another
 * negative errno, with *ret_problem. rows_close() is due in any case. */
int rows_open(struct rows *rows, const char *path, const struct kind *kind,
	      struct rows_problem *ret_problem);
void rows_close(struct rows *rows);
/* The next row; with BAD and STOP its line and *ret_problem are set. */
enum rows_status rows_next(struct rows *rows, struct row *ret, struct rows_problem *ret_problem);

/*
 * What a row's keys are made from: the same for the same row of the same file in every run.
 *
 * The file is named by kind, site and base name. Neither its path (the file may be run again from
 * another folder) nor its content as a whole (rows may be appended between two runs) has a part in
 * it. The row is named by its external_id, or by its line where it has none, and by its bytes: a
 * row that was mended is another request. 0 or -ENOMEM.
 */
int row_identity(const struct rows *rows, const struct row *row, const char *site, const char *path,
		 uint8_t out[32]);
/*
 * The key of a row. `generation` is 0, and one more each time the server repeats a refusal from an
 * earlier run: the cause may be gone, and the refused key can never succeed.
 */
void row_key(const uint8_t identity[32], unsigned generation, char out[UUID_TEXT_MAX]);
