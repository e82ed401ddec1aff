#pragma once

/*
 * What the client remembers between runs, in $XDG_STATE_HOME/cowork: the token of each context
 * (0600), the last rev it saw of each site, and the keys of requests that were sent and not yet
 * answered. The clocks of sites stand there too: see site_clock.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/files.h"
#include "common/token.h"

/* The token saved for a context; 0, -ENOENT, -EINVAL (not a token) or a negative errno. */
int state_token(const struct paths *paths, const char *context, char out[TOKEN_TEXT_MAX]);
/* A token or code from a file, or from stdin for "-". Same results. */
int state_read_secret(const char *path, char out[TOKEN_TEXT_MAX]);
int state_save_token(const struct paths *paths, const char *context, const char *token);
/* 0 also when there is none. */
int state_forget_token(const struct paths *paths, const char *context);

/* The last rev seen of a site; 0 when none. */
int64_t state_rev(const struct paths *paths, const char *context, const char *site);
/* Remembers a rev unless a later one is known. */
int state_save_rev(const struct paths *paths, const char *context, const char *site, int64_t rev);
/* Forgets the revs and clocks of all sites of a context. */
int state_forget_sites(const struct paths *paths, const char *context);

/* A request is about to be sent: `line` is the command that asks for its answer again. */
int state_pending_add(const struct paths *paths, const char *key, const char *line);
/* Its answer is known. */
void state_pending_remove(const struct paths *paths, const char *key);
/*
 * Calls `each` with the line of every request not yet answered, newest last by key. Those older
 * than 48 hours are dropped: the server has forgotten them too. The count, or a negative errno.
 */
int state_pending_each(const struct paths *paths, void (*each)(const char *line, void *data),
		       void *data);
