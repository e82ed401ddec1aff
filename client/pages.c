/*
 * Page after page of a list.
 */

#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/view.h"
#include "common/json.h"

/* Gives the rows of one page; false when enough have been seen. */
static bool give_rows(const struct call *call, const char *list, struct pages_walk *walk,
		      int64_t *seen)
{
	const struct cJSON *rows = json_get(call_result(call), list);

	for (const struct cJSON *row = json_first(rows); row; row = json_next(row)) {
		if (walk->limit > 0 && *seen == walk->limit) {
			walk->more = true;
			return false;
		}
		(*seen)++;
		if (!walk->row(row, walk->data))
			return false;
	}
	return true;
}

int pages_each(struct client *client, struct call *call, const char *list, struct pages_walk *walk)
{
	int64_t seen = 0;
	int r;

	walk->more = false;
	for (;;) {
		const char *cursor;

		call->limit = walk->limit > 0 && walk->limit - seen < PAGES_PAGE
				      ? walk->limit - seen
				      : PAGES_PAGE;
		r = call_run(client, call);
		free((char *)call->cursor);
		call->cursor = NULL;
		if (r != STATUS_OK || !give_rows(call, list, walk, &seen))
			return r;
		cursor = json_str(call_result(call), "cursor");
		if (!json_bool(call_result(call), "has_more") || !cursor) {
			walk->more = json_bool(call_result(call), "has_more");
			return STATUS_OK;
		}
		if (walk->limit > 0 && seen >= walk->limit) {
			walk->more = true;
			return STATUS_OK;
		}
		call->cursor = strdup(cursor);
		if (!call->cursor) {
			complain(_("out of memory"));
			return STATUS_SOFTWARE;
		}
	}
}

static bool print_row(const struct cJSON *object, void *data)
{
	struct listing *listing = data;

	listing_row(listing, object);
	return out_alive(&listing->client->out);
}

int pages_print(struct client *client, struct call *call, const struct view *view)
{
	struct listing listing;
	struct pages_walk walk = { .row = print_row, .data = &listing };
	int r;

	walk.limit = client->options.limit < 0 ? PAGES_LIMIT : client->options.limit;
	r = listing_begin(&listing, client, view);
	if (r == STATUS_OK)
		r = pages_each(client, call, view->list, &walk);
	if (r == STATUS_OK)
		r = listing_end(&listing, call_result(call), walk.more);
	listing_deinit(&listing);
	call_done(call);
	return r;
}
