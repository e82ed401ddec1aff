#pragma once

/* What the system lets us have: descriptors and memory, and what fits into them. */

#include <stdint.h>

#include "daemon/config.h"

/*
 * Raises our own limit on descriptors as far as it may be, for limits.connections. Gives how many
 * clients there is room for beside files and database links, at most limits.connections; 0: not even
 * for one. The log says when there is less room than the configuration asks for.
 */
int64_t resources_clients(const struct config *config);

/* 0, or -ENOMEM where the limit on memory (RLIMIT_AS, RLIMIT_DATA) is below what the configuration needs
 * to start; the log has told then, and also when it is only below what it may use. */
int resources_memory(const struct config *config);

/* The same for a limit of that name and so many bytes. */
int resources_memory_under(const struct config *config, int64_t limit, const char *name);

/* Bytes that it takes to start, and all that the limits of the configuration allow. */
int64_t resources_memory_least(const struct config *config);
int64_t resources_memory_most(const struct config *config);
