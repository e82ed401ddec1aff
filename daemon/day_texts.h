#pragma once

/*
 * Days of spaces as they were told to somebody who may know none of their holders: the same for all
 * such people until something about the space changes (calendar_space_stamp()). Pure; a text that there
 * is no memory or no room for is not kept, and one that is in the way goes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/day.h"

#define DAY_TEXTS_BYTES (16 * 1024 * 1024) /* of all that is kept, with what it takes to keep it */
#define DAY_TEXT_MAX	4096
#define DAY_TENANTS_MAX 8 /* of the bookings of a day: more are not kept */

struct day_texts;

struct day_text_key {
	int64_t space_id;
	uint64_t stamp; /* of the space, in its calendar */
	int64_t cuts[4];
	bool closed;
};

/* Of a clock of one day. */
struct day_text_key day_text_key(const struct calendar *calendar,
				 const struct calendar_space *space, const struct day_clock *clock);

/* NULL when out of memory. */
struct day_texts *day_texts_new(size_t bytes);
/* Takes NULL, returns NULL. */
struct day_texts *day_texts_free(struct day_texts *texts);

/* The text, until the next day_texts_keep(). NULL: none is kept, or it has bookings of this tenant (0: the
 * asker has none), who may know more. */
const char *day_texts_find(const struct day_texts *texts, const struct day_text_key *key,
			   int64_t tenant_id, size_t *ret_len);
/* Copies the text of these spans. */
void day_texts_keep(struct day_texts *texts, const struct day_text_key *key,
		    const struct day_span *spans, size_t count, const char *text, size_t len);
/* Bytes that are kept, for tests. */
size_t day_texts_size(const struct day_texts *texts);
