#pragma once

/*
 * Tells the other instances which sites have changed, with NOTIFY: after the commit, best effort, since
 * whoever follows a site polls it too. The first word goes at once; what comes within DB_HINT_PAUSE_MS of
 * it goes together then, the newest rev of each site, since a NOTIFY is a transaction of its own beside
 * the next booking's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/db.h"
#include "daemon/loop.h"

#define DB_HINT_PAUSE_MS 20
#define DB_HINTS_MAX	 64 /* sites; of more in one pause the poll tells */

struct db_hints {
	struct loop *loop; /* borrows */
	struct db *db;	   /* borrows */
	struct db_call call;
	bool busy;
	struct timer pause;
	struct {
		int site_id;
		int64_t rev;
	} waiting[DB_HINTS_MAX];
	int count;
	char text[DB_HINTS_MAX * 36 + 3]; /* an array of "SITE REV" */
};

void db_hints_init(struct db_hints *hints, struct loop *loop, struct db *db);
void db_hints_deinit(struct db_hints *hints);
void db_hints_tell(struct db_hints *hints, int site_id, int64_t rev);
