#pragma once

/*
 * The last events of a site, which all its watchers share: a watcher's queue is what lies behind
 * the rev it was told. So an event costs the same however many watch, and the log's limit is the
 * limit of every queue.
 *
 * A full log makes room by what costs the least: what everybody was told; then what a later event
 * of the same booking or block makes superfluous (coalesced); then the oldest, and whoever was not
 * told of that has lost the thread. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/watch_event.h"

struct watch_log;

/* Begins behind `rev`, holds at most `limit` events. NULL when out of memory. */
struct watch_log *watch_log_new(int64_t rev, size_t limit);
/* Takes NULL, returns NULL. */
struct watch_log *watch_log_free(struct watch_log *log);
/* Lets all events go and begins again, as a new one behind `rev`. */
void watch_log_restart(struct watch_log *log, int64_t rev);

size_t watch_log_count(const struct watch_log *log);
bool watch_log_is_full(const struct watch_log *log);
/* Takes the event over. `seen`: a rev that every watcher was told, as late as is known. */
void watch_log_add(struct watch_log *log, struct watch_event *event, int64_t seen);

/* The rev of the oldest event kept; of the next one where there is none. */
int64_t watch_log_first(const struct watch_log *log);
/* The first event behind a rev, the next one behind an event; NULL at the end. Borrowed until
 * watch_log_add() or watch_log_restart(). */
const struct watch_event *watch_log_after(const struct watch_log *log, int64_t rev);
/*
 * Whether who was told up to `rev` can be told the rest. Others know a booking by its place alone:
 * a move may not be left out for them, since what it made free would stay taken.
 */
bool watch_log_reaches(const struct watch_log *log, int64_t rev, bool by_place);
/* Whether every single event behind `rev` is here. */
bool watch_log_is_whole(const struct watch_log *log, int64_t rev);
