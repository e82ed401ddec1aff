/*
 * See db_cursor.h. A page is a compromise: a few hundred kilobytes, few round trips.
 */

#include "daemon/db_cursor.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 2000
#define SQL_MAX	  4096

void db_cursor_open(struct db_cursor *cursor, struct db_admin *db, const char *name,
		    const char *sql)
{
	char text[SQL_MAX];

	*cursor = (struct db_cursor){ .db = db };
	snprintf(cursor->name, sizeof(cursor->name), "%s", name);
	snprintf(text, sizeof(text), "DECLARE %s NO SCROLL CURSOR FOR %s", name, sql);
	cursor->failed = db_admin_exec(db, text) < 0;
}

static void fetch(struct db_cursor *cursor)
{
	char text[64];

	PQclear(cursor->page);
	cursor->page = NULL;
	cursor->row = cursor->rows = 0;
	snprintf(text, sizeof(text), "FETCH %d FROM %s", PAGE_ROWS, cursor->name);
	cursor->failed = db_admin_query(cursor->db, text, 0, NULL, &cursor->page) < 0;
	if (!cursor->failed)
		cursor->rows = PQntuples(cursor->page);
}

bool db_cursor_next(struct db_cursor *cursor)
{
	bool was_last = cursor->page && cursor->rows < PAGE_ROWS;

	cursor->row++;
	if (!cursor->failed && cursor->row >= cursor->rows && !was_last)
		fetch(cursor);
	cursor->at_row = !cursor->failed && cursor->row < cursor->rows;
	return cursor->at_row;
}

void db_cursor_close(struct db_cursor *cursor)
{
	char text[64];

	PQclear(cursor->page);
	cursor->page = NULL;
	cursor->at_row = false;
	if (cursor->failed)
		return;
	snprintf(text, sizeof(text), "CLOSE %s", cursor->name);
	cursor->failed = db_admin_exec(cursor->db, text) < 0;
}

bool db_cursor_null(const struct db_cursor *cursor, int column)
{
	return PQgetisnull(cursor->page, cursor->row, column);
}

const char *db_cursor_text(const struct db_cursor *cursor, int column)
{
	return PQgetvalue(cursor->page, cursor->row, column);
}

int64_t db_cursor_int(const struct db_cursor *cursor, int column)
{
	return strtoll(PQgetvalue(cursor->page, cursor->row, column), NULL, 10);
}
