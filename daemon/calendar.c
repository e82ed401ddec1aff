/*
 * See calendar.h. Entries are kept in the index, once for each of their units in that unit's array of
 * claims in order of start, and in their member's array. A change of an entry takes its claims out and
 * puts new ones in.
 */

#include "daemon/calendar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/calendar_internal.h"

struct calendar *calendar_new(int64_t from_usec)
{
	struct calendar *calendar = calloc(1, sizeof(*calendar));

	if (!calendar)
		return NULL;
	calendar->from = from_usec;
	calendar->stamp = calendar_next_stamp();
	calendar_site_init(calendar);
	return calendar;
}

struct calendar *calendar_free(struct calendar *calendar)
{
	return calendar_free_some(calendar, SIZE_MAX);
}

struct calendar *calendar_free_some(struct calendar *calendar, size_t entries)
{
	struct entry_node *node;
	struct unit_node *unit, *next;

	if (!calendar)
		return NULL;
	while (entries-- > 0 && (node = calendar_index_pop(&calendar->index)))
		free(node);
	if (calendar->index.count > 0)
		return calendar;
	HASH_ITER (hh, calendar->units, unit, next) {
		HASH_DEL(calendar->units, unit);
		free(unit->claims);
		free(unit);
	}
	calendar_members_deinit(calendar);
	calendar_site_deinit(calendar);
	calendar_catalogue_deinit(calendar);
	free(calendar);
	return NULL;
}

int64_t calendar_rev(const struct calendar *calendar)
{
	return calendar->rev;
}

const uint8_t *calendar_hash(const struct calendar *calendar)
{
	return calendar->hash;
}

void calendar_set_hash(struct calendar *calendar, const uint8_t hash[SHA256_SIZE])
{
	memcpy(calendar->hash, hash, SHA256_SIZE);
}

int64_t calendar_from(const struct calendar *calendar)
{
	return calendar->from;
}

size_t calendar_count(const struct calendar *calendar)
{
	return calendar->index.count;
}

/* ---- units, and stamps of what changes ---- */

static struct unit_node *find_unit(const struct calendar *calendar, int64_t id)
{
	struct unit_node *unit;

	HASH_FIND(hh, calendar->units, &id, sizeof(id), unit);
	return unit;
}

uint64_t calendar_next_stamp(void)
{
	static uint64_t last;

	return ++last;
}

/* They only grow, so that the greatest of them is another one when any is. */
uint64_t calendar_space_stamp(const struct calendar *calendar, const struct calendar_space *space)
{
	uint64_t stamp = calendar->stamp;

	for (size_t i = 0; i < space->unit_count; i++) {
		const struct unit_node *unit = find_unit(calendar, space->unit_ids[i]);

		if (unit && unit->stamp > stamp)
			stamp = unit->stamp;
	}
	return stamp;
}

/* ---- claims ---- */

static struct unit_node *make_unit(struct calendar *calendar, int64_t id)
{
	struct unit_node *unit = find_unit(calendar, id);

	if (unit)
		return unit;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	unit->id = id;
	HASH_ADD(hh, calendar->units, id, sizeof(unit->id), unit);
	if (unit->hh.tbl)
		return unit;
	free(unit);
	return NULL;
}

