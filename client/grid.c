/*
 * The grid of a week. Each cell shows what matters most of what is in it: mine, taken, out of
 * service, free, closed. Days on which all is closed are left out.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/grid.h"
#include "client/i18n.h"
#include "client/site_clock.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"
#include "common/when.h"
#include "common/zone.h"

#define GAP	     2
#define CELL_MINUTES 30
#define NARROWEST    44 /* columns: seven days of four signs and short codes */
#define DAY_SECONDS  INT64_C(86400)
#define WEEKDAY_MAX  64
#define TEXT_MAX     1024
#define DAY_LEAST    4 /* columns: a date of two digits and the gap */

/* In order of what matters more. */
enum cell {
	CELL_CLOSED,
	CELL_FREE,
	CELL_BLOCKED,
	CELL_TAKEN,
	CELL_MINE,
};

static const char *const signs[] = { "░", "·", "✗", "█", "▓" };

bool grid_fits(const struct client *client)
{
	return client->out.columns >= NARROWEST;
}

/* The instant of a minute of a day; in a gap of the clock the first behind it. */
static int64_t instant_of(const struct grid *grid, int day, int minute)
{
	struct civil civil = civil_from_seconds(grid->days[day] + minute * INT64_C(60));
	struct zone_gap gap;
	int64_t at = 0;

	if (zone_to_instant(grid->zone, &civil, 0, &at, &gap) == ZONE_GAP)
		(void)zone_to_instant(grid->zone, &gap.to, 0, &at, NULL);
	return at;
}

bool grid_begin(struct grid *grid, struct client *client, const struct cJSON *result)
{
	const char *zone = json_str(result, "zone"), *start = json_str(result, "start");
	struct site_clock clock;
	struct zone_local local;
	int64_t at;

	*grid = (struct grid){ .client = client };
	if (!zone || !start || instant_parse(start, &at) < 0 ||
	    zone_load(zone, NULL, &grid->zone) < 0 || site_clock_get(client, &clock) != STATUS_OK)
		return false;
	zone_to_local(grid->zone, at, &local);
	local.civil.hour = local.civil.minute = local.civil.second = 0;
	for (int d = 0; d <= GRID_DAYS; d++)
		grid->days[d] = civil_to_seconds(&local.civil) + d * DAY_SECONDS;
	grid->open = clock.open;
	grid->close = clock.close;
	grid->cells = (clock.close - clock.open + CELL_MINUTES - 1) / CELL_MINUTES;
	return grid->cells <= GRID_CELLS_MAX;
}

void grid_deinit(struct grid *grid)
{
	for (size_t i = 0; i < grid->count; i++)
		free(grid->rows[i].code);
	free(grid->rows);
	grid->zone = zone_free(grid->zone);
	grid->rows = NULL;
	grid->count = 0;
}

static enum cell cell_of(const struct cJSON *span)
{
	const char *state = json_str(span, "state");

	if (!state || strcmp(state, "closed") == 0)
		return CELL_CLOSED;
	if (strcmp(state, "taken") == 0)
		return json_bool(json_get(span, "booking"), "mine") ? CELL_MINE : CELL_TAKEN;
	return strcmp(state, "blocked") == 0 ? CELL_BLOCKED : CELL_FREE;
}

/* Marks the cells that a span has a part of, where nothing matters more. */
static void mark(const struct grid *grid, struct grid_row *row, const struct cJSON *span)
{
	const char *start = json_str(span, "start"), *end = json_str(span, "end");
	enum cell cell = cell_of(span);
	int64_t from, to;

	if (!start || !end || instant_parse(start, &from) < 0 || instant_parse(end, &to) < 0)
		return;
	for (int d = 0; d < GRID_DAYS; d++)
		for (int c = 0; c < grid->cells; c++) {
			int minute = grid->open + c * CELL_MINUTES;

			if (instant_of(grid, d, minute) < to &&
			    instant_of(grid, d, minute + CELL_MINUTES) > from &&
			    cell > row->cells[d][c])
				row->cells[d][c] = (uint8_t)cell;
		}
}

bool grid_add(struct grid *grid, const struct cJSON *object)
{
	const char *code = json_str(json_get(object, "space"), "code");
	struct buf safe = BUF_INIT(1024);
	struct grid_row *row;

	if (grid->count == grid->room) {
		size_t room = grid->room * 2 + 64;
		struct grid_row *rows = realloc(grid->rows, room * sizeof(*rows));

		if (!rows)
			return false;
		grid->rows = rows;
		grid->room = room;
	}
	row = &grid->rows[grid->count];
	*row = (struct grid_row){ 0 };
	text_line(&safe, code ? code : "?");
	row->code = buf_steal(&safe);
	if (!row->code)
		return false;
	grid->count++;
	for (const struct cJSON *s = json_first(json_get(object, "spans")); s; s = json_next(s))
		mark(grid, row, s);
	return true;
}

