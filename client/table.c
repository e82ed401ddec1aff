/*
 * Tables: each column as wide as its widest cell; free text gives way until a row fits.
 */

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "client/out.h"
#include "client/table.h"
#include "client/titles.h"
#include "common/macros.h"
#include "common/utf8.h"

#define COLUMNS_MAX 32
#define GAP	    2
#define NARROWEST   6

/* Bytes of the next character with the marks that join it, and its columns. */
static size_t next_cluster(const char *text, size_t len, int *ret_width)
{
	size_t used = 0;

	*ret_width = 0;
	while (used < len) {
		uint32_t code = 0;
		size_t step = utf8_next(text + used, len - used, &code);
		int width = step ? wcwidth((wchar_t)code) : 1;

		if (used > 0 && width != 0)
			break;
		used += step ? step : 1;
		*ret_width += width > 0 ? width : 0;
	}
	return used;
}

void table_cut(const char *text, int width, struct buf *out)
{
	size_t at = 0, len = strlen(text);
	int used = 0;

	if (utf8_width(text) <= width) {
		buf_add(out, text, len);
		return;
	}
	while (at < len) {
		int one;
		size_t step = next_cluster(text + at, len - at, &one);

		if (used + one > width - 1)
			break;
		used += one;
		at += step;
	}
	buf_add(out, text, at);
	buf_add_str(out, "…");
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static void print_cell(struct out *out, const char *text, int width, bool last)
{
	struct buf cell = BUF_INIT(256 * 1024);

	table_cut(text, width, &cell);
	if (cell.data && !cell.failed)
		out_str(out, cell.data);
	if (!last)
		out_printf(out, "%*s", width - (cell.data ? utf8_width(cell.data) : 0) + GAP, "");
	buf_deinit(&cell);
}

/* A column of width 0 is left out. */
static int total(const int widths[], size_t columns)
{
	int sum = -GAP;

	for (size_t c = 0; c < columns; c++)
		sum += widths[c] ? widths[c] + GAP : 0;
	return sum;
}

/* Whether no column to the right of this one is shown. */
static bool is_last(const int widths[], size_t columns, size_t c)
{
	while (++c < columns)
		if (widths[c])
			return false;
	return true;
}

/* "code" of "space.code". */
static const char *last_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* What a row is judged by, and what it is called, which is typed again: neither is ever cut. */
static bool is_dear(const char *path)
{
	static const char *const names[] = { "at",    "ref",  "code",  "token", "when",
					     "hours", "kind", "state", "login" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], last_name(path)) == 0)
			return true;
	return false;
}

/* The widest column that may still give way, or -1. */
static int widest(char *const heads[], const int widths[], size_t columns)
{
	int found = -1;

	for (size_t c = 0; c < columns; c++)
		if (widths[c] > NARROWEST && !is_dear(heads[c]) &&
		    (found < 0 || widths[c] >= widths[found]))
			found = (int)c;
	return found;
}

/* Makes a row fit; false when it cannot. */
static bool fit(char *const heads[], int widths[], size_t columns, int room)
{
	for (int over = total(widths, columns) - room; over > 0; over--) {
		int c = widest(heads, widths, columns);

		if (c < 0)
			return false;
		widths[c]--;
	}
	return true;
}

static int title_width(const char *path)
{
	char head[TITLE_MAX];

	return utf8_width(title_of(path, head));
}

static void print_heads(struct out *out, char *const heads[], const int widths[], size_t columns)
{
	if (out->color)
		out_str(out, "\033[1m");
	for (size_t c = 0; c < columns; c++) {
		char head[TITLE_MAX];

		if (widths[c])
			print_cell(out, title_of(heads[c], head), widths[c],
				   is_last(widths, columns, c));
	}
	out_str(out, out->color ? "\033[0m\n" : "\n");
}

static void print_columns(struct out *out, char *const heads[], const int widths[], size_t columns,
			  char *const cells[], size_t rows)
{
	print_heads(out, heads, widths, columns);
	for (size_t r = 0; r < rows; r++) {
		for (size_t c = 0; c < columns; c++)
			if (widths[c])
				print_cell(out, cells[r * columns + c], widths[c],
					   is_last(widths, columns, c));
		out_str(out, "\n");
	}
}

/* A line for each field that is not empty, an empty line between records. */
static void print_records(struct out *out, char *const heads[], size_t columns, char *const cells[],
			  size_t rows)
{
	int column = 0;

	for (size_t c = 0; c < columns; c++)
		column = larger(column, title_width(heads[c]));
	for (size_t i = 0; i < rows * columns; i++) {
		char head[TITLE_MAX];
		const char *title = title_of(heads[i % columns], head);

		if (i > 0 && i % columns == 0)
			out_str(out, "\n");
		if (*cells[i])
			out_printf(out, "%s%*s%s\n", title, column + GAP - utf8_width(title), "",
				   cells[i]);
	}
}

void table_print(struct out *out, char *const heads[], size_t columns, char *const cells[],
		 size_t rows, bool all)
{
	int widths[COLUMNS_MAX];

	if (columns > COLUMNS_MAX)
		columns = COLUMNS_MAX;
	for (size_t c = 0; c < columns; c++) {
		int head = title_width(heads[c]);

		widths[c] = all ? head : 0;
		for (size_t r = 0; r < rows; r++)
			widths[c] = larger(widths[c], utf8_width(cells[r * columns + c]));
		if (widths[c])
			widths[c] = larger(widths[c], head);
	}
	if (columns == 1 || fit(heads, widths, columns, out->columns))
		print_columns(out, heads, widths, columns, cells, rows);
	else
		print_records(out, heads, columns, cells, rows);
}
