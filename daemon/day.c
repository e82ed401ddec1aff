/* See day.h. */

#include "daemon/day.h"

#include <assert.h>

#include "common/macros.h"

#define MINUTES 1440

const char *const day_state_names[] = { "free", "taken", "blocked", "closed", NULL };

/* A reading of the zone's clock as an instant; one in a gap is where the clock goes on after it. */
static int64_t reading_usec(const struct zone *zone, const struct civil *date, int day, int minute)
{
	int64_t seconds = civil_to_seconds(date) + day * INT64_C(86400) + minute * INT64_C(60),
		usec;

	for (int i = 0; i <= MINUTES; i++, seconds += 60) {
		struct civil reading = civil_from_seconds(seconds);

		if (zone_to_instant(zone, &reading, 0, &usec, NULL) == ZONE_OK)
			return usec;
	}
	return seconds * USEC_PER_SEC;
}

int64_t day_begin(const struct zone *zone, const struct civil *date)
{
	struct civil midnight = { date->year, date->month, date->day, 0, 0, 0 };

	return reading_usec(zone, &midnight, 0, 0);
}

static bool is_closed(const struct calendar_hours *hours, const struct civil *date, int day)
{
	struct civil that = civil_from_seconds(civil_to_seconds(date) + day * INT64_C(86400));

	return hours->closed_days & (1u << civil_weekday(&that));
}

void day_clock_init(struct day_clock *clock, const struct zone *zone,
		    const struct calendar_hours *hours, const struct civil *date, int days)
{
	struct civil midnight = { date->year, date->month, date->day, 0, 0, 0 };
	int64_t end = reading_usec(zone, &midnight, 0, 0);

	assert(days >= 1 && days <= DAY_DAYS_MAX);
	clock->days = days;
	for (int day = 0; day < days; day++) {
		int64_t *cut = clock->cuts[day];

		cut[0] = end;
		cut[1] = reading_usec(zone, &midnight, day, hours->open_minute);
		cut[2] = reading_usec(zone, &midnight, day, hours->close_minute);
		cut[3] = end = reading_usec(zone, &midnight, day + 1, 0);
		clock->closed[day] = is_closed(hours, &midnight, day);
	}
}

struct filler {
	const struct day_clock *clock;
	struct day_span *out;
	size_t count;
	bool full; /* one did not fit: nothing more is taken */
};

/* Neighbours of the same state without a holder are one span. */
static void add(struct filler *filler, int64_t start, int64_t end, enum day_state state,
		const struct calendar_entry *entry)
{
	struct day_span *last = filler->count ? &filler->out[filler->count - 1] : NULL;

	if (start >= end || filler->full)
		return;
	if (last && !entry && !last->entry && last->state == state && last->end == start) {
		last->end = end;
		return;
	}
	filler->full = filler->count == DAY_SPANS_MAX;
	if (!filler->full)
		filler->out[filler->count++] = (struct day_span){
			.start = start, .end = end, .state = state, .entry = entry
		};
}

/* Free time between holders, cut by the opening hours of each day it touches. */
static void add_free(struct filler *filler, int64_t start, int64_t end)
{
	for (int day = 0; day < filler->clock->days; day++) {
		const int64_t *cut = filler->clock->cuts[day];

		for (int i = 0; i < 3; i++) {
			int64_t from = cut[i] > start ? cut[i] : start;
			int64_t to = cut[i + 1] < end ? cut[i + 1] : end;

			add(filler, from, to,
			    i == 1 && !filler->clock->closed[day] ? DAY_FREE : DAY_CLOSED, NULL);
		}
	}
}

size_t day_spans(const struct calendar *calendar, const struct day_clock *clock,
		 const struct calendar_space *space, struct day_span *out, bool *ret_truncated)
{
	int64_t start = clock->cuts[0][0], end = clock->cuts[clock->days - 1][3], at = start;
	struct filler filler = { .clock = clock, .out = out };
	const struct calendar_entry *entry = NULL;

	while (!filler.full && (entry = calendar_next_entry(calendar, space, start, end, entry))) {
		int64_t from = entry->start > at ? entry->start : at;
		int64_t to = entry->end < end ? entry->end : end;

		/* Two halves of a divisible room may have different holders at one time. */
		add_free(&filler, at, entry->start);
		add(&filler, from, to, entry->type == CALENDAR_BLOCK ? DAY_BLOCKED : DAY_TAKEN,
		    entry);
		if (entry->end > at)
			at = entry->end;
	}
	add_free(&filler, at, end);
	*ret_truncated = filler.full;
	return filler.count;
}
