#pragma once

/*
 * Reads a query of any size in bounded memory: a server-side cursor, fetched a page at a time.
 * Several can be open in one transaction, so that sorted streams of one snapshot are merged.
 */

#include "daemon/db_admin.h"

struct db_cursor {
	struct db_admin *db; /* borrows; its problem tells what went wrong */
	PGresult *page;	     /* owns */
	char name[24];
	int row, rows; /* within the page */
	bool at_row;   /* a row can be read */
	bool failed;
};

/* Begins reading; in a transaction, with a name of its own. A failure shows at the first row. */
void db_cursor_open(struct db_cursor *cursor, struct db_admin *db, const char *name,
		    const char *sql);
/* Goes to the next row (the first call: to the first one); false at the end or after a failure. */
bool db_cursor_next(struct db_cursor *cursor);
void db_cursor_close(struct db_cursor *cursor);

/* Columns of the row, from 0; text and numbers of the server's own making. Null reads as "" and 0.
 */
bool db_cursor_null(const struct db_cursor *cursor, int column);
const char *db_cursor_text(const struct db_cursor *cursor, int column);
int64_t db_cursor_int(const struct db_cursor *cursor, int column);
