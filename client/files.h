#pragma once

/*
 * Where the client keeps its files, and reading and writing them whole.
 */

#include <stddef.h>
#include <sys/types.h>

#include "common/buf.h"

struct paths {
	char *config; /* owns; $XDG_CONFIG_HOME/cowork/config */
	char *state;  /* owns; $XDG_STATE_HOME/cowork */
};

/* From the environment; 0, -ENOENT without a home, -ENOMEM. */
int paths_init(struct paths *paths);
void paths_deinit(struct paths *paths);

/* The malloc'd path of a file in the state folder; NULL when out of memory. */
char *paths_state(const struct paths *paths, const char *name, const char *suffix);

/* The whole file appended to `out` up to its ceiling; 0, -EFBIG, or a negative errno. */
int file_read(const char *path, struct buf *out);
/*
 * Replaces the file in one step (a reader sees the old or the new one), making its folders 0700.
 * The new file has `mode` from its first byte on. 0 or a negative errno.
 */
int file_replace(const char *path, const void *data, size_t len, mode_t mode);
