#pragma once

/*
 * Whether the schema is still ours, asked now and then: a migration cuts no link, and what ran before it
 * would run on tables and functions that it does not know.
 */

#include "daemon/db.h"
#include "daemon/loop.h"

#define DB_SCHEMA_PAUSE_MS 2000

struct db_schema {
	struct loop *loop; /* borrows */
	struct db *db;	   /* borrows */
	struct db_call call;
	struct timer pause;
	/* It is not, or cannot be read: all links are to be made anew, and then it is told why. */
	void (*changed)(struct db_schema *schema);
};

void db_schema_init(struct db_schema *schema, struct loop *loop, struct db *db,
		    void (*changed)(struct db_schema *schema));
void db_schema_deinit(struct db_schema *schema);
