#pragma once

/*
 * Signs and lines of ours on terminals that have only ASCII: --ascii, or COWORK_GLYPHS=ascii.
 */

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

/* Whether the environment asks for ASCII. */
bool glyphs_environment(void);
/* Appends text with each sign as one of ASCII, so that columns stay; letters of any script stay. */
void glyphs_plain(struct buf *out, const char *text, size_t len);
