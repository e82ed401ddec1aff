/* See site_rules.h. */

#include "daemon/site_rules.h"

#include <stdio.h>

#include "common/macros.h"
#include "daemon/request.h"

#define MINUTES_OF_DAY 1440
#define MINUTES_MAX    (366 * MINUTES_OF_DAY) /* as long as a booking can be */
#define DAYS_MAX       3660

#define AT(member) offsetof(struct site_kind_rules, member)

static const struct field kind_fields[] = {
	{ "longest", FIELD_INT, AT(longest), 0, 1, MINUTES_MAX, .help = "minutes" },
	{ "shortest", FIELD_INT, AT(shortest), 0, 1, MINUTES_MAX, .help = "minutes" },
	{ "granularity", FIELD_INT, AT(granularity), 0, 1, MINUTES_OF_DAY,
	  .help = "minutes: start and end are multiples of it on the site's clock; it has to "
		  "divide a day" },
	{ "notice", FIELD_INT, AT(notice), 0, 0, MINUTES_MAX,
	  .help = "minutes: a booking is made so long before it begins" },
	{ "horizon", FIELD_INT, AT(horizon), 0, 0, DAYS_MAX,
	  .help = "days: so far ahead the day may be on which it begins; 0 is today" },
	{ "one_at_a_time", FIELD_BOOL, AT(one_at_a_time),
	  .help = "a person has one such place at a time: desks and offices are such, and rooms "
		  "and booths" },
	FIELD_END,
};

#undef AT
#define KIND(name)                                                                                 \
	{                                                                                          \
#name, FIELD_OBJECT, offsetof(struct site_rules, name), .fields = kind_fields      \
	}

const struct field site_rules_fields[] = {
	KIND(desk), KIND(room), KIND(booth), KIND(office), KIND(event), FIELD_END,
};

#define NUMBER(number)                                                                             \
	{                                                                                          \
		.set = true, .value = (number)                                                     \
	}

/*
 * Quarters of an hour, that nobody holds what others need: one desk a person and day, rooms for a
 * working day and half a year ahead, booths for calls. Offices and events are few, and for long.
 */
const struct site_rules site_rules_default = {
	.set = true,
	.desk = { .set = true,
		  .longest = NUMBER(MINUTES_OF_DAY),
		  .shortest = NUMBER(15),
		  .granularity = NUMBER(15),
		  .horizon = NUMBER(90),
		  .one_at_a_time = true },
	.room = { .set = true,
		  .longest = NUMBER(12 * 60),
		  .shortest = NUMBER(15),
		  .granularity = NUMBER(15),
		  .horizon = NUMBER(180) },
	.booth = { .set = true,
		   .longest = NUMBER(4 * 60),
		   .shortest = NUMBER(15),
		   .granularity = NUMBER(15),
		   .horizon = NUMBER(30),
		   .one_at_a_time = true },
	.office = { .set = true, .granularity = NUMBER(15), .horizon = NUMBER(366) },
	.event = { .set = true, .granularity = NUMBER(15), .horizon = NUMBER(366) },
};

/* NULL, or the rule that cannot be kept. */
static const char *wrong_rule(const struct site_kind_rules *rules, const char **ret_reason)
{
	if (rules->granularity.set && MINUTES_OF_DAY % rules->granularity.value) {
		*ret_reason = "must divide a day of 1440 minutes, such as 5, 15, 30 or 60";
		return "granularity";
	}
	if (rules->longest.set && rules->shortest.set &&
	    rules->shortest.value > rules->longest.value) {
		*ret_reason = "must not be more than longest";
		return "shortest";
	}
	return NULL;
}

bool site_rules_valid(struct request *request, const struct site_rules *rules)
{
	for (const struct field *kind = site_rules_fields; rules->set && kind->name; kind++) {
		const void *of = (const char *)rules + kind->offset;
		const char *reason, *rule = wrong_rule(of, &reason);
		char field[64], message[160];

		if (!rule)
			continue;
		snprintf(field, sizeof(field), "rules.%s.%s", kind->name, rule);
		snprintf(message, sizeof(message), "%s %s", field, reason);
		request_fail_field(request, ERROR_params, field, "range", message);
		return false;
	}
	return true;
}
