/*
 * Spans and instants by the name of a zone.
 */

#include "client/when.h"
#include "common/civil.h"
#include "common/when.h"
#include "common/zone.h"

/* The named zone, else UTC; NULL where not even that can be read. */
static struct zone *load(const char *name)
{
	struct zone *zone = NULL;

	if ((!name || zone_load(name, NULL, &zone) < 0) && zone_load("UTC", NULL, &zone) < 0)
		return NULL;
	return zone;
}

void when_span(struct buf *out, int64_t start, int64_t end, const char *zone_name, int64_t now,
	       const char *lang)
{
	struct when_interval interval = { start, end };
	char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
	struct zone *zone = load(zone_name);

	if (zone)
		when_echo(out, &interval, zone, now, lang);
	else
		buf_printf(out, "%s – %s", instant_format(start, from), instant_format(end, to));
	zone_free(zone);
}

void when_hours(struct buf *out, const struct when_interval *when, const char *zone_name,
		const char *lang)
{
	struct zone *zone = load(zone_name);

	if (zone)
		when_echo_hours(out, when, zone, lang);
	zone_free(zone);
}

void when_instant(struct buf *out, int64_t at, const char *zone_name, int64_t now, const char *lang)
{
	char text[INSTANT_TEXT_MAX];
	struct zone *zone = load(zone_name);

	if (zone)
		when_echo_instant(out, at, zone, now, lang);
	else
		buf_add_str(out, instant_format(at, text));
	zone_free(zone);
}
