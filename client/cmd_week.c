/*
 * week: seven days of spaces as a grid, a line a space and a sign for each part of the opening
 * hours; rows where the terminal is too narrow for that, and for programs.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

#define CODE_MAX 64

/* The code may be that of a space, an area or a floor: the parameter that it is; NULL for none. */
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
			 (reply_kind(&call.reply) == ERROR_not_found ||
			  reply_kind(&call.reply) == ERROR_params);
		call_done(&call);
		if (!absent)
			return params[i];
	}
	return NULL;
}

/* The code of an area that is called so in one of its names; false where none is. */
static bool find_area(struct client *client, const char *name, char out[CODE_MAX])
{
	struct call call;
	bool found = false;

	call_begin(&call, "area.list", false);
	params_str(&call.params, "site", client_site_or_none(client));
	call.limit = PAGES_PAGE;
	if (call_try(client, &call) == 0)
		for (const struct cJSON *area = json_first(json_get(call_result(&call), "areas"));
		     area && !found; area = json_next(area)) {
			const char *code = json_str(area, "code"), *one = json_str(area, "name"),
				   *two = json_str(area, "name_alt");

			found = code && strlen(code) < CODE_MAX &&
				((one && strcasecmp(one, name) == 0) ||
				 (two && strcasecmp(two, name) == 0));
			if (found)
				strcpy(out, code);
		}
	call_done(&call);
	return found;
}

/* Adds the parameter that a word of the command is. */
static void add_what(struct client *client, struct params *params, const char *what,
		     const char *date)
{
	const char *param = find_param(client, what, date);
	char code[CODE_MAX];

	if (param)
		params_str(params, param, what);
	else if (find_area(client, what, code))
		params_str(params, "area", code);
	else
		params_str(params, "space", what);
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
			add_what(client, &call.params, *what, date);
		}
		params_str(&call.params, "date", date);
		r = client->out.format == FORMAT_TABLE && grid_fits(client)
			    ? show_grid(client, &call)
			    : day_show(client, &call);
	}
	call_done(&call);
	return r;
}
