#pragma once

/*
 * Bringing a database to the schema of this binary. Used by `coworkd migrate` and `coworkd setup`.
 */

#include <stdbool.h>

struct db_admin;

/*
 * Applies what is missing, as role cowork_owner, under the lock that lets one migrate at a time.
 * Says on stderr what it does. Gives an exit status of admin.h; after anything but 0 the reason has
 * been said.
 */
int migrate_apply(struct db_admin *db);

/* Gives role coworkd the rights that it lacks, and says which. An exit status, as above. */
int migrate_rights(struct db_admin *db);
/* Whether the extension btree_gist is in the database (or else, on the server to be had). An exit status,
 * as above. */
int migrate_extension(struct db_admin *db, bool installed);
