#pragma once

/*
 * Columns on a terminal, measured by East Asian width; what is too wide loses its end to "…". Where
 * not even that makes a row fit, each row is a record of its own, a line a field.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct out;

/* Prints `rows` * `columns` safe one-line cells under `heads`; a column without any text is left out
 * unless `all` are wanted. */
void table_print(struct out *out, char *const heads[], size_t columns, char *const cells[],
		 size_t rows, bool all);
/* Appends UTF-8 text, cut to `width` columns with "…" last where something was lost. */
void table_cut(const char *text, int width, struct buf *out);
