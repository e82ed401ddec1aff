/* See watch_lines.h. A terminal's line is time, what, where, when, who, reference. */

#include "client/watch_lines.h"

#include <string.h>

#include "client/client.h"
#include "client/i18n.h"
#include "client/table.h"
#include "client/when.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"
#include "common/zone.h"

#define LINE_MAX_BYTES 4096
#define WHAT_COLUMNS   11
#define SPACE_COLUMNS  9

int watch_lines_begin(struct watch_lines *lines, struct client *client)
{
	lines->client = client;
	/* A list that never ends is one line an object. */
	if (client->out.format == FORMAT_JSON)
		client->out.ndjson = true;
	if (client->out.format == FORMAT_TABLE)
		return STATUS_OK;
	return listing_begin(&lines->listing, client, view_find("watch"));
}

void watch_lines_end(struct watch_lines *lines)
{
	if (lines->client && lines->client->out.format != FORMAT_TABLE)
		listing_deinit(&lines->listing);
}

/* What happened in one word; for those who may not know, what came of it. */
static const char *what(const struct cJSON *event)
{
	static const struct {
		const char *kind, *word;
	} words[] = {
		{ "booking.created", N_("booked") },	  { "booking.moved", N_("moved") },
		{ "booking.cancelled", N_("cancelled") }, { "booking.undone", N_("undone") },
		{ "block.created", N_("blocked") },	  { "block.ended", N_("unblocked") },
	};
	const char *kind = json_str(event, "kind");

	for (size_t i = 0; kind && i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].kind, kind) == 0)
			return _(words[i].word);
	if (kind)
		return kind;
	return json_bool(event, "taken") ? _("taken") : _("free");
}

static void add_padded(struct buf *line, const char *text, int columns)
{
	struct buf safe = BUF_INIT(LINE_MAX_BYTES);
	int width;

	text_line(&safe, text ? text : "");
	width = safe.data ? utf8_width(safe.data) : 0;
	buf_add(line, safe.data, safe.len);
	do
		buf_add_char(line, ' ');
	while (++width < columns);
	buf_deinit(&safe);
}

/* Of the event, or where that is not told, of now; on the clock of the site or --tz. */
static void add_time(struct buf *line, struct client *client, const struct cJSON *event)
{
	const char *text = json_str(event, "at"), *name = view_zone(client, event);
	struct zone *zone = NULL;
	struct zone_local local;
	int64_t at;

	if (!text || instant_parse(text, &at) < 0)
		at = instant_now();
	if (!name || zone_load(name, NULL, &zone) < 0)
		(void)zone_load("UTC", NULL, &zone);
	if (zone) {
		zone_to_local(zone, at, &local);
		buf_printf(line, "%02d:%02d:%02d ", local.civil.hour, local.civil.minute,
			   local.civil.second);
	}
	zone_free(zone);
}

static void add_span(struct buf *line, struct client *client, const struct cJSON *event)
{
	const char *start = json_str(event, "start"), *end = json_str(event, "end");
	int64_t from, to;

	if (!start || !end || instant_parse(start, &from) < 0 || instant_parse(end, &to) < 0)
		return;
	when_span(line, from, to, view_zone(client, event), client->now, client_lang(client));
	buf_add_str(line, "  ");
}

static void add_who(struct buf *line, const struct cJSON *event)
{
	const struct cJSON *booking = json_get(event, "booking");
	const char *name = json_str(booking, "member_name"), *login = json_str(booking, "member");
	const char *ref = json_str(booking, "ref");

	if (!ref)
		ref = json_str(json_get(event, "block"), "ref");
	if (!booking)
		login = json_str(event, "actor");
	if (name || login)
		add_padded(line, name ? name : login, 0);
	if (ref)
		text_line(line, ref);
}

static void print_line(struct client *client, const struct cJSON *event)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES), cut = BUF_INIT(LINE_MAX_BYTES);
	const char *space = json_str(event, "space");

	add_time(&line, client, event);
	add_padded(&line, what(event), WHAT_COLUMNS);
	add_padded(&line, space ? space : json_str(event, "code"), SPACE_COLUMNS);
	add_span(&line, client, event);
	add_who(&line, event);
	while (line.len > 0 && line.data[line.len - 1] == ' ')
		line.data[--line.len] = '\0';
	if (line.data && !line.failed)
		table_cut(line.data, client->out.columns, &cut);
	buf_add_char(&cut, '\n');
	out_write(&client->out, cut.data, cut.len);
	buf_deinit(&line);
	buf_deinit(&cut);
}

void watch_lines_event(struct watch_lines *lines, const struct cJSON *event)
{
	if (lines->client->out.format == FORMAT_TABLE)
		print_line(lines->client, event);
	else
		listing_row(&lines->listing, event);
}
