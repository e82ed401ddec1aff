#pragma once

/*
 * CSV as RFC 4180 has it, strict: commas, fields in double quotes where they hold comma, quote or
 * line end, quotes doubled inside, records ended by CRLF or LF.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/buf.h"

#define CSV_FIELDS_MAX 64
#define CSV_RECORD_MAX (64 * 1024)

struct csv_record {
	char *fields[CSV_FIELDS_MAX]; /* NUL terminated, inside the text that was split */
	size_t count;
};

/*
 * Splits one record (without its line end) in place. 0; -EBADMSG with *ret_reason (static text)
 * when it is not CSV, has a NUL, or more than CSV_FIELDS_MAX fields. text[len] must be writable.
 */
int csv_split(char *text, size_t len, struct csv_record *ret, const char **ret_reason);
/* Appends one field, quoted where it must be. */
void csv_add_field(struct buf *out, const char *text);

/* Reads whole records or lines from a file, counting lines. */
struct record_reader {
	FILE *file;	 /* borrows */
	bool quotes;	 /* CSV: a line end inside quotes does not end the record */
	size_t line;	 /* where the last record began, from 1 */
	size_t next;	 /* line where the next one begins */
	struct buf text; /* the last record without its line end */
};

enum record_status {
	RECORD_FOUND,
	RECORD_END,
	RECORD_TOO_LONG, /* over CSV_RECORD_MAX, or quotes that never end: the rest cannot be told
			    apart */
	RECORD_FAILED,	 /* reading failed: errno */
};

void record_reader_init(struct record_reader *reader, FILE *file, bool quotes);
void record_reader_deinit(struct record_reader *reader);
enum record_status record_next(struct record_reader *reader);
