/* The sentences of policy_hint(). See policy.h. */

#include <stdio.h>

#include "common/macros.h"
#include "daemon/policy.h"
#include "daemon/site_clock.h"
#include "daemon/words.h"

#define MINUTES_OF_DAY 1440

/* "8 hours", "90 minutes", "2 days". */
static const char *length(int64_t minutes, char out[32])
{
	const char *unit = "minute";
	int64_t count = minutes;

	if (minutes && minutes % MINUTES_OF_DAY == 0) {
		unit = "day";
		count = minutes / MINUTES_OF_DAY;
	} else if (minutes && minutes % 60 == 0) {
		unit = "hour";
		count = minutes / 60;
	}
	snprintf(out, 32, "%lld %s%s", (long long)count, unit, count == 1 ? "" : "s");
	return out;
}

static void hint_hours(const struct calendar *calendar, char out[POLICY_HINT_MAX])
{
	const struct calendar_hours *hours = calendar_hours(calendar);

	if (!calendar_zone(calendar))
		snprintf(out, POLICY_HINT_MAX,
			 "The server does not know the site's time zone %.40s, so it cannot tell "
			 "when it is open.",
			 calendar_zone_name(calendar));
	else
		snprintf(out, POLICY_HINT_MAX, "The site is open from %02d:%02d to %02d:%02d.",
			 hours->open_minute / 60, hours->open_minute % 60, hours->close_minute / 60,
			 hours->close_minute % 60);
}

static void hint_closed_day(const struct calendar *calendar, char out[POLICY_HINT_MAX])
{
	static const char *const names[] = { "Sundays",	  "Mondays", "Tuesdays", "Wednesdays",
					     "Thursdays", "Fridays", "Saturdays" };
	unsigned closed = calendar_hours(calendar)->closed_days;
	int len = snprintf(out, POLICY_HINT_MAX, "The site is closed on"), told = 0;

	for (int day = 0; day < 7; day++)
		if (closed & 1u << day)
			len += snprintf(out + len, (size_t)(POLICY_HINT_MAX - len), "%s %s",
					told++ ? "," : "", names[day]);
	snprintf(out + len, (size_t)(POLICY_HINT_MAX - len), ".");
}

static void hint_horizon(const struct calendar *calendar, const struct policy_ask *ask,
			 int64_t days, char out[POLICY_HINT_MAX])
{
	struct civil day = site_clock_day(calendar, ask->now);

	day = civil_from_seconds(civil_to_seconds(&day) + days * 86400);
	snprintf(out, POLICY_HINT_MAX,
		 "A %s can be booked %lld day%s ahead: the last day today is %04d-%02d-%02d.",
		 space_kinds[ask->space->kind], (long long)days, days == 1 ? "" : "s", day.year,
		 day.month, day.day);
}

static void hint_rule(const struct calendar *calendar, const struct policy_ask *ask,
		      enum policy_rule rule, int64_t limit, char out[POLICY_HINT_MAX])
{
	const char *kind = space_kinds[ask->space->kind];
	char text[32];

	switch (rule) {
	case POLICY_PAST:
		snprintf(out, POLICY_HINT_MAX, "Only staff enters what has been.");
		return;
	case POLICY_NOTICE:
		snprintf(out, POLICY_HINT_MAX,
			 "A booking of this kind (%s) is made at least %s before.", kind,
			 length(limit, text));
		return;
	case POLICY_HORIZON:
		hint_horizon(calendar, ask, limit, out);
		return;
	case POLICY_CLOSED_DAY:
		hint_closed_day(calendar, out);
		return;
	case POLICY_HOURS:
		hint_hours(calendar, out);
		return;
	case POLICY_SHORTEST:
		snprintf(out, POLICY_HINT_MAX, "The shortest booking of this kind (%s) is %s.",
			 kind, length(limit, text));
		return;
	case POLICY_LONGEST:
		snprintf(out, POLICY_HINT_MAX, "The longest booking of this kind (%s) is %s.", kind,
			 length(limit, text));
		return;
	case POLICY_GRANULARITY:
		snprintf(out, POLICY_HINT_MAX, "Times of this kind (%s) are multiples of %s.", kind,
			 length(limit, text));
		return;
	case POLICY_ONE_AT_A_TIME:
		snprintf(out, POLICY_HINT_MAX,
			 "One person has one place of this kind (%s) at a time.", kind);
		return;
	case POLICY_WAIVED_MAX:
		return;
	}
}

const char *policy_hint(const struct calendar *calendar, const struct policy_ask *ask,
			const struct policy_verdict *verdict, char out[POLICY_HINT_MAX])
{
	*out = '\0';
	if (verdict->kind == ERROR_capacity)
		snprintf(out, POLICY_HINT_MAX, "%s has room for %lld.", ask->space->code,
			 (long long)verdict->limit);
	/* names are static: the same rule has the same pointer */
	for (enum policy_rule rule = 0; verdict->rule && rule < POLICY_WAIVED_MAX; rule++)
		if (verdict->rule == policy_rule_name(rule))
			hint_rule(calendar, ask, rule, verdict->limit, out);
	return out;
}
