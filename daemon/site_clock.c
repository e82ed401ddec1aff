/* See site_clock.h. */

#include "daemon/site_clock.h"

#include "common/macros.h"
#include "common/zone.h"

#define DAY_SECONDS    86400
#define MINUTES_OF_DAY 1440
#define WEEK_DAYS      7

static struct civil local(const struct calendar *calendar, int64_t usec)
{
	const struct zone *zone = calendar_zone(calendar);
	struct zone_local reading;

	if (!zone)
		return civil_from_seconds(instant_seconds(usec));
	zone_to_local(zone, usec, &reading);
	return reading.civil;
}

/* The instant of a reading; of one that does not exist, when the clocks go forward over it. */
static int64_t instant_of(const struct calendar *calendar, const struct civil *civil, int fold)
{
	const struct zone *zone = calendar_zone(calendar);
	int64_t usec = civil_to_seconds(civil) * USEC_PER_SEC;
	struct zone_gap gap;

	if (zone && zone_to_instant(zone, civil, fold, &usec, &gap) == ZONE_GAP)
		zone_to_instant(zone, &gap.to, 0, &usec, NULL);
	return usec;
}

struct civil site_clock_day(const struct calendar *calendar, int64_t usec)
{
	struct civil day = local(calendar, usec);

	day.hour = day.minute = day.second = 0;
	return day;
}

struct civil site_clock_next_day(const struct civil *day)
{
	return civil_from_seconds(civil_to_seconds(day) + DAY_SECONDS);
}

int64_t site_clock_day_start(const struct calendar *calendar, const struct civil *day)
{
	return instant_of(calendar, day, 0);
}

static bool around_the_clock(const struct calendar_hours *hours)
{
	return hours->open_minute == 0 && hours->close_minute == MINUTES_OF_DAY;
}

bool site_clock_always_open(const struct calendar *calendar)
{
	const struct calendar_hours *hours = calendar_hours(calendar);

	return around_the_clock(hours) && hours->closed_days == 0;
}

bool site_clock_open_day(const struct calendar *calendar, const struct civil *day)
{
	return !(calendar_hours(calendar)->closed_days & 1u << civil_weekday(day));
}

static struct civil at_minute(const struct civil *day, int minute)
{
	struct civil civil = *day;

	civil.hour = minute / 60;
	civil.minute = minute % 60;
	return civil;
}

bool site_clock_opening(const struct calendar *calendar, const struct civil *day, int64_t *ret_open,
			int64_t *ret_close)
{
	const struct calendar_hours *hours = calendar_hours(calendar);
	struct civil next = site_clock_next_day(day), civil;

	if (!site_clock_open_day(calendar, day))
		return false;
	if (!calendar_zone(calendar) && !site_clock_always_open(calendar))
		return false;
	civil = at_minute(day, hours->open_minute);
	*ret_open = instant_of(calendar, &civil, 0);
	if (hours->close_minute == MINUTES_OF_DAY) {
		*ret_close = site_clock_day_start(calendar, &next);
	} else {
		civil = at_minute(day, hours->close_minute);
		*ret_close = instant_of(calendar, &civil, 1);
	}
	return true;
}

/*
 * A week of days is enough: by then a closed one has come if there is one, and hours that are not
 * around the clock end on the first.
 */
int64_t site_clock_open_until(const struct calendar *calendar, int64_t start, int64_t end)
{
	struct civil day = site_clock_day(calendar, start);
	int64_t at = start, open, close;

	if (site_clock_always_open(calendar))
		return end;
	for (int i = 0; i <= WEEK_DAYS && at < end; i++) {
		if (!site_clock_opening(calendar, &day, &open, &close) || at < open || at >= close)
			return at;
		at = close;
		day = site_clock_next_day(&day);
	}
	return at < end ? at : end;
}

bool site_clock_next_open(const struct calendar *calendar, int64_t usec, int64_t *ret_usec)
{
	struct civil day = site_clock_day(calendar, usec);
	int64_t open, close;

	*ret_usec = usec;
	if (site_clock_always_open(calendar))
		return true;
	for (int i = 0; i <= 2 * WEEK_DAYS; i++) {
		if (site_clock_opening(calendar, &day, &open, &close) && usec < close) {
			*ret_usec = usec < open ? open : usec;
			return true;
		}
		day = site_clock_next_day(&day);
	}
	return false;
}

int64_t site_clock_floor(const struct calendar *calendar, int64_t usec, int minutes)
{
	int64_t seconds = instant_seconds(usec);
	struct civil reading = local(calendar, usec);
	int since = reading.hour * 3600 + reading.minute * 60 + reading.second;

	return (seconds - since % (minutes * 60)) * USEC_PER_SEC;
}

bool site_clock_on_grid(const struct calendar *calendar, int64_t usec, int minutes)
{
	return site_clock_floor(calendar, usec, minutes) == usec;
}

int64_t site_clock_ceil(const struct calendar *calendar, int64_t usec, int minutes)
{
	int64_t floor = site_clock_floor(calendar, usec, minutes);

	return floor == usec ? usec : floor + (int64_t)minutes * 60 * USEC_PER_SEC;
}
