/*
 * Lists and single objects in the format that was asked for.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/i18n.h"
#include "client/jsontext.h"
#include "client/table.h"
#include "client/titles.h"
#include "client/view.h"
#include "client/when.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"

#define CELL_MAX (64 * 1024)
#define JSON_MAX (512 * 1024 * 1024)

int listing_begin(struct listing *listing, struct client *client, const struct view *view)
{
	bool table = client->out.format == FORMAT_TABLE;

	*listing = (struct listing){ .client = client, .view = view, .json = BUF_INIT(JSON_MAX) };
	if (!client->out.ndjson)
		buf_add_char(&listing->json, '[');
	if (client->out.format == FORMAT_JSON && !client->options.fields)
		return STATUS_OK;
	if (!fields_choose(client, view, table ? view->table : view->tsv, &listing->fields))
		return STATUS_USAGE;
	if (client->out.format == FORMAT_TSV && client->out.header && !client->out.names)
		for (size_t i = 0; i < listing->fields.count; i++)
			out_printf(&client->out, "%s%c", listing->fields.names[i],
				   i + 1 < listing->fields.count ? '\t' : '\n');
	return STATUS_OK;
}

/* An instant as a person reads it; other text stays. */
static void humanise(struct client *client, const struct cJSON *object, struct buf *text)
{
	int64_t at;

	if (!text->data || text->len < 20 || instant_parse(text->data, &at) < 0)
		return;
	buf_reset(text);
	when_instant(text, at - at % (60 * USEC_PER_SEC), view_zone(client, object), client->now,
		     client_lang(client));
}

/* One cell, safe, on one line; malloc'd or NULL. */
static char *cell(struct client *client, const struct cJSON *object, const char *path, bool escape)
{
	struct buf raw = BUF_INIT(CELL_MAX), safe = BUF_INIT(4 * CELL_MAX);

	view_cell(client, object, path, &raw);
	if (!escape)
		humanise(client, object, &raw);
	if (escape)
		text_escape(&safe, raw.data ? raw.data : "");
	else
		text_line(&safe, title_value(path, raw.data ? raw.data : ""));
	if (raw.failed)
		safe.failed = true;
	buf_deinit(&raw);
	if (!safe.data && !safe.failed)
		return strdup("");
	return buf_steal(&safe);
}

static void row_tsv(struct listing *listing, const struct cJSON *object)
{
	struct out *out = &listing->client->out;

	for (size_t i = 0; i < listing->fields.count; i++) {
		char *text = cell(listing->client, object, listing->fields.names[i], true);

		out_printf(out, "%s%c", text ? text : "",
			   i + 1 < listing->fields.count ? '\t' : '\n');
		listing->failed = listing->failed || !text;
		free(text);
	}
}

static void row_table(struct listing *listing, const struct cJSON *object)
{
	size_t columns = listing->fields.count, need = (listing->rows + 1) * columns;

	if (need > listing->room) {
		size_t room = need * 2 + 64;
		char **cells = realloc(listing->cells, room * sizeof(*cells));

		if (!cells) {
			listing->failed = true;
			return;
		}
		listing->cells = cells;
		listing->room = room;
	}
	for (size_t i = 0; i < columns; i++) {
		char *text = cell(listing->client, object, listing->fields.names[i], false);

		listing->failed = listing->failed || !text;
		listing->cells[listing->rows * columns + i] = text ? text : strdup("");
	}
	listing->rows++;
}

/* An object with the chosen fields only; a dotted path keeps its name. */
static void write_chosen(struct jsonw *w, struct client *client, const struct fields *fields,
			 const struct cJSON *object)
{
	jsonw_object(w);
	for (size_t i = 0; i < fields->count; i++) {
		const struct cJSON *value = json_get(object, fields->names[i]);
		struct buf text = BUF_INIT(CELL_MAX);

		jsonw_key(w, fields->names[i]);
		if (value || (!strchr(fields->names[i], '.') && strcmp(fields->names[i], "when"))) {
			json_write(w, value);
		} else {
			view_cell(client, object, fields->names[i], &text);
			jsonw_str(w, text.data);
		}
		buf_deinit(&text);
	}
	jsonw_object_end(w);
}

