/*
 * What the calendar knows of its site itself: clock, hours, closed days, and the rules for each kind
 * of space. See calendar_internal.h.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "daemon/calendar_internal.h"
#include "daemon/words.h"

static const struct calendar_rules no_rules = { .horizon = -1 };

void calendar_site_init(struct calendar *calendar)
{
	for (int kind = 0; kind < CALENDAR_KINDS; kind++)
		calendar->rules[kind] = no_rules;
}

void calendar_site_deinit(struct calendar *calendar)
{
	zone_free(calendar->zone);
	zone_free(calendar->offered);
}

static int put_hours(struct calendar *calendar, const struct cJSON *body)
{
	const struct cJSON *days = json_get(body, "closed_days");
	struct calendar_hours hours = { 0 };
	int64_t open, close;

	if (!json_int(body, "open", &open) || !json_int(body, "close", &close) || !days)
		return -EBADMSG;
	hours.open_minute = (int)open;
	hours.close_minute = (int)close;
	for (const struct cJSON *day = json_first(days); day; day = json_next(day))
		hours.closed_days |= 1u << (json_value_int(day) & 7);
	calendar->hours = hours;
	return 0;
}

void calendar_offer_zone(struct calendar *calendar, struct zone *zone)
{
	zone_free(calendar->offered);
	calendar->offered = zone ? zone_ref(zone) : NULL;
}

/* A zone that the system does not have is no fault of the log: its name is kept. */
static void put_zone(struct calendar *calendar, const char *name)
{
	struct zone *zone = NULL;

	if (!name || strcmp(name, calendar->zone_name) == 0)
		return;
	snprintf(calendar->zone_name, sizeof(calendar->zone_name), "%s", name);
	if (calendar->offered && strcmp(zone_name(calendar->offered), name) == 0)
		zone = zone_ref(calendar->offered);
	else if (zone_load(name, NULL, &zone) < 0)
		zone = NULL;
	zone_free(calendar->zone);
	calendar->zone = zone;
}

static int read_number(const struct cJSON *body, const char *name, int least, int none)
{
	int64_t value;

	return json_int(body, name, &value) && value >= least && value <= INT32_MAX ? (int)value
										    : none;
}

/* A kind that is not told has no rules. */
static int put_rules(struct calendar *calendar, const struct cJSON *body)
{
	if (!body)
		return 0;
	calendar_site_init(calendar);
	for (const struct cJSON *of = json_first(body); of; of = json_next(of)) {
		int kind = word_index(space_kinds, json_name(of));

		if (kind < 0)
			return -EBADMSG;
		calendar->rules[kind] = (struct calendar_rules){
			.longest = read_number(of, "longest", 1, 0),
			.shortest = read_number(of, "shortest", 1, 0),
			.granularity = read_number(of, "granularity", 1, 0),
			.notice = read_number(of, "notice", 1, 0),
			.horizon = read_number(of, "horizon", 0, -1),
			.one_at_a_time = json_bool(of, "one_at_a_time"),
		};
	}
	return 0;
}

int calendar_site_put(struct calendar *calendar, const struct cJSON *body)
{
	int r = put_hours(calendar, body);

	calendar->stamp = calendar_next_stamp();
	if (r < 0)
		return r;
	put_zone(calendar, json_str(body, "zone"));
	return put_rules(calendar, json_get(body, "rules"));
}

const struct calendar_hours *calendar_hours(const struct calendar *calendar)
{
	return &calendar->hours;
}

const struct zone *calendar_zone(const struct calendar *calendar)
{
	return calendar->zone;
}

const char *calendar_zone_name(const struct calendar *calendar)
{
	return calendar->zone_name;
}

const struct calendar_rules *calendar_rules(const struct calendar *calendar, int kind)
{
	return &calendar->rules[kind];
}
