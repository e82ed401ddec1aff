#pragma once

/*
 * Columns on a terminal, measured by East Asian width; what is too wide loses its end to "…".
 */

#include <stddef.h>

struct out;

/* Prints `rows` * `columns` safe one-line cells under `heads`. */
void table_print(struct out *out, char *const heads[], size_t columns, char *const cells[],
		 size_t rows);
/* Cuts UTF-8 text in place (it shrinks) to `width` columns, "…" last where something was lost. */
void table_cut(char *text, int width);