/* Whether the day is open for any space, or any is held all the same. */
static bool is_open(const struct grid *grid, int day)
{
	for (size_t r = 0; r < grid->count; r++)
		for (int c = 0; c < grid->cells; c++)
			if (grid->rows[r].cells[day][c] != CELL_CLOSED)
				return true;
	return false;
}

static void print_padded(struct out *out, const char *text, int width)
{
	int pad = width - utf8_width(text);

	out_printf(out, "%s%*s", text, pad > 0 ? pad : 0, "");
}

/* How it is drawn on this terminal. */
struct drawing {
	const struct grid *grid;
	bool open[GRID_DAYS]; /* days that are shown */
	int label;	      /* columns of the codes */
	int step;	      /* half hours a sign */
	int signs;	      /* of a day */
	int width;	      /* of a day, with its gap */
};

/* As many signs as fit: an hour, or more, each. */
static void choose_step(struct drawing *drawing)
{
	static const int steps[] = { 2, 3, 4, 6, 8, 12, 24 };
	int days = 0, room;

	for (int d = 0; d < GRID_DAYS; d++)
		days += drawing->open[d];
	room = (drawing->grid->client->out.columns - drawing->label + GAP) / (days ? days : 1) -
	       GAP;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		drawing->step = steps[i];
		drawing->signs = (drawing->grid->cells + steps[i] - 1) / steps[i];
		if (drawing->signs <= room)
			break;
	}
	drawing->width = drawing->signs + GAP > DAY_LEAST ? drawing->signs + GAP : DAY_LEAST;
}

/* "09–18 a day, 1 h a sign" and what the signs mean; on two lines where it is narrow. */
static void print_legend(const struct drawing *drawing)
{
	const struct grid *grid = drawing->grid;
	struct out *out = &grid->client->out;
	struct buf first = BUF_INIT(TEXT_MAX), second = BUF_INIT(TEXT_MAX);
	bool fits;

	buf_printf(&first, "%02d:%02d–%02d:%02d", grid->open / 60, grid->open % 60,
		   grid->close / 60, grid->close % 60);
	if (drawing->step % 2 == 0)
		buf_printf(&first, _(", %d h a sign"), drawing->step / 2);
	else
		buf_printf(&first, _(", %d min a sign"), drawing->step * CELL_MINUTES);
	buf_printf(&second, "%s %s %s %s %s %s %s %s %s %s", signs[CELL_TAKEN], _("taken"),
		   signs[CELL_MINE], _("yours"), signs[CELL_FREE], _("free"), signs[CELL_CLOSED],
		   _("closed"), signs[CELL_BLOCKED], _("out"));
	if (first.data && second.data) {
		fits = utf8_width(first.data) + 3 + utf8_width(second.data) <= out->columns;
		out_printf(out, "%s%s%s\n", first.data, fits ? "   " : "\n", second.data);
	}
	buf_deinit(&first);
	buf_deinit(&second);
}

/* "Mon 23", or where days are narrow "23". */
static void print_days(const struct drawing *drawing)
{
	struct client *client = drawing->grid->client;

	print_padded(&client->out, "", drawing->label);
	for (int d = 0; d < GRID_DAYS; d++) {
		struct civil civil = civil_from_seconds(drawing->grid->days[d]);
		char text[WEEKDAY_MAX];

		if (!drawing->open[d])
			continue;
		snprintf(text, sizeof(text), "%s %d",
			 when_day_name(civil_weekday(&civil), client_lang(client)), civil.day);
		if (utf8_width(text) > drawing->width - 1)
			snprintf(text, sizeof(text), "%d", civil.day);
		print_padded(&client->out, text, drawing->width);
	}
	out_str(&client->out, "\n");
}

/* What matters most in a sign's half hours. */
static const char *sign_of(const struct drawing *drawing, const uint8_t *cells, int sign)
{
	enum cell most = CELL_CLOSED;

	for (int c = sign * drawing->step; c < (sign + 1) * drawing->step; c++)
		if (c < drawing->grid->cells && cells[c] > most)
			most = cells[c];
	return signs[most];
}

static void print_row(const struct drawing *drawing, const struct grid_row *row)
{
	struct out *out = &drawing->grid->client->out;

	print_padded(out, row->code, drawing->label);
	for (int d = 0; d < GRID_DAYS; d++) {
		if (!drawing->open[d])
			continue;
		for (int s = 0; s < drawing->signs; s++)
			out_str(out, sign_of(drawing, row->cells[d], s));
		out_printf(out, "%*s", drawing->width - drawing->signs, "");
	}
	out_str(out, "\n");
}

void grid_print(const struct grid *grid)
{
	struct drawing drawing = { .grid = grid };

	for (int d = 0; d < GRID_DAYS; d++)
		drawing.open[d] = is_open(grid, d);
	for (size_t r = 0; r < grid->count; r++)
		if (utf8_width(grid->rows[r].code) > drawing.label)
			drawing.label = utf8_width(grid->rows[r].code);
	drawing.label += GAP;
	choose_step(&drawing);
	print_legend(&drawing);
	print_days(&drawing);
	for (size_t r = 0; r < grid->count; r++)
		print_row(&drawing, &grid->rows[r]);
}
