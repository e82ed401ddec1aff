/* See sources.h. Chains behind a table that doubles when there are more entries than places. */

#include "daemon/sources.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

#define SIZE_FIRST 64

struct source_entry {
	struct throttle_source source;
	int64_t count;
	struct source_entry *next;
};

/* The high bits of a product with a secret odd number: two sources meet by chance alone. */
static struct source_entry **bucket(const struct sources *sources,
				    const struct throttle_source *source)
{
	uint64_t bits;

	memcpy(&bits, source->bytes, sizeof(bits));
	bits *= sources->secret;
	return &sources->buckets[(bits >> 32) & (sources->size - 1)];
}

/* The place that points to the source's entry, or to the end of its chain. */
static struct source_entry **find(const struct sources *sources,
				  const struct throttle_source *source)
{
	struct source_entry **at = bucket(sources, source);

	while (*at && memcmp(&(*at)->source, source, sizeof(*source)) != 0)
		at = &(*at)->next;
	return at;
}

static bool resize(struct sources *sources, size_t size)
{
	struct sources old = *sources;
	struct source_entry *entry, **at;

	sources->buckets = calloc(size, sizeof(struct source_entry *));
	if (!sources->buckets) {
		sources->buckets = old.buckets;
		return false;
	}
	sources->size = size;
	for (size_t i = 0; i < old.size; i++) {
		while ((entry = old.buckets[i])) {
			old.buckets[i] = entry->next;
			at = bucket(sources, &entry->source);
			entry->next = *at;
			*at = entry;
		}
	}
	free(old.buckets);
	return true;
}

static int begin(struct sources *sources)
{
	if (crypto_random(&sources->secret, sizeof(sources->secret)) < 0)
		return -EIO;
	sources->secret |= 1;
	return resize(sources, SIZE_FIRST) ? 0 : -ENOMEM;
}

int sources_enter(struct sources *sources, const struct throttle_source *source)
{
	int r = sources->size == 0 ? begin(sources) : 0;
	struct source_entry **at;

	if (r < 0)
		return r;
	at = find(sources, source);
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return -ENOMEM;
		(*at)->source = *source;
		sources->used++;
	}
	(*at)->count++;
	/* Without memory for a larger table the chains grow instead. */
	if (sources->used > sources->size)
		(void)resize(sources, 2 * sources->size);
	return 0;
}

void sources_leave(struct sources *sources, const struct throttle_source *source)
{
	struct source_entry **at = find(sources, source), *entry = *at;

	if (--entry->count > 0)
		return;
	*at = entry->next;
	free(entry);
	sources->used--;
}

int64_t sources_count(const struct sources *sources, const struct throttle_source *source)
{
	const struct source_entry *entry = sources->size > 0 ? *find(sources, source) : NULL;

	return entry ? entry->count : 0;
}

void sources_deinit(struct sources *sources)
{
	struct source_entry *entry;

	for (size_t i = 0; i < sources->size; i++) {
		while ((entry = sources->buckets[i])) {
			sources->buckets[i] = entry->next;
			free(entry);
		}
	}
	free(sources->buckets);
	*sources = (struct sources){ 0 };
}
