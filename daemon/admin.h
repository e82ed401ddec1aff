#pragma once

/*
 * The subcommands of coworkd that talk to PostgreSQL and end: setup, migrate, verify. Each is a
 * blocking little program of its own beside the event loop; it prints for people and gives the exit
 * status.
 *
 * Exit statuses: 0 done or holds; 1 verify found a fault; 64 usage; 75 could not be checked or
 * reached; 78 wrong set-up, with one line that says what is wrong and what to do, and nothing
 * changed.
 */

#include "daemon/config.h"

/* `argv[0]` is the subcommand's name. Options not given come from the configuration. */
int admin_setup(int argc, char **argv, const struct config *config);
int admin_migrate(int argc, char **argv, const struct config *config);
int admin_verify(int argc, char **argv, const struct config *config);

/* What each says to --help and to a command line that is wrong. */
extern const char admin_setup_usage[];
extern const char admin_migrate_usage[];
extern const char admin_verify_usage[];

/* The schema version that this binary is made for: the number of its last migration. */
int admin_schema_version(void);
