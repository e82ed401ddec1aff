#pragma once

/*
 * JSON as the client prints it.
 */

#include "common/buf.h"
#include "common/jsonw.h"

struct cJSON;

/* Writes a parsed value as it is. */
void json_write(struct jsonw *w, const struct cJSON *value);
/*
 * Appends finished JSON text with every character that could steer a terminal as a \u escape: still
 * the same value, and harmless.
 */
void json_add_safe(struct buf *out, const char *json, size_t len);
