/*
 * Answers questions about zones for test_zone_python.py, which compares them with Python's
 * zoneinfo. One question a line on stdin, one answer a line on stdout:
 *
 *   zone NAME           ok | error ERRNO        the zone of the questions that follow
 *   at SECONDS          CIVIL OFFSET FOLD DST ABBREV
 *   wall CIVIL          ok SECONDS | twice FIRST SECOND | gap FROM TO
 *   next SECONDS        SECONDS | none
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/macros.h"
#include "common/zone.h"

static void answer_at(const struct zone *zone, int64_t seconds)
{
	struct zone_local local;
	char text[CIVIL_TEXT_MAX];

	zone_to_local(zone, seconds * USEC_PER_SEC, &local);
	printf("%s %d %d %d %s\n", civil_format(&local.civil, text), local.offset, local.fold,
	       local.dst, local.abbrev);
}

static void answer_wall(const struct zone *zone, const char *text)
{
	struct civil civil;
	struct zone_gap gap;
	int64_t first, second;
	char from[CIVIL_TEXT_MAX], to[CIVIL_TEXT_MAX];
	enum zone_result result;

	if (civil_parse(text, &civil) < 0) {
		puts("malformed");
		return;
	}
	result = zone_to_instant(zone, &civil, -1, &first, &gap);
	if (result == ZONE_GAP) {
		printf("gap %s %s\n", civil_format(&gap.from, from), civil_format(&gap.to, to));
		return;
	}
	if (result == ZONE_OK) {
		printf("ok %lld\n", (long long)(first / USEC_PER_SEC));
		return;
	}
	zone_to_instant(zone, &civil, 0, &first, NULL);
	zone_to_instant(zone, &civil, 1, &second, NULL);
	printf("twice %lld %lld\n", (long long)(first / USEC_PER_SEC),
	       (long long)(second / USEC_PER_SEC));
}

static void answer_next(const struct zone *zone, int64_t seconds)
{
	int64_t next;

	if (zone_next_change(zone, seconds * USEC_PER_SEC, &next))
		printf("%lld\n", (long long)(next / USEC_PER_SEC));
	else
		puts("none");
}

static struct zone *answer_zone(const char *name, const char *dir)
{
	struct zone *zone = NULL;
	int r = zone_load(name, dir, &zone);

	if (r < 0)
		printf("error %d\n", -r);
	else
		puts("ok");
	return zone;
}

int main(int argc, char **argv)
{
	struct zone *zone = NULL;
	const char *dir = argc > 1 ? argv[1] : NULL;
	char line[256];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *word = line;
		char *rest = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (rest == NULL)
			return 2;
		*rest++ = '\0';
		if (strcmp(word, "zone") == 0) {
			zone_free(zone);
			zone = answer_zone(rest, dir);
		} else if (zone == NULL) {
			return 2;
		} else if (strcmp(word, "at") == 0) {
			answer_at(zone, strtoll(rest, NULL, 10));
		} else if (strcmp(word, "wall") == 0) {
			answer_wall(zone, rest);
		} else if (strcmp(word, "next") == 0) {
			answer_next(zone, strtoll(rest, NULL, 10));
		}
	}
	zone_free(zone);
	return 0;
}
