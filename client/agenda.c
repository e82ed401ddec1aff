/*
 * Lines of an agenda, measured before they are printed.
 */

#include <stdlib.h>
#include <string.h>

#include "client/agenda.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/table.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"
#include "common/when.h"
#include "common/zone.h"

#define CELL_MAX      4096
#define LABEL_COLUMNS 8
#define PLACE_CELL    1
#define PLACE_LEAST   8

void agenda_deinit(struct agenda *agenda)
{
	for (size_t r = 0; r < agenda->count; r++)
		for (size_t c = 0; c < AGENDA_CELLS; c++)
			free(agenda->rows[r].cells[c]);
	agenda->count = 0;
	places_deinit(&agenda->places);
}

/* "45 min", "20 h", "3 days". */
static void add_length(struct buf *out, int64_t usec)
{
	long long minutes = (long long)(usec / USEC_PER_SEC / 60);

	if (minutes < 60)
		buf_printf(out, _("%lld min"), minutes);
	else if (minutes < 36 * 60)
		buf_printf(out, _("%lld h"), minutes / 60);
	else
		buf_printf(out, _("%lld days"), (minutes / 60 + 12) / 24);
}

void agenda_distance(struct buf *out, int64_t start, int64_t end, int64_t now)
{
	struct buf length = BUF_INIT(CELL_MAX);

	add_length(&length, now < start ? start - now : end - now);
	if (now >= end)
		buf_add_str(out, _("over"));
	else
		buf_printf(out, now < start ? _("in %s") : _("now, %s left"),
			   length.data ? length.data : "");
	buf_deinit(&length);
}

/* Takes the text of `raw` as a safe cell. */
static char *take(struct buf *raw)
{
	struct buf safe = BUF_INIT(4 * CELL_MAX);

	if (raw->data)
		text_line(&safe, raw->data);
	buf_deinit(raw);
	return safe.data ? buf_steal(&safe) : strdup("");
}

static bool is_today(const struct agenda *agenda, int64_t at)
{
	struct zone_local day, today;

	zone_to_local(agenda->zone, at, &day);
	zone_to_local(agenda->zone, agenda->client->now, &today);
	return day.civil.year == today.civil.year && day.civil.month == today.civil.month &&
	       day.civil.day == today.civil.day;
}

void agenda_add(struct agenda *agenda, const char *label, const struct cJSON *booking)
{
	const char *start = json_str(booking, "start"), *end = json_str(booking, "end");
	const char *ref = json_str(booking, "ref"), *space = json_str(booking, "space");
	struct client *client = agenda->client;
	struct when_interval when;
	struct buf cells[AGENDA_CELLS];
	struct agenda_row *row;

	if (agenda->count == AGENDA_ROWS_MAX || !start || !end ||
	    instant_parse(start, &when.start) < 0 || instant_parse(end, &when.end) < 0)
		return;
	for (size_t i = 0; i < AGENDA_CELLS; i++)
		cells[i] = BUF_INIT(CELL_MAX);
	buf_add_str(&cells[0], ref ? ref : "");
	places_add(&agenda->places, client, space ? space : "", false, &cells[PLACE_CELL]);
	if (is_today(agenda, when.start))
		buf_add_str(&cells[2], _("today"));
	else
		when_echo_day(&cells[2], when.start, agenda->zone, client->now,
			      client_lang(client));
	when_echo_hours(&cells[3], &when, agenda->zone, client_lang(client));
	if (agenda->who)
		view_cell(client, booking, "who", &cells[4]);
	else
		agenda_distance(&cells[4], when.start, when.end, client->now);
	row = &agenda->rows[agenda->count++];
	row->label = label;
	for (size_t i = 0; i < AGENDA_CELLS; i++)
		row->cells[i] = take(&cells[i]);
}

static void print_padded(struct out *out, const char *text, int width)
{
	int pad = width - utf8_width(text);

	out_printf(out, "%s%*s", text, pad > 0 ? pad : 0, "");
}

static void print_label(struct out *out, const char *label)
{
	out_str(out, "  ");
	print_padded(out, label, LABEL_COLUMNS);
}

/* Each cell on a line of its own. */
static void print_narrow(const struct agenda *agenda, const struct agenda_row *row)
{
	struct out *out = &agenda->client->out;

	if (*row->label)
		out_printf(out, "  %s\n", row->label);
	for (size_t c = 0; c < AGENDA_CELLS; c++)
		if (row->cells[c] && *row->cells[c])
			out_printf(out, "  %s%s\n", c ? "  " : "", row->cells[c]);
}

static void print_row(const struct agenda *agenda, const struct agenda_row *row, const int widths[])
{
	struct out *out = &agenda->client->out;

	print_label(out, row->label);
	for (size_t c = 0; c < AGENDA_CELLS; c++) {
		struct buf cut = BUF_INIT(4 * CELL_MAX);

		table_cut(row->cells[c] ? row->cells[c] : "", widths[c], &cut);
		if (c + 1 < AGENDA_CELLS)
			print_padded(out, cut.data ? cut.data : "", widths[c] + 2);
		else
			out_str(out, cut.data ? cut.data : "");
		buf_deinit(&cut);
	}
	out_str(out, "\n");
}

void agenda_print(struct agenda *agenda)
{
	int widths[AGENDA_CELLS] = { 0 }, over, give;

	over = 2 + LABEL_COLUMNS + 2 * (AGENDA_CELLS - 1) - agenda->client->out.columns;
	for (size_t c = 0; c < AGENDA_CELLS; c++) {
		for (size_t r = 0; r < agenda->count; r++) {
			const char *text = agenda->rows[r].cells[c];

			if (text && utf8_width(text) > widths[c])
				widths[c] = utf8_width(text);
		}
		over += widths[c];
	}
	/* The name of a place gives way, and at the desk that of the person. */
	give = widths[PLACE_CELL] - PLACE_LEAST;
	if (over > 0 && give > 0) {
		give = over < give ? over : give;
		widths[PLACE_CELL] -= give;
		over -= give;
	}
	give = agenda->who ? widths[AGENDA_CELLS - 1] - PLACE_LEAST : 0;
	if (over > 0 && give > 0) {
		give = over < give ? over : give;
		widths[AGENDA_CELLS - 1] -= give;
		over -= give;
	}
	for (size_t r = 0; r < agenda->count; r++)
		if (over > 0)
			print_narrow(agenda, &agenda->rows[r]);
		else
			print_row(agenda, &agenda->rows[r], widths);
}

/* Breaks only between what " · " sets apart. */
static void print_parts(struct out *out, char *text)
{
	int used = 2 + LABEL_COLUMNS;

	for (char *part = text, *gap; part; part = gap ? gap + strlen(" · ") : NULL) {
		int width;

		gap = strstr(part, " · ");
		if (gap)
			*gap = '\0';
		width = utf8_width(part);
		if (part > text && used + 3 + width > out->columns) {
			out_printf(out, "\n%*s", 2 + LABEL_COLUMNS, "");
			used = 2 + LABEL_COLUMNS;
		} else if (part > text) {
			out_str(out, " · ");
			used += 3;
		}
		out_str(out, part);
		used += width;
	}
}

void agenda_line(struct client *client, const char *label, const char *text)
{
	struct buf safe = BUF_INIT(4 * CELL_MAX);

	text_line(&safe, text);
	print_label(&client->out, label);
	if (safe.data)
		print_parts(&client->out, safe.data);
	out_str(&client->out, "\n");
	buf_deinit(&safe);
}
