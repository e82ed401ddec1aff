#pragma once

/* What the files of the watches share: life and turns (watch.c), what is sent (watch_send.c), the
 * log's pages (watch_replay.c). */

#include "common/buf.h"
#include "common/jsonw.h"
#include "daemon/db.h"
#include "daemon/loop.h"
#include "daemon/services.h"
#include "daemon/watch.h"
#include "daemon/watch_log.h"

enum watch_loss { WATCH_KEPT, WATCH_SLOW, WATCH_RESET, WATCH_REVOKED };

extern const char *const watch_loss_names[]; /* from WATCH_SLOW on */

/* A site that somebody watches. */
struct watch_site {
	const struct site *site; /* borrows */
	struct watch_log *log;	 /* owns */
	int64_t seen;		 /* every watch was told this rev, as last looked at */
	LIST_HEAD(, watch) watches;
	TAILQ_ENTRY(watch_site) entry;
};

struct watches {
	struct services *services; /* borrows */
	struct feed_follower follower;
	TAILQ_HEAD(, watch_site) sites;
	TAILQ_HEAD(, watch) ready;
	/* The next turns. A timer, for sockets are looked at before it fires: a task would be run in
	 * the same pass of the loop as the one before it. */
	struct timer turns;
	struct timer tick;
	struct buf line; /* the one that is being written */
	int64_t count, lost;
};

struct watch {
	struct watches *watches;
	struct watch_site *at;
	struct session *session; /* borrows; watches_leave() comes before it goes */
	struct actor *actor;	 /* owns a reference */
	int64_t number;
	bool topics[WATCH_TOPICS];
	int64_t rev;	 /* told up to here */
	int64_t skipped; /* revs left out, not told yet that they were */
	enum watch_loss loss;
	bool tick;    /* due */
	bool stalled; /* it has something to tell, and the client no room */
	/* REPLAY */
	bool replaying;
	struct db_call page;
	char page_site[16], page_rev[24];
	bool asked; /* a page is under way */
	struct timer again;
	/* the snapshot */
	bool snapshot; /* parts are still to be sent */
	int64_t part, from_usec;
	char after[40]; /* code of the last space sent */

	bool queued;
	TAILQ_ENTRY(watch) ready;
	LIST_ENTRY(watch) of_site, of_session;
};

/* Its turn comes in a later pass of the loop. */
void watch_queue(struct watch *watch);
/* Who watches may still: false, and its turn ends it. */
bool watch_is_allowed(const struct watch *watch);
enum watch_class watch_class(const struct watch *watch, int64_t tenant_id);

/*
 * Each writes at most one line (watch_send_page(): one page's). SENT: there may be more; NOTHING:
 * there was nothing to say; GONE: the connection closed, and the watch with it.
 */
enum watch_sent { WATCH_SENT, WATCH_NOTHING, WATCH_GONE };
enum watch_sent watch_send_events(struct watch *watch);
enum watch_sent watch_send_part(struct watch *watch);
enum watch_sent watch_send_tick(struct watch *watch);
enum watch_sent watch_send_lost(struct watch *watch);
/* Events that are not in the log: made for this watch alone; all have to be behind its rev. */
enum watch_sent watch_send_page(struct watch *watch, struct watch_event *const *events,
				size_t count);

/* Asks for the next page where none is under way. */
void watch_replay(struct watch *watch);
