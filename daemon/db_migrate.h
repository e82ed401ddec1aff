#pragma once

/*
 * Bringing a database to the schema of this binary. Used by `coworkd migrate` and `coworkd setup`.
 */

struct db_admin;

/*
 * Applies what is missing, as role cowork_owner, under the lock that lets one migrate at a time.
 * Says on stderr what it does. Gives an exit status of admin.h; after anything but 0 the reason has
 * been said.
 */
int migrate_apply(struct db_admin *db);
