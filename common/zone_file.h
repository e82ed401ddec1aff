#pragma once

/*
 * The TZif file format (RFC 8536), versions 1 to 4. Internal to zone.c.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/zone.h"
#include "common/zone_rule.h"

/* Everything below is read-only once loaded. */
struct zone {
	char name[ZONE_NAME_MAX];
	struct zone_type *types; /* owns; at least one, the first holds before any transition */
	size_t type_count;
	int64_t *transitions; /* owns; seconds, strictly ascending */
	uint8_t *indices;     /* owns; the type from that transition on */
	size_t transition_count;
	bool has_rule; /* after the last transition `rule` holds; else its type stays */
	struct zone_rule rule;
	int owners; /* besides the one who loaded it */
};

/* Fills the zeroed zone; on an error what it owns so far stays for zone_free(). -EBADMSG, -ENOMEM.
 */
int zone_file_parse(const uint8_t *data, size_t len, struct zone *zone);
/* Reads a whole regular file of at most ZONE_FILE_MAX bytes; the caller frees. Negative errno. */
int zone_file_read(const char *path, uint8_t **ret, size_t *ret_len);