static void write_object(struct jsonw *w, struct client *client, const struct fields *fields,
			 const struct cJSON *object)
{
	if (client->options.fields)
		write_chosen(w, client, fields, object);
	else
		json_write(w, object);
}

/* False: it could not be written, for want of memory. */
static bool print_json(struct out *out, const struct buf *json)
{
	struct buf safe = BUF_INIT(JSON_MAX);
	bool whole;

	if (json->data)
		json_add_safe(&safe, json->data, json->len);
	buf_add_char(&safe, '\n');
	whole = !json->failed && !safe.failed;
	if (whole)
		out_write(out, safe.data, safe.len);
	buf_deinit(&safe);
	return whole;
}

/* In an array for the end, or at once on a line of its own. */
static void row_json(struct listing *listing, const struct cJSON *object)
{
	struct jsonw w = JSONW_INIT(&listing->json);

	if (listing->json.len > 1)
		buf_add_char(&listing->json, ',');
	write_object(&w, listing->client, &listing->fields, object);
	listing->failed = listing->failed || listing->json.failed;
	if (!listing->client->out.ndjson)
		return;
	if (!listing->failed)
		listing->failed = !print_json(&listing->client->out, &listing->json);
	buf_reset(&listing->json);
}

void listing_row(struct listing *listing, const struct cJSON *object)
{
	const char *zone = json_str(json_get(object, "local"), "zone");

	if (zone && strlen(zone) < sizeof(listing->client->zone_seen))
		strcpy(listing->client->zone_seen, zone);
	if (listing->client->out.format == FORMAT_JSON)
		row_json(listing, object);
	else if (listing->client->out.format == FORMAT_TSV)
		row_tsv(listing, object);
	else
		row_table(listing, object);
}

/* {"bookings":[...],"rev":7,"truncated":true,"cursor":"..."} */
static void end_json(struct listing *listing, const struct cJSON *result, bool more)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&text);

	buf_add_char(&listing->json, ']');
	jsonw_object(&w);
	jsonw_key(&w, listing->view->list);
	jsonw_raw(&w, listing->json.data, listing->json.len);
	if (json_get(result, "rev")) {
		jsonw_key(&w, "rev");
		json_write(&w, json_get(result, "rev"));
	}
	jsonw_kbool(&w, "truncated", more);
	if (more && json_get(result, "cursor"))
		jsonw_kstr(&w, "cursor", json_str(result, "cursor"));
	jsonw_object_end(&w);
	listing->failed = listing->json.failed || !print_json(&listing->client->out, &text);
	buf_deinit(&text);
}

static void print_table(struct out *out, const struct listing *listing)
{
	out_page(out);
	table_print(out, listing->fields.names, listing->fields.count, listing->cells,
		    listing->rows, listing->client->options.fields != NULL);
}

int listing_end(struct listing *listing, const struct cJSON *result, bool more)
{
	struct out *out = &listing->client->out;
	int64_t stale_ms;

	if (!listing->failed && out->format == FORMAT_JSON && !out->ndjson)
		end_json(listing, result, more);
	if (listing->failed)
		complain(_("out of memory"));
	else if (out->format == FORMAT_TABLE && listing->rows > 0)
		print_table(out, listing);
	else if (out->format == FORMAT_TABLE)
		note(out, _("nothing to list"));
	if (more)
		note(out, _("There are more rows; --limit 0 lists all."));
	if (json_int(result, "stale_ms", &stale_ms))
		note(out, _("The database is away; this is how it was %lld s ago."),
		     (long long)stale_ms / 1000);
	return listing->failed ? STATUS_SOFTWARE : STATUS_OK;
}

void listing_deinit(struct listing *listing)
{
	for (size_t i = 0; i < listing->rows * listing->fields.count; i++)
		free(listing->cells[i]);
	free(listing->cells);
	buf_deinit(&listing->json);
}

