/*
 * week: seven days of spaces as a grid, a line a space and a sign for each part of the opening
 * hours; rows where the terminal is too narrow for that, and for programs.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/arguments.h"
#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/day.h"
#include "client/grid.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/view.h"
#include "common/json.h"
#include "common/macros.h"

/* The words may name a space, an area or a floor: the parameter that it is. */
static const char *find_param(struct client *client, const char *what, const char *date)
{
	static const char *const params[] = { "space", "area", "floor" };

	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		struct call call;
		bool absent;

		call_begin(&call, "space.week", false);
		params_str(&call.params, "site", client_site_or_none(client));
		params_str(&call.params, params[i], what);
		params_str(&call.params, "date", date);
		call.limit = 1;
		absent = call_try(client, &call) == -EREMOTE &&
			 reply_kind(&call.reply) == ERROR_not_found;
		call_done(&call);
		if (!absent)
			return params[i];
	}
	return params[0];
}

struct week {
	struct client *client;
	struct call *call; /* whose answer says when the week begins */
	struct grid grid;
	bool begun, failed;
};

static bool add_space(const struct cJSON *object, void *data)
{
	struct week *week = data;

	if (!week->begun) {
		week->begun = true;
		week->failed = !grid_begin(&week->grid, week->client, call_result(week->call));
	}
	if (!week->failed)
		week->failed = !grid_add(&week->grid, object);
	return !week->failed;
}

static int show_grid(struct client *client, struct call *call)
{
	struct week week = { .client = client, .call = call };
	struct pages_walk walk = { .row = add_space, .data = &week };
	int r;

	walk.limit = client->options.limit < 0 ? PAGES_LIMIT : client->options.limit;
	r = pages_each(client, call, "spaces", &walk);
	if (r == STATUS_OK && week.failed) {
		complain(_("the week cannot be drawn"));
		r = STATUS_SOFTWARE;
	}
	if (r == STATUS_OK && week.grid.count == 0)
		note(&client->out, _("nothing to list"));
	else if (r == STATUS_OK) {
		out_page(&client->out);
		grid_print(&week.grid);
	}
	if (r == STATUS_OK && walk.more)
		note(&client->out, _("There are more rows; --limit 0 lists all."));
	grid_deinit(&week.grid);
	return r;
}

int cmd_week(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	const char *const *from = arguments_slot(arguments, "from");
	const char *const *what = arguments_slot(arguments, "space|area");
	struct words words = { from, from ? 1 : 0, true };
	char date[CIVIL_TEXT_MAX];
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "space.week", false))
		return STATUS_USAGE;
	r = day_date(client, &words, date);
	if (r == STATUS_OK) {
		if (what) {
			client->asked.place = (struct words){ what, 1, false };
			params_str(&call.params, find_param(client, *what, date), *what);
		}
		params_str(&call.params, "date", date);
		r = client->out.format == FORMAT_TABLE && grid_fits(client)
			    ? show_grid(client, &call)
			    : day_show(client, &call);
	}
	call_done(&call);
	return r;
}
