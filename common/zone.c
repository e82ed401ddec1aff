/*
 * Zones: loading by name, and the two directions between instants and wall clocks. All of it stands
 * on one question, span_at(): which stretch of unchanging offset holds a second. Stored transitions
 * are found by binary search, later ones by the footer's rule. A reading is turned into an instant
 * by looking through every stretch near enough to show it: none is a gap, two are a fold, whatever
 * the size or the reason of the change.
 */

#include "common/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "common/zone_file.h"

#define ZONE_DIR     "/usr/share/zoneinfo"
#define PATH_LEN_MAX 4096

static bool name_char_ok(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '-' || c == '_' || c == '.';
}

/* Parts of letters, digits, "+-_." joined by '/'; none empty, none starts with '.'. */
static bool name_ok(const char *name)
{
	bool part_starts = true;

	if (strlen(name) >= ZONE_NAME_MAX)
		return false;
	for (const char *at = name; *at != '\0'; at++) {
		if (part_starts && (*at == '/' || *at == '.'))
			return false;
		part_starts = *at == '/';
		if (!part_starts && !name_char_ok(*at))
			return false;
	}
	return !part_starts;
}

int zone_load(const char *name, const char *dir, struct zone **ret)
{
	char path[PATH_LEN_MAX];
	uint8_t *data;
	size_t len;
	int r;

	if (!name_ok(name))
		return -EINVAL;
	r = snprintf(path, sizeof(path), "%s/%s", dir != NULL ? dir : ZONE_DIR, name);
	if (r < 0 || (size_t)r >= sizeof(path))
		return -ENAMETOOLONG;
	r = zone_file_read(path, &data, &len);
	if (r < 0)
		return r;
	r = zone_parse(name, data, len, ret);
	free(data);
	return r;
}

int zone_parse(const char *name, const void *data, size_t len, struct zone **ret)
{
	struct zone *zone;
	int r;

	if (!name_ok(name))
		return -EINVAL;
	if (len > ZONE_FILE_MAX)
		return -EBADMSG;
	zone = calloc(1, sizeof(*zone));
	if (zone == NULL)
		return -ENOMEM;
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	r = zone_file_parse(data, len, zone);
	if (r < 0) {
		zone_free(zone);
		return r;
	}
	*ret = zone;
	return 0;
}

struct zone *zone_ref(struct zone *zone)
{
	zone->owners++;
	return zone;
}

struct zone *zone_free(struct zone *zone)
{
	if (zone == NULL || zone->owners-- > 0)
		return NULL;
	free(zone->types);
	free(zone->transitions);
	free(zone->indices);
	free(zone);
	return NULL;
}

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

/* How many stored transitions are at or before the second. */
static size_t transitions_until(const struct zone *zone, int64_t seconds)
{
	size_t low = 0;
	size_t high = zone->transition_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->transitions[middle] <= seconds)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct zone_span span_at(const struct zone *zone, int64_t seconds)
{
	size_t count = zone->transition_count;
	size_t passed = transitions_until(zone, seconds);
	struct zone_span span = { INT64_MIN, INT64_MAX, &zone->types[0] };
	int64_t from = passed > 0 ? zone->transitions[passed - 1] : INT64_MIN;

	if (passed == count && zone->has_rule) {
		span = zone_rule_span(&zone->rule, seconds);
		if (span.from < from)
			span.from = from;
		return span;
	}
	span.from = from;
	if (passed > 0)
		span.type = &zone->types[zone->indices[passed - 1]];
	if (passed < count)
		span.to = zone->transitions[passed];
	return span;
}

static bool span_shows(const struct zone_span *span, int64_t reading)
{
	int64_t at = reading - span->type->offset;

	return at >= span->from && at < span->to;
}

/* Whether the clock had shown what it shows now once before. */
static bool shown_before(const struct zone *zone, struct zone_span span, int64_t seconds)
{
	int64_t reading = seconds + span.type->offset;
	/* The earlier instant of the same reading is nearer than the widest pair of offsets. */
	int64_t earliest = seconds - 2 * ZONE_OFFSET_LIMIT;

	while (span.from > earliest) {
		span = span_at(zone, span.from - 1);
		if (span_shows(&span, reading))
			return true;
	}
	return false;
}

void zone_to_local(const struct zone *zone, int64_t usec, struct zone_local *ret)
{
	int64_t seconds = instant_seconds(usec);
	struct zone_span span = span_at(zone, seconds);

	memset(ret, 0, sizeof(*ret));
	ret->civil = civil_from_seconds(seconds + span.type->offset);
	ret->offset = span.type->offset;
	ret->fold = shown_before(zone, span, seconds);
	ret->dst = span.type->dst;
	snprintf(ret->abbrev, sizeof(ret->abbrev), "%s", span.type->abbrev);
}

struct matches {
	int64_t at[2]; /* the instants that show the reading, in order */
	size_t count;
	int64_t gap_from, gap_to; /* readings; meaningful if there is no match */
};

static void find_matches(const struct zone *zone, int64_t reading, struct matches *ret)
{
	struct zone_span span = span_at(zone, reading - ZONE_OFFSET_LIMIT);

	memset(ret, 0, sizeof(*ret));
	for (;;) {
		struct zone_span next;

		if (span_shows(&span, reading) && ret->count < ARRAY_SIZE(ret->at))
			ret->at[ret->count++] = reading - span.type->offset;
		if (span.to > reading + ZONE_OFFSET_LIMIT)
			return;
		next = span_at(zone, span.to);
		if (span.to + span.type->offset <= reading &&
		    span.to + next.type->offset > reading) {
			ret->gap_from = span.to + span.type->offset;
			ret->gap_to = span.to + next.type->offset;
		}
		span = next;
	}
}

enum zone_result zone_to_instant(const struct zone *zone, const struct civil *civil, int fold,
				 int64_t *ret_usec, struct zone_gap *ret_gap)
{
	struct matches matches;
	size_t chosen = 0;

	find_matches(zone, civil_to_seconds(civil), &matches);
	if (matches.count == 0) {
		if (ret_gap != NULL) {
			ret_gap->from = civil_from_seconds(matches.gap_from);
			ret_gap->to = civil_from_seconds(matches.gap_to);
		}
		return ZONE_GAP;
	}
	if (matches.count == 2) {
		if (fold < 0)
			return ZONE_TWICE;
		chosen = fold > 0;
	}
	if (ret_usec != NULL)
		*ret_usec = matches.at[chosen] * USEC_PER_SEC;
	return ZONE_OK;
}

bool zone_next_change(const struct zone *zone, int64_t usec, int64_t *ret_usec)
{
	struct zone_span span = span_at(zone, instant_seconds(usec));

	while (span.to <= INSTANT_MAX / USEC_PER_SEC) {
		struct zone_span next = span_at(zone, span.to);

		if (next.type->offset != span.type->offset) {
			*ret_usec = span.to * USEC_PER_SEC;
			return true;
		}
		span = next;
	}
	return false;
}