/* Index of the first claim that ends after `at`. They do not overlap, so ends are in order too. */
static size_t first_after(const struct unit_node *unit, int64_t at)
{
	size_t low = 0, high = unit->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (unit->claims[middle]->end > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int claim_add(struct unit_node *unit, const struct calendar_entry *entry)
{
	size_t at = first_after(unit, entry->start);

	if (unit->count == unit->size) {
		size_t size = unit->size ? unit->size * 2 : 8;
		const struct calendar_entry **claims =
			reallocarray(unit->claims, size, sizeof(*claims));

		if (!claims)
			return -ENOMEM;
		unit->claims = claims;
		unit->size = size;
	}
	memmove(unit->claims + at + 1, unit->claims + at,
		(unit->count - at) * sizeof(*unit->claims));
	unit->claims[at] = entry;
	unit->count++;
	unit->stamp = calendar_next_stamp();
	return 0;
}

static void claim_remove(struct unit_node *unit, const struct calendar_entry *entry)
{
	size_t at = first_after(unit, entry->start);

	/* Between events of one site no two claims overlap, but be exact about which one goes. */
	while (at < unit->count && unit->claims[at] != entry)
		at++;
	if (at == unit->count)
		return;
	unit->count--;
	unit->stamp = calendar_next_stamp();
	memmove(unit->claims + at, unit->claims + at + 1,
		(unit->count - at) * sizeof(*unit->claims));
}

/* ---- entries ---- */

const struct calendar_entry *calendar_entry(const struct calendar *calendar,
					    enum calendar_entry_type type, int64_t id)
{
	const struct entry_node *node = calendar_index_find(&calendar->index, type, id);

	return node ? &node->entry : NULL;
}

const struct calendar_entry *calendar_entry_by_ref(const struct calendar *calendar, const char *ref)
{
	const struct entry_node *node = calendar_index_find_ref(&calendar->index, ref);

	return node ? &node->entry : NULL;
}

void calendar_entry_drop(struct calendar *calendar, enum calendar_entry_type type, int64_t id)
{
	struct entry_node *node = calendar_index_find(&calendar->index, type, id);

	if (!node)
		return;
	for (size_t i = 0; i < node->entry.unit_count; i++) {
		struct unit_node *unit = find_unit(calendar, node->entry.unit_ids[i]);

		if (unit)
			claim_remove(unit, &node->entry);
	}
	calendar_member_remove(calendar, &node->entry);
	calendar_index_remove(&calendar->index, node);
	free(node);
}

int calendar_entry_add(struct calendar *calendar, struct entry_node *node)
{
	if (calendar_index_add(&calendar->index, node) < 0) {
		free(node);
		return -ENOMEM;
	}
	for (size_t i = 0; i < node->entry.unit_count; i++) {
		struct unit_node *unit = make_unit(calendar, node->entry.unit_ids[i]);

		if (!unit || claim_add(unit, &node->entry) < 0)
			return -ENOMEM;
	}
	return calendar_member_add(calendar, &node->entry);
}

/* ---- questions ---- */

const struct calendar_entry *calendar_holder(const struct calendar *calendar,
					     const struct calendar_space *space, int64_t start,
					     int64_t end, const struct calendar_entry *except)
{
	const struct calendar_entry *first = NULL;

	for (size_t i = 0; i < space->unit_count; i++) {
		const struct unit_node *unit = find_unit(calendar, space->unit_ids[i]);
		size_t at = unit ? first_after(unit, start) : 0;

		if (unit && at < unit->count && unit->claims[at] == except)
			at++;
		if (unit && at < unit->count && unit->claims[at]->start < end &&
		    (!first || unit->claims[at]->start < first->start))
			first = unit->claims[at];
	}
	return first;
}

bool calendar_next_free(const struct calendar *calendar, const struct calendar_space *space,
			int64_t from, int64_t length, int64_t until, int64_t *ret_start)
{
	/* Each turn skips one holder for good, so there are at most as many as claims before
	 * `until`. */
	while (from < until) {
		const struct calendar_entry *holder =
			calendar_holder(calendar, space, from, from + length, NULL);

		if (!holder) {
			*ret_start = from;
			return true;
		}
		from = holder->end;
	}
	return false;
}

int calendar_entry_compare(const struct calendar_entry *a, const struct calendar_entry *b)
{
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Index of the first claim that ends after `at` and stands behind `previous` (may be NULL). */
static size_t first_behind(const struct unit_node *unit, int64_t at,
			   const struct calendar_entry *previous)
{
	size_t low = first_after(unit, at), high = unit->count;

	while (previous && low < high) {
		size_t middle = low + (high - low) / 2;

		if (calendar_entry_compare(unit->claims[middle], previous) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const struct calendar_entry *calendar_next_entry(const struct calendar *calendar,
						 const struct calendar_space *space, int64_t start,
						 int64_t end, const struct calendar_entry *previous)
{
	const struct calendar_entry *next = NULL;

	for (size_t i = 0; i < space->unit_count; i++) {
		const struct unit_node *unit = find_unit(calendar, space->unit_ids[i]);
		size_t at = unit ? first_behind(unit, start, previous) : 0;

		if (unit && at < unit->count && unit->claims[at]->start < end &&
		    (!next || calendar_entry_compare(unit->claims[at], next) < 0))
			next = unit->claims[at];
	}
	return next;
}
