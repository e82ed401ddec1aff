#pragma once

/*
 * Whether libpq will take a connection string, asked before anything connects with it: the daemon
 * would try a broken one for ever.
 */

#include <stddef.h>

/* 0; -EINVAL with one line in `why`, in which nothing stands that may be of a password; -ENOMEM. */
int db_conninfo_check(const char *conninfo, char *why, size_t size);
