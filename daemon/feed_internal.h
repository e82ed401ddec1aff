#pragma once

/* What the two files of the feed share: sites and waits (feed.c), following (feed_follow.c). */

#include "common/buf.h"
#include "common/crypto.h"
#include "daemon/feed.h"

#define FEED_SITES_MAX 512 /* of one poll; more take turns */

enum feed_state {
	FEED_ABSENT,
	FEED_LOADING,
	FEED_LIVE,
};

struct feed_site {
	struct feed *feed; /* borrows */
	const struct site *site;
	enum feed_state state;
	struct calendar *calendar; /* owns; LOADING: being filled, LIVE: in use */
	struct calendar *dropped;  /* owns; is freed piece by piece */
	struct timer freeing;
	bool broken;	    /* LOADING: a row made no sense */
	int kept;	    /* feed_keep() */
	int64_t asked_usec; /* when somebody last wanted it */
	/* What the poll under way was asked about. */
	int64_t sent_rev;
	uint8_t sent_hash[SHA256_SIZE];
	struct db_call load;
	char load_site[16], load_from[24];
	TAILQ_HEAD(, feed_wait) waits;
	TAILQ_ENTRY(feed_site) entry;
};

struct feed {
	struct loop *loop; /* borrows */
	struct db *db;	   /* borrows */
	struct sites *sites;
	TAILQ_HEAD(, feed_site) list;
	LIST_HEAD(, feed_follower) followers;
	struct timer timer;
	struct db_call poll;
	bool polling;
	bool again; /* a hint came while polling */
	struct buf ids, revs, hashes;
	int64_t confirmed_usec; /* monotonic: the last poll or load that succeeded */
	int64_t reloads;
	uint64_t answers; /* of the database, refusals too */
};

/* What we know is not what is: begin anew, and let nobody read it meanwhile. */
void feed_reload(struct feed_site *fs, const char *why);
/* Tells all whose rev is reached. */
void feed_serve(struct feed_site *fs);
/* NULL: nobody asked for it yet. */
struct feed_site *feed_find(struct feed *feed, int site_id);

/* One call for all live sites; or one more after the one under way. */
void feed_poll(struct feed *feed);
/* The calendar was loaded (again). */
void feed_tell_reset(struct feed_site *fs);
