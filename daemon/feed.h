#pragma once

/*
 * Keeps calendars: loads the one of a site when somebody asks for it, follows the site's log, lets
 * it go when nobody asks any more.
 *
 *	ABSENT -> LOADING (one statement, one snapshot, row by row) -> LIVE (follows) -> ABSENT
 *
 * It follows by the events of our own batches, by hints of other instances, and by one poll for all
 * sites. A gap, a shorter log, or another hash at the same rev means that what we know is not what
 * is: the calendar is dropped and loaded again, and the log says so loudly.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/calendar.h"
#include "daemon/db.h"
#include "daemon/loop.h"
#include "daemon/site.h"

struct cJSON;
struct feed;

#define FEED_POLL_MS  500
#define FEED_STALE_MS (2 * FEED_POLL_MS + 1000) /* unconfirmed for so long: stale */
#define FEED_WAIT_MS  1000			/* for a rev that a client has seen already */
#define FEED_LOAD_MS  10000			/* for a calendar that is being loaded */
#define FEED_IDLE_MS  (10 * 60000)		/* nobody asked for this long: let go */

/* What a booking or block held before its event, as far as the calendar had it. */
struct feed_place {
	bool held;
	int64_t space_id, start, end;
};

/* An event as the log has it; borrowed during the call. */
struct feed_event {
	int64_t rev, at_usec, actor, subject;
	const char *kind; /* "booking.created" */
	const struct cJSON *body;
	struct feed_place was;
};

/*
 * Somebody who hears of everything that the calendars take; embedded. A callback may unfollow
 * itself and no other.
 */
struct feed_follower {
	/* The site's next event, the calendar has it already: each rev once, in order, wherever it
	 * came from. */
	void (*event)(struct feed_follower *follower, const struct site *site,
		      const struct feed_event *event);
	/* The site's calendar was loaded: told at the first time, and again where what was told
	 * before may not hold any more. Events go on behind its rev. */
	void (*reset)(struct feed_follower *follower, const struct site *site,
		      const struct calendar *calendar);
	LIST_ENTRY(feed_follower) entry;
};

/* Somebody who waits for a calendar; embedded. */
struct feed_wait {
	/* The calendar at min_rev or later, borrowed during the call; NULL: it could not be had in
	 * time. */
	void (*done)(struct feed_wait *wait, const struct calendar *calendar);
	int64_t min_rev;
	struct feed *feed;
	struct timer timer;
	struct task task;
	bool waiting;
	TAILQ_ENTRY(feed_wait) entry;
	struct feed_site *site;
};

struct feed *feed_new(struct loop *loop, struct db *db, struct sites *sites);
/* Takes NULL, returns NULL. Nobody may be waiting any more. */
struct feed *feed_free(struct feed *feed);

/* Loads the site's calendar where it is absent; done() never comes from inside this call. 0 or
 * -ENOMEM. */
int feed_want(struct feed *feed, const struct site *site, int64_t min_rev, struct feed_wait *wait);
/* Takes a wait that is not waiting. */
void feed_forget(struct feed_wait *wait);

/* The site's calendar as it is now, borrowed until control returns to the loop; NULL: not here,
 * feed_want() loads it. */
const struct calendar *feed_calendar(struct feed *feed, const struct site *site);
/* The database said that the site's log ends at `rev`: a calendar beyond it is of another log. */
void feed_doubt(struct feed *feed, const struct site *site, int64_t rev);

/* Follows every site whose calendar is here; feed_keep() sees to it that one is. */
void feed_follow(struct feed *feed, struct feed_follower *follower);
/* Takes a follower that does not follow. */
void feed_unfollow(struct feed_follower *follower);

/*
 * Loads the site's calendar whenever it is absent and does not let it go, until as many calls with
 * false came as with true. Site 0 too: its calendar is empty and only follows. 0 or -ENOMEM.
 */
int feed_keep(struct feed *feed, const struct site *site, bool keep);

/* The database is here: what is kept and absent is loaded now. */
void feed_up(struct feed *feed);

/* Our own batch was committed, or told what it had missed: events (NULL: too many), the site's rev
 * and hash after them. */
void feed_committed(struct feed *feed, int site_id, int64_t rev, const char *hash,
		    const struct cJSON *events);
/* Another instance says that a site reached a rev. */
void feed_hint(struct feed *feed, int site_id, int64_t rev);

/*
 * Milliseconds since the database last confirmed what we know; 0 while it does so poll after poll.
 * A link that is up proves nothing: polls may fail or hang.
 */
int64_t feed_stale_ms(const struct feed *feed);

/* For the status: calendars live now, and how often one had to be loaded again because it was
 * wrong. */
int64_t feed_live(const struct feed *feed);
int64_t feed_reloads(const struct feed *feed);
/* What the database answered so far, refusals and single rows too: who is answered grows. */
uint64_t feed_answers(const struct feed *feed);
