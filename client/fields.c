/*
 * Which fields of a row are shown. A name that no row can have is a slip and is told, with the names
 * there are: those the view knows, and those the server says its nouns have.
 */

#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/view.h"
#include "common/json.h"
#include "common/nearest.h"

#define NAMES_MAX 4096
#define LINE_LONG 66

static bool parse(const char *text, struct fields *ret)
{
	char *rest = ret->text, *name;

	ret->count = 0;
	if (strlen(text) >= sizeof(ret->text))
		return false;
	strcpy(ret->text, text);
	while ((name = strsep(&rest, ","))) {
		if (*name == '\0' || ret->count == VIEW_FIELDS_MAX)
			return false;
		ret->names[ret->count++] = name;
	}
	return true;
}

/* Whether a list "a,b.c" has the name, or for "b.d" the object "b" as a whole. */
static bool has_name(const char *list, const char *name)
{
	size_t len = strlen(name), outer = strcspn(name, ".");

	for (const char *at = list; at && *at; at = strchr(at, ',')) {
		size_t part;

		at += *at == ',';
		part = strcspn(at, ",");
		if ((part == len || part == outer) && strncmp(at, name, part) == 0)
			return true;
	}
	return false;
}

static bool view_has(const struct view *view, const char *name)
{
	return has_name(view->table, name) || has_name(view->tsv, name) ||
	       has_name(view->more, name);
}

/* The noun's fields as the server has them: those of a newer one may be more than we know. */
static bool server_has(struct client *client, const struct view *view, const char *name)
{
	bool bookings = view->list && strcmp(view->list, "bookings") == 0;
	const char *noun = bookings ? "booking" : view->noun;
	char outer[64];
	size_t len = strcspn(name, ".");
	struct call call;
	bool found;

	if (!client_has_login(client) || len >= sizeof(outer))
		return false;
	memcpy(outer, name, len);
	outer[len] = '\0';
	call_begin(&call, "rpc.discover", false);
	found = call_try(client, &call) == 0 &&
		json_get(json_get(json_get(call_result(&call), "nouns"), noun), outer);
	call_done(&call);
	return found;
}

static void add_names(struct buf *out, const char *list, struct nearest *nearest)
{
	for (const char *at = list; at && *at; at = strchr(at, ',')) {
		char name[64];
		size_t len;

		at += *at == ',';
		len = strcspn(at, ",");
		if (len >= sizeof(name))
			continue;
		memcpy(name, at, len);
		name[len] = '\0';
		nearest_try(nearest, name);
		if (!out->data || !has_name(out->data, name))
			buf_printf(out, "%s%s", out->len ? "," : "", name);
	}
}

/* As many on a line as are easy to read. */
static void tell_names(const char *names)
{
	const char *label = _("fields");

	while (*names) {
		size_t len = strlen(names);

		if (len > LINE_LONG) {
			for (len = LINE_LONG; len > 0 && names[len - 1] != ','; len--)
				;
			len = len ? len : strcspn(names, ",");
		}
		complain_more(label, "%.*s", (int)len, names);
		label = "";
		names += len;
	}
}

static void tell_unknown(const struct view *view, const char *name)
{
	struct nearest nearest = NEAREST_INIT(name);
	struct buf names = BUF_INIT(NAMES_MAX);

	add_names(&names, view->table, &nearest);
	add_names(&names, view->tsv, &nearest);
	add_names(&names, view->more, &nearest);
	if (nearest_found(&nearest))
		complain(_("there is no field \"%s\"; did you mean \"%s\"?"), name, nearest.best);
	else
		complain(_("there is no field \"%s\""), name);
	tell_names(names.data ? names.data : "");
	buf_deinit(&names);
}

bool fields_choose(struct client *client, const struct view *view, const char *otherwise,
		   struct fields *ret)
{
	const char *asked = client->options.fields;

	if (!asked)
		return parse(client->out.names ? view->name : otherwise, ret);
	if (!parse(asked, ret)) {
		complain(_("--fields wants names with commas between them, e.g. "
			   "ref,space,local.start"));
		return false;
	}
	for (size_t i = 0; view->noun && i < ret->count; i++)
		if (!view_has(view, ret->names[i]) && !server_has(client, view, ret->names[i])) {
			tell_unknown(view, ret->names[i]);
			return false;
		}
	return true;
}
