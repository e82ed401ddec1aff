/* See watch_log.h. An array in order of rev: at most a thousand or so pointers, moved up by one. */

#include "daemon/watch_log.h"

#include <stdlib.h>
#include <string.h>

struct watch_log {
	size_t limit, count;
	int64_t last;  /* rev of the newest event, kept or not */
	int64_t lost;  /* all up to this rev may be gone */
	int64_t moved; /* up to this rev moves may have been left out */
	int64_t left;  /* up to this rev any may have been left out */
	struct watch_event *events[];
};

struct watch_log *watch_log_new(int64_t rev, size_t limit)
{
	struct watch_log *log = calloc(1, sizeof(*log) + limit * sizeof(log->events[0]));

	if (!log)
		return NULL;
	log->limit = limit;
	watch_log_restart(log, rev);
	return log;
}

void watch_log_restart(struct watch_log *log, int64_t rev)
{
	while (log->count > 0)
		watch_event_free(log->events[--log->count]);
	log->last = log->lost = log->moved = log->left = rev;
}

struct watch_log *watch_log_free(struct watch_log *log)
{
	if (!log)
		return NULL;
	watch_log_restart(log, 0);
	free(log);
	return NULL;
}

size_t watch_log_count(const struct watch_log *log)
{
	return log->count;
}

bool watch_log_is_full(const struct watch_log *log)
{
	return log->count == log->limit;
}

static void later(int64_t *rev, int64_t other)
{
	if (other > *rev)
		*rev = other;
}

static void drop(struct watch_log *log, size_t index)
{
	struct watch_event *event = log->events[index];

	later(&log->left, event->rev);
	if (event->moved)
		later(&log->moved, event->rev);
	if (!event->superseded)
		later(&log->lost, event->rev);
	watch_event_free(event);
	log->count--;
	memmove(&log->events[index], &log->events[index + 1],
		(log->count - index) * sizeof(log->events[0]));
}

static void make_room(struct watch_log *log, int64_t seen)
{
	size_t index = 0;

	if (log->events[0]->rev > seen)
		while (index < log->count && !log->events[index]->superseded)
			index++;
	drop(log, index < log->count ? index : 0);
}

/* One subject's events tell its whole state each; the catalogue's have no subject. */
static void supersede(struct watch_log *log, const struct watch_event *by)
{
	for (size_t i = log->count; by->subject && i-- > 0;) {
		struct watch_event *event = log->events[i];

		if (event->subject != by->subject || event->topic != by->topic)
			continue;
		event->superseded = true;
		return;
	}
}

void watch_log_add(struct watch_log *log, struct watch_event *event, int64_t seen)
{
	supersede(log, event);
	if (watch_log_is_full(log))
		make_room(log, seen);
	log->last = event->rev;
	log->events[log->count++] = event;
}

int64_t watch_log_first(const struct watch_log *log)
{
	return log->count > 0 ? log->events[0]->rev : log->last + 1;
}

const struct watch_event *watch_log_after(const struct watch_log *log, int64_t rev)
{
	size_t low = 0, high = log->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (log->events[middle]->rev > rev)
			high = middle;
		else
			low = middle + 1;
	}
	return low < log->count ? log->events[low] : NULL;
}

bool watch_log_reaches(const struct watch_log *log, int64_t rev, bool by_place)
{
	return rev >= log->lost && (!by_place || rev >= log->moved);
}

bool watch_log_is_whole(const struct watch_log *log, int64_t rev)
{
	return rev >= log->left;
}
