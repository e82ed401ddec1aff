#pragma once

/* The rules of a kind of space in words, and the lengths that people write for them. */

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct cJSON;

/* Whether a member of a reply is the rules of one kind. */
bool rules_are(const struct cJSON *value);
/* "15m to 8h, by 15m, 90d ahead, one at a time". */
void rules_words(const struct cJSON *rules, struct buf *out);

/*
 * A length such as "8h", "1h30m", "90d" or "2w" in minutes; a bare number counts `unit` minutes.
 * False: it is none.
 */
bool rules_length(const char *text, int64_t unit, int64_t *ret_minutes);
