/*
 * Time zone files: any bytes are refused or make a zone that answers every question without
 * contradicting itself. An instant's reading leads back to an instant of that reading, to the same
 * one unless it is a fold's second; a gap holds the reading it refuses; a change of offset is one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "common/zone.h"

#define CHANGES_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void probe_instant(const struct zone *zone, int64_t usec)
{
	struct zone_local local, again;
	int64_t back;

	zone_to_local(zone, usec, &local);
	if (!civil_valid(&local.civil))
		return;
	demand(zone_to_instant(zone, &local.civil, local.fold, &back, NULL) == ZONE_OK);
	demand(local.fold == 1 || back == instant_seconds(usec) * USEC_PER_SEC);
	zone_to_local(zone, back, &again);
	demand(memcmp(&again.civil, &local.civil, sizeof(again.civil)) == 0);
	demand(again.fold == local.fold);
}

static void probe_reading(const struct zone *zone, int64_t reading)
{
	struct civil civil = civil_from_seconds(reading);
	struct zone_gap gap;
	int64_t first, second;
	enum zone_result result;

	if (!civil_valid(&civil))
		return;
	result = zone_to_instant(zone, &civil, -1, &first, &gap);
	if (result == ZONE_GAP) {
		demand(civil_to_seconds(&gap.from) <= reading);
		demand(civil_to_seconds(&gap.to) > reading);
	} else if (result == ZONE_TWICE) {
		demand(zone_to_instant(zone, &civil, 0, &first, NULL) == ZONE_OK);
		demand(zone_to_instant(zone, &civil, 1, &second, NULL) == ZONE_OK);
		demand(first < second);
	} else {
		probe_instant(zone, first);
	}
}

static void probe_changes(const struct zone *zone, int64_t usec)
{
	static const int64_t near[] = { -86400, -3600, -1, 0, 1, 1800, 3600, 86400 };

	for (int i = 0; i < CHANGES_MAX; i++) {
		struct zone_local before, after;
		int64_t next;

		if (!zone_next_change(zone, usec, &next))
			return;
		demand(next > usec);
		zone_to_local(zone, next - 1, &before);
		zone_to_local(zone, next, &after);
		demand(before.offset != after.offset);
		for (size_t j = 0; j < ARRAY_SIZE(near); j++) {
			int64_t at = next / USEC_PER_SEC + near[j];

			probe_instant(zone, at * USEC_PER_SEC);
			probe_reading(zone, at + before.offset);
			probe_reading(zone, at + after.offset);
		}
		usec = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zone *zone;

	if (zone_parse("Fuzz/Zone", data, size, &zone) < 0)
		return 0;
	probe_changes(zone, INSTANT_MIN);
	probe_changes(zone, 0);
	probe_changes(zone, INT64_C(4000000000) * USEC_PER_SEC);
	probe_instant(zone, INSTANT_MIN);
	probe_instant(zone, INSTANT_MAX);
	probe_instant(zone, INT64_MIN);
	probe_instant(zone, INT64_MAX);
	zone_free(zone);
	return 0;
}
