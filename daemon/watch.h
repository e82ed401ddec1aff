#pragma once

/*
 * Who watches which site. A watch belongs to its session, tells what the site's calendar takes, and
 * ends with watch.stop, with the session, or by watch.lost.
 *
 *	REPLAY (events since a rev, page by page from the log in the database)
 *	  -> LIVE (what lies behind its rev in the site's watch_log; then parts of the snapshot;
 *	     then ticks)
 *
 * All that a watch is told is in order of rev; a part of the snapshot replaces what was known of
 * its spaces. Nothing is written where the client does not take it (session.h, struct outlet), and
 * only to a few watchers in each pass of the loop: a booking waits for none of them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/session.h"
#include "daemon/watch_event.h"

struct services;
struct site;
struct watch;
struct watches;

struct watch_wish {
	const struct site *site;
	struct actor *actor; /* a reference is taken */
	bool topics[WATCH_TOPICS];
	bool resumes;
	int64_t since_rev; /* resumes */
	int64_t from_usec; /* the snapshot tells what ends after it */
};

/* Services' feed has to be there. NULL when out of memory. */
struct watches *watches_new(struct services *services);
/* No session may have a watch any more. Takes NULL, returns NULL. */
struct watches *watches_free(struct watches *watches);

/*
 * The site's calendar has to be loaded, and at wish->since_rev or later. Nothing is sent from inside
 * this call. Its number, which is the session's own; or -ENOMEM.
 */
int64_t watches_start(struct watches *watches, struct session *session,
		      const struct watch_wish *wish);
/* False: the session has no such watch. */
bool watches_stop(struct session *session, int64_t number);
int64_t watches_of(const struct session *session);
/* Ends all of a session without a word. */
void watches_leave(struct session *session);
/* The login ended, or has other rights now: tells all of them that they are lost. */
void watches_revoke(struct session *session);
/* The client took what was waiting: there may be room. */
void watches_resume(struct session *session);

/* For the status: events kept and watches now, and how many were lost since the start. */
int64_t watches_events(const struct watches *watches);
int64_t watches_count(const struct watches *watches);
int64_t watches_lost(const struct watches *watches);
