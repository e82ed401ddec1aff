/*
 * export: the same files that import reads.
 */

#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/csv.h"
#include "client/i18n.h"
#include "client/jsontext.h"
#include "client/kinds.h"
#include "client/pages.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/zone.h"

#define ROW_MAX (256 * 1024)

struct export
{
	struct client *client;
	const struct kind *kind;
	uint64_t hidden; /* bookings of others, of which we see only that they are there */
	bool failed;
};

/* The wall clock of a booking, as import must be told it. */
struct clock {
	char start[INSTANT_TEXT_MAX], end[INSTANT_TEXT_MAX];
	char fold[2]; /* empty where no time exists twice */
};

static bool exists_twice(const struct zone *zone, const struct zone_local *local)
{
	return zone_to_instant(zone, &local->civil, -1, NULL, NULL) == ZONE_TWICE;
}

/*
 * One fold stands for both ends. Where both exist twice and are not the same one, the instants
 * themselves are written: import takes them in these columns too.
 */
static void booking_clock(const struct cJSON *booking, struct clock *clock)
{
	const char *start = json_str(booking, "start"), *end = json_str(booking, "end");
	const char *name = json_str(json_get(booking, "local"), "zone");
	struct zone *zone = NULL;
	struct zone_local from, to;
	int64_t a, b;

	*clock = (struct clock){ 0 };
	if (!start || !end || instant_parse(start, &a) < 0 || instant_parse(end, &b) < 0)
		return;
	instant_format(a, clock->start);
	instant_format(b, clock->end);
	if (!name || zone_load(name, NULL, &zone) < 0)
		return;
	zone_to_local(zone, a, &from);
	zone_to_local(zone, b, &to);
	if (!exists_twice(zone, &from) || !exists_twice(zone, &to) || from.fold == to.fold) {
		civil_format(&from.civil, clock->start);
		civil_format(&to.civil, clock->end);
		if (exists_twice(zone, &from))
			clock->fold[0] = (char)('0' + from.fold);
		else if (exists_twice(zone, &to))
			clock->fold[0] = (char)('0' + to.fold);
	}
	zone_free(zone);
}

/* Where the file says more or less than the view: true if that was written. */
static bool special_cell(const struct kind_column *column, const struct cJSON *object,
			 struct buf *out)
{
	bool has_ref = json_str(object, "ref") != NULL;

	/* What has no name elsewhere goes by its reference here, so that it is known again. */
	if (strcmp(column->name, "external_id") == 0 && has_ref &&
	    !json_str(object, "external_id")) {
		buf_add_str(out, json_str(object, "ref"));
		return true;
	}
	/* Staff are no members: whoever imports it has it. */
	if (strcmp(column->name, "member") == 0 && has_ref && !json_str(object, "tenant"))
		return true;
	return false;
}

static void cell(const struct export *export, const struct kind_column *column,
		 const struct cJSON *object, const struct clock *clock, struct buf *out)
{
	if (special_cell(column, object, out))
		return;
	if (column->object && !json_get(object, column->path))
		buf_add_str(out, "{}"); /* with nothing there, import would not have nothing */
	else if (column->path)
		view_cell(export->client, object, column->path, out);
	else if (strcmp(column->name, "start_local") == 0)
		buf_add_str(out, clock->start);
	else if (strcmp(column->name, "end_local") == 0)
		buf_add_str(out, clock->end);
	else
		buf_add_str(out, clock->fold);
}

static void add_csv(const struct export *export, const struct cJSON *object,
		    const struct clock *clock, struct buf *out)
{
	for (const struct kind_column *column = export->kind->columns; column->name; column++) {
		struct buf text = BUF_INIT(ROW_MAX);

		cell(export, column, object, clock, &text);
		if (column != export->kind->columns)
			buf_add_char(out, ',');
		csv_add_field(out, text.data ? text.data : "");
		buf_deinit(&text);
	}
}

static void add_json(const struct export *export, const struct cJSON *object,
		     const struct clock *clock, struct buf *out)
{
	struct buf text = BUF_INIT(ROW_MAX);
	struct jsonw w = JSONW_INIT(&text);

	jsonw_object(&w);
	for (const struct kind_column *column = export->kind->columns; column->name; column++) {
		const struct cJSON *value = column->path ? json_get(object, column->path) : NULL;
		struct buf one = BUF_INIT(ROW_MAX);

		cell(export, column, object, clock, &one);
		if (one.len > 0) {
			jsonw_key(&w, column->name);
			if (value)
				json_write(&w, value);
			else
				jsonw_str(&w, one.data);
		}
		buf_deinit(&one);
	}
	jsonw_object_end(&w);
	if (!text.failed)
		json_add_safe(out, text.data, text.len);
	buf_deinit(&text);
}

static bool write_row(const struct cJSON *object, void *data)
{
	struct export *export = data;
	const char *state = json_str(object, "state");
	struct buf line = BUF_INIT(ROW_MAX);
	struct clock clock;

	if (json_bool(object, "taken")) {
		export->hidden++;
		return true;
	}
	if (state && export->kind->skip && strcmp(state, export->kind->skip) == 0)
		return true;
	booking_clock(object, &clock);
	if (export->client->out.format == FORMAT_JSON)
		add_json(export, object, &clock, &line);
	else
		add_csv(export, object, &clock, &line);
	buf_add_char(&line, '\n');
	if (line.failed)
		export->failed = true;
	else
		out_exact(&export->client->out, line.data);
	buf_deinit(&line);
	return out_alive(&export->client->out);
}

static void write_names(struct export *export)
{
	for (const struct kind_column *column = export->kind->columns; column->name; column++)
		out_printf(&export->client->out, "%s%s", column == export->kind->columns ? "" : ",",
			   column->name);
	out_str(&export->client->out, "\n");
}

int cmd_export(struct client *client, const struct command *command,
	       const struct arguments *arguments)
{
	struct export export = { .client = client };
	struct pages_walk walk = { .row = write_row, .data = &export };
	struct call call;
	int r;

	(void)command;
	export.kind = kind_find(arguments_get(arguments, "kind"));
	if (!export.kind) {
		struct buf names = BUF_INIT(512);

		kind_names(&names);
		complain(_("there is no kind of file \"%s\"; there are %s"),
			 arguments_get(arguments, "kind"), names.data ? names.data : "");
		buf_deinit(&names);
		return STATUS_USAGE;
	}
	if (!export.kind->site)
		call_begin(&call, export.kind->list_method, false);
	else if (!call_begin_site(client, &call, export.kind->list_method, false))
		return STATUS_USAGE;
	walk.limit = client->options.limit > 0 ? client->options.limit : 0;
	if (client->out.format != FORMAT_JSON)
		write_names(&export);
	r = pages_each(client, &call, export.kind->list, &walk);
	call_done(&call);
	if (export.hidden > 0)
		note(&client->out, _("%llu bookings of others are left out: you may not see them"),
		     (unsigned long long)export.hidden);
	if (r == STATUS_OK && export.failed) {
		complain(_("a row is too large to be written"));
		return STATUS_SOFTWARE;
	}
	return r;
}