/* A name (which may be the server's) and its text, which is safe already. */
static void print_member(struct out *out, const char *name, const char *text, int column)
{
	bool card = out->format != FORMAT_TSV;
	struct buf label = BUF_INIT(1024);
	char title[TITLE_MAX];
	int pad;

	text_escape(&label, card ? title_label(name, title) : name);
	if (!card) {
		out_printf(out, "%s\t%s\n", label.data ? label.data : "", text);
	} else if (*text) {
		pad = column - (label.data ? utf8_width(label.data) : 0);
		out_printf(out, "%s%*s%s\n", label.data ? label.data : "", pad > 1 ? pad : 1, "",
			   text);
	}
	buf_deinit(&label);
}

/* Where the texts of a card begin. */
static int card_column(const struct cJSON *object)
{
	int widest = 0;

	for (const struct cJSON *m = json_first(object); m; m = json_next(m)) {
		char title[TITLE_MAX];
		int width = utf8_width(title_label(json_name(m), title));

		if (width > widest && width <= 24)
			widest = width;
	}
	return widest + 2;
}

/* What the line "when" of a card says already. */
static bool told_by_when(const char *name)
{
	return strcmp(name, "start") == 0 || strcmp(name, "end") == 0 || strcmp(name, "local") == 0;
}

/* Lines of an object's members; an object inside shows its own as "outer.inner". */
static int print_members(struct client *client, const struct cJSON *object, const char *prefix,
			 bool led_by_when)
{
	for (const struct cJSON *m = json_first(object); m; m = json_next(m)) {
		char name[128];
		char *text;

		if (led_by_when && told_by_when(json_name(m)))
			continue;
		if (snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "",
			     json_name(m)) >= (int)sizeof(name))
			continue;
		if (json_is_object(m) && !*prefix) {
			if (print_members(client, m, json_name(m), false) != STATUS_OK)
				return STATUS_SOFTWARE;
			continue;
		}
		text = cell(client, object, json_name(m), client->out.format == FORMAT_TSV);
		if (!text)
			return STATUS_SOFTWARE;
		print_member(&client->out, name, text, *prefix ? 16 : card_column(object));
		free(text);
	}
	return STATUS_OK;
}

/* The object as JSON, or as lines of a card. */
static int show_members(struct client *client, const struct view *view, const struct cJSON *object)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&text);
	struct fields fields;
	bool whole;

	if (client->out.format != FORMAT_JSON)
		return print_members(client, object, "", false);
	if (!fields_choose(client, view, "all", &fields))
		return STATUS_USAGE;
	write_object(&w, client, &fields, object);
	whole = print_json(&client->out, &text);
	buf_deinit(&text);
	if (!whole)
		complain(_("out of memory"));
	return whole ? STATUS_OK : STATUS_SOFTWARE;
}

int view_members(struct client *client, const struct cJSON *object)
{
	return show_members(client, view_find(""), object);
}

/* On a terminal a card, led by the span in words where there is one. */
static int show_card(struct client *client, const struct view *view, const struct cJSON *object)
{
	struct fields fields;
	bool led;
	char *when;

	if (client->options.fields) {
		if (!fields_choose(client, view, "", &fields))
			return STATUS_USAGE;
		for (size_t i = 0; i < fields.count; i++) {
			char *text = cell(client, object, fields.names[i], false);

			print_member(&client->out, fields.names[i], text ? text : "", 16);
			free(text);
		}
		return STATUS_OK;
	}
	when = cell(client, object, "when", false);
	led = when && *when;
	if (led)
		print_member(&client->out, "when", when, card_column(object));
	free(when);
	return print_members(client, object, "", led);
}

int view_show(struct client *client, const struct view *view, const struct cJSON *object)
{
	struct listing listing;
	int r;

	if (client->out.format == FORMAT_JSON)
		return show_members(client, view, object);
	if (client->out.format == FORMAT_TABLE)
		return show_card(client, view, object);
	r = listing_begin(&listing, client, view);
	if (r != STATUS_OK) {
		listing_deinit(&listing);
		return r;
	}
	listing_row(&listing, object);
	r = listing_end(&listing, NULL, false);
	listing_deinit(&listing);
	return r;
}
