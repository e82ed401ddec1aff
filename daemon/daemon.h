#pragma once

/* The running daemon: new, startup, run, free. */

#include "daemon/config.h"

/*
 * Runs until SIGTERM or SIGINT. `path` is what SIGHUP loads again (NULL: defaults only) into *file,
 * which stays the caller's. Gives the exit status: 0 stopped as asked, 78 certificate, address or
 * schema are wrong, 70 otherwise.
 */
int daemon_run(struct config_file **file, const char *path);
