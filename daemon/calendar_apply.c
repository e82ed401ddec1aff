/*
 * Rows and events to entries: both tell the whole state of a booking or block, so applying one is
 * taking the old entry out and putting the new one in. See calendar.h.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "daemon/calendar_internal.h"
#include "daemon/words.h"

/*
 * Whether it holds its place. Bookings: held, confirmed, checked_in, the first three. A block that
 * was ended holds what it had had until then; one that was ended before it began has no units left.
 */
static bool holds(enum calendar_entry_type type, int state, const struct cJSON *body)
{
	return type == CALENDAR_BLOCK ? json_count(json_get(body, "units")) > 0 : state <= 2;
}

static struct entry_node *read_entry(const struct cJSON *body, enum calendar_entry_type type,
				     int64_t id, int state)
{
	const struct cJSON *units = json_get(body, "units");
	size_t count = json_count(units), i = 0;
	struct entry_node *node =
		calloc(1, sizeof(*node) + count * sizeof(node->entry.unit_ids[0]));
	const char *ref = json_str(body, "ref");
	int64_t version = 0;

	if (!node)
		return NULL;
	node->entry.type = type;
	node->entry.id = id;
	node->entry.state = state;
	snprintf(node->entry.ref, sizeof(node->entry.ref), "%s", ref ? ref : "");
	json_int(body, "space", &node->entry.space_id);
	json_int(body, "tenant", &node->entry.tenant_id);
	json_int(body, "member", &node->entry.member_id);
	json_int(body, "start", &node->entry.start);
	json_int(body, "end", &node->entry.end);
	json_int(body, "version", &version);
	node->entry.version = (int)version;
	node->entry.unit_count = count;
	for (const struct cJSON *unit = json_first(units); unit; unit = json_next(unit))
		node->entry.unit_ids[i++] = json_value_int(unit);
	return node;
}

static int put_entry(struct calendar *calendar, enum calendar_entry_type type,
		     const struct cJSON *body)
{
	int state = word_index(type == CALENDAR_BLOCK ? block_states : booking_states,
			       json_str(body, "state"));
	struct entry_node *node;
	int64_t id, start, end;

	if (!json_int(body, type == CALENDAR_BLOCK ? "block" : "booking", &id) || state < 0 ||
	    !json_int(body, "start", &start) || !json_int(body, "end", &end))
		return -EBADMSG;
	calendar_entry_drop(calendar, type, id);
	if (!holds(type, state, body) || start >= end || end <= calendar->from)
		return 0;
	node = read_entry(body, type, id, state);
	return node ? calendar_entry_add(calendar, node) : -ENOMEM;
}

static int put_site(struct calendar *calendar, const struct cJSON *body)
{
	const char *hash = json_str(body, "hash");

	if (!json_int(body, "rev", &calendar->rev) || !hash ||
	    hex_decode(hash, calendar->hash, SHA256_SIZE) < 0)
		return -EBADMSG;
	return calendar_site_put(calendar, body);
}

int calendar_load_row(struct calendar *calendar, const char *what, const struct cJSON *body)
{
	if (strcmp(what, "site") == 0)
		return put_site(calendar, body);
	if (strcmp(what, "floor") == 0)
		return calendar_floor_put(calendar, body);
	if (strcmp(what, "area") == 0)
		return calendar_area_put(calendar, body);
	if (strcmp(what, "space") == 0)
		return calendar_space_put(calendar, body);
	if (strcmp(what, "booking") == 0)
		return put_entry(calendar, CALENDAR_BOOKING, body);
	if (strcmp(what, "block") == 0)
		return put_entry(calendar, CALENDAR_BLOCK, body);
	return -EBADMSG;
}

static bool is_about(const char *kind, const char *noun)
{
	size_t len = strlen(noun);

	return strncmp(kind, noun, len) == 0 && kind[len] == '.';
}

/* Kinds that concern nothing we keep only move the rev on. */
int calendar_apply(struct calendar *calendar, int64_t rev, const char *kind,
		   const struct cJSON *body)
{
	int r = 0;

	if (rev <= calendar->rev)
		return 0;
	if (rev != calendar->rev + 1)
		return -ESTALE;
	if (is_about(kind, "booking"))
		r = put_entry(calendar, CALENDAR_BOOKING, body);
	else if (is_about(kind, "block"))
		r = put_entry(calendar, CALENDAR_BLOCK, body);
	else if (is_about(kind, "space"))
		r = calendar_space_put(calendar, body);
	else if (strcmp(kind, "site.updated") == 0) /* the operator's log tells of other sites */
		r = calendar_site_put(calendar, body);
	else if (is_about(kind, "floor"))
		r = calendar_floor_put(calendar, body);
	else if (is_about(kind, "area"))
		r = calendar_area_put(calendar, body);
	if (r == 0)
		calendar->rev = rev;
	return r;
}
