#pragma once

/*
 * UTF-8 (RFC 3629): validation, counting, and making text safe to show.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Length of the valid sequence at `text` (at most `len`) and its code point, or 0. */
size_t utf8_next(const char *text, size_t len, uint32_t *ret_code);
bool utf8_valid(const char *text, size_t len);
/* Code points in a valid string. */
size_t utf8_count(const char *text);
/* Whether a name or title may hold it: no C0, DEL, C1, line or paragraph separators, bidi controls
 * (U+061C, U+200E, U+200F, U+202A-202E, U+2066-2069), noncharacters or unassigned surrogates. */
bool utf8_printable(uint32_t code);
/* Appends the text with everything that is not printable replaced by U+FFFD; for terminals. */
void utf8_add_safe(struct buf *out, const char *text);
/* Columns of a string by wcwidth (0 for what has none); needs a UTF-8 locale. */
int utf8_width(const char *text);
