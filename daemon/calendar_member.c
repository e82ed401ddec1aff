/*
 * Whose bookings the calendar holds: an array a person, in order of start. They may overlap (a desk
 * and a room at once), so ends are not in order; that no entry is longer than the longest says how
 * far back from an instant to look. See calendar_internal.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/calendar_internal.h"

static struct member_node *find_member(const struct calendar *calendar, int64_t id)
{
	struct member_node *member;

	HASH_FIND(hh, calendar->members, &id, sizeof(id), member);
	return member;
}

static struct member_node *make_member(struct calendar *calendar, int64_t id)
{
	struct member_node *member = find_member(calendar, id);

	if (member)
		return member;
	member = calloc(1, sizeof(*member));
	if (!member)
		return NULL;
	member->id = id;
	HASH_ADD(hh, calendar->members, id, sizeof(member->id), member);
	if (member->hh.tbl)
		return member;
	free(member);
	return NULL;
}

/* Index of the first entry behind `entry`, or of itself if it is there. */
static size_t index_of(const struct member_node *member, const struct calendar_entry *entry)
{
	size_t low = 0, high = member->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (calendar_entry_compare(member->entries[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Index of the first entry that starts after `at`. */
static size_t first_after(const struct member_node *member, int64_t at)
{
	size_t low = 0, high = member->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (member->entries[middle]->start > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int calendar_member_add(struct calendar *calendar, const struct calendar_entry *entry)
{
	struct member_node *member;
	size_t at;

	if (!entry->member_id)
		return 0;
	member = make_member(calendar, entry->member_id);
	if (!member)
		return -ENOMEM;
	if (member->count == member->size) {
		size_t size = member->size ? member->size * 2 : 8;
		const struct calendar_entry **entries =
			reallocarray(member->entries, size, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		member->entries = entries;
		member->size = size;
	}
	at = index_of(member, entry);
	memmove(member->entries + at + 1, member->entries + at,
		(member->count - at) * sizeof(*member->entries));
	member->entries[at] = entry;
	member->count++;
	if (entry->end - entry->start > member->longest)
		member->longest = entry->end - entry->start;
	return 0;
}

void calendar_member_remove(struct calendar *calendar, const struct calendar_entry *entry)
{
	struct member_node *member = find_member(calendar, entry->member_id);
	size_t at = member ? index_of(member, entry) : 0;

	/* Not there: the event that brought it could not be applied whole. */
	if (!member || at == member->count || member->entries[at] != entry)
		return;
	member->count--;
	memmove(member->entries + at, member->entries + at + 1,
		(member->count - at) * sizeof(*member->entries));
	if (member->count == 0) {
		HASH_DEL(calendar->members, member);
		free(member->entries);
		free(member);
	}
}

void calendar_members_deinit(struct calendar *calendar)
{
	struct member_node *member, *next;

	HASH_ITER (hh, calendar->members, member, next) {
		HASH_DEL(calendar->members, member);
		free(member->entries);
		free(member);
	}
}

const struct calendar_entry *calendar_next_of_member(const struct calendar *calendar,
						     int64_t member_id, int64_t start, int64_t end,
						     const struct calendar_entry *previous)
{
	const struct member_node *member = find_member(calendar, member_id);
	size_t at, behind;

	if (!member)
		return NULL;
	at = first_after(member, start - member->longest);
	behind = previous ? index_of(member, previous) : 0;
	if (previous && behind < member->count &&
	    calendar_entry_compare(member->entries[behind], previous) == 0)
		behind++;
	for (at = behind > at ? behind : at; at < member->count && member->entries[at]->start < end;
	     at++)
		if (member->entries[at]->end > start)
			return member->entries[at];
	return NULL;
}
