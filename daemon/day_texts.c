/*
 * See day_texts.h. A table of sets of a few places each: a text goes to a place of its set that has the
 * same day of the same space, as it was before, or is free, or to the one whose turn it is. Nothing grows
 * or moves, so that no step is a pause.
 */

#include "daemon/day_texts.h"

#include <stdlib.h>
#include <string.h>

#define SETS 4096
#define WAYS 8

struct day_text {
	struct day_text_key key;
	int64_t tenants[DAY_TENANTS_MAX];
	int tenant_count;
	size_t len;
	char text[];
};

struct day_texts {
	struct day_text *places[SETS][WAYS]; /* own */
	size_t bytes, most;
	unsigned turn; /* whose place in a full set is taken next */
	size_t hand;   /* the place that is emptied next where the bytes are too many */
};

struct day_text_key day_text_key(const struct calendar *calendar,
				 const struct calendar_space *space, const struct day_clock *clock)
{
	struct day_text_key key = { .space_id = space->id,
				    .stamp = calendar_space_stamp(calendar, space),
				    .closed = clock->closed[0] };

	memcpy(key.cuts, clock->cuts[0], sizeof(key.cuts));
	return key;
}

struct day_texts *day_texts_new(size_t bytes)
{
	struct day_texts *texts = calloc(1, sizeof(*texts));

	if (texts)
		texts->most = bytes;
	return texts;
}

static void drop(struct day_texts *texts, struct day_text **place)
{
	if (!*place)
		return;
	texts->bytes -= sizeof(**place) + (*place)->len;
	free(*place);
	*place = NULL;
}

struct day_texts *day_texts_free(struct day_texts *texts)
{
	if (!texts)
		return NULL;
	for (size_t i = 0; i < SETS * WAYS; i++)
		drop(texts, &texts->places[i / WAYS][i % WAYS]);
	free(texts);
	return NULL;
}

size_t day_texts_size(const struct day_texts *texts)
{
	return texts->bytes;
}

/* Ids of spaces are the database's, one sequence for all sites. */
static size_t set_of(const struct day_text_key *key)
{
	uint64_t day = (uint64_t)key->cuts[0] / UINT64_C(3600000000);
	uint64_t mixed = ((uint64_t)key->space_id * 7919 + day) * UINT64_C(0x9E3779B97F4A7C15);

	return mixed >> 52;
}

static bool is_same_day(const struct day_text_key *a, const struct day_text_key *b)
{
	return a->space_id == b->space_id && a->cuts[0] == b->cuts[0];
}

static bool is_same(const struct day_text_key *a, const struct day_text_key *b)
{
	return a->stamp == b->stamp && a->space_id == b->space_id && a->closed == b->closed &&
	       memcmp(a->cuts, b->cuts, sizeof(a->cuts)) == 0;
}

static bool has_tenant(const struct day_text *text, int64_t tenant_id)
{
	for (int i = 0; i < text->tenant_count; i++)
		if (text->tenants[i] == tenant_id)
			return true;
	return false;
}

const char *day_texts_find(const struct day_texts *texts, const struct day_text_key *key,
			   int64_t tenant_id, size_t *ret_len)
{
	struct day_text *const *set = texts->places[set_of(key)];

	for (int i = 0; i < WAYS; i++) {
		if (!set[i] || !is_same(&set[i]->key, key))
			continue;
		if (tenant_id != 0 && has_tenant(set[i], tenant_id))
			return NULL;
		*ret_len = set[i]->len;
		return set[i]->text;
	}
	return NULL;
}

/* False: they are too many. */
static bool list_tenants(struct day_text *text, const struct day_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t tenant_id = spans[i].entry ? spans[i].entry->tenant_id : 0;

		if (tenant_id == 0 || has_tenant(text, tenant_id))
			continue;
		if (text->tenant_count == DAY_TENANTS_MAX)
			return false;
		text->tenants[text->tenant_count++] = tenant_id;
	}
	return true;
}

static struct day_text **choose_place(struct day_texts *texts, const struct day_text_key *key)
{
	struct day_text **set = texts->places[set_of(key)], **empty = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (set[i] && is_same_day(&set[i]->key, key))
			return &set[i];
		if (!set[i])
			empty = &set[i];
	}
	return empty ? empty : &set[texts->turn++ % WAYS];
}

void day_texts_keep(struct day_texts *texts, const struct day_text_key *key,
		    const struct day_span *spans, size_t count, const char *text, size_t len)
{
	struct day_text *kept = len <= DAY_TEXT_MAX ? calloc(1, sizeof(*kept) + len) : NULL;
	struct day_text **place;

	if (!kept || sizeof(*kept) + len > texts->most || !list_tenants(kept, spans, count)) {
		free(kept);
		return;
	}
	kept->key = *key;
	kept->len = len;
	memcpy(kept->text, text, len);
	place = choose_place(texts, key);
	drop(texts, place);
	texts->bytes += sizeof(*kept) + len;
	for (; texts->bytes > texts->most; texts->hand = (texts->hand + 1) % (SETS * WAYS))
		drop(texts, &texts->places[texts->hand / WAYS][texts->hand % WAYS]);
	*place = kept;
}
