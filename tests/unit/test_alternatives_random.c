/*
 * Random calendars held against a site drawn minute by minute, which knows nothing of intervals,
 * jumps or judgements: what is allowed, what is offered instead, and from when on a place is free.
 */

#include "common/zone.h"
#include "daemon/alternatives.h"
#include "tests/unit/calendar_site.h"

#define MINUTE	(60 * USEC_PER_SEC)
#define DAY	1440
#define DAYS	22
#define MINUTES (DAYS * DAY)
#define SPACES	7
#define UNITS	6

struct site_drawing {
	int64_t from; /* minute 0 */
	bool open[MINUTES + 1];
	int clock[MINUTES + 1]; /* minute of the day */
	int day[MINUTES + 1];	/* number of the day on the clock */
	bool taken[UNITS + 1][MINUTES];
	bool busy[2][MINUTES]; /* of member 2: seats, meetings */
	int longest, shortest, grid, notice, horizon, now;
	bool one;
};

static const struct {
	const char *code;
	int id, kind, capacity;
	unsigned units; /* bits */
	int area, floor;
	int distance; /* from the first */
} places[SPACES] = {
	{ "P1", 11, 1, 8, 1u << 1, 1, 1, 0 },	 { "P2", 12, 1, 8, 1u << 2, 1, 1, 50 },
	{ "P12", 13, 1, 16, 6u, 0, 1, 10 },	 { "P3", 14, 1, 10, 1u << 3, 0, 2, -1 },
	{ "P4", 15, 1, 4, 1u << 4, 1, 1, 20 },	 { "P5", 16, 1, 9, 1u << 5, 0, 2, -1 },
	{ "DESK", 17, 0, 1, 1u << 6, 0, 2, -1 },
};

static unsigned seed;
/* What the random calendars came to, so that none of it is never met. */
static int found_near, found_others, found_part, found_free, found_nothing;

static int draw(int below)
{
	seed = seed * 1103515245u + 12345u;
	return (int)((seed >> 16) % (unsigned)below);
}

static bool can_have(const struct site_drawing *d, int place, int start, int end)
{
	int start_limit = d->now + d->notice;

	if (end - start < d->shortest || (d->longest && end - start > d->longest))
		return false;
	if (d->clock[start] % d->grid || d->clock[end] % d->grid)
		return false;
	if (start < d->now - d->clock[d->now] % d->grid || (d->notice && start < start_limit))
		return false;
	if (d->horizon >= 0 && d->day[start] > d->day[d->now] + d->horizon)
		return false;
	for (int m = start; m < end; m++) {
		if (!d->open[m] || (d->one && d->busy[places[place].kind == 1][m]))
			return false;
		for (int unit = 1; unit <= UNITS; unit++)
			if ((places[place].units & 1u << unit) && d->taken[unit][m])
				return false;
	}
	return true;
}

static int rank_of(int place, int nth)
{
	switch (nth) {
	case 0:
		return places[place].area == 1 ? 0 : 1;
	case 1:
		return places[place].floor == 1 ? 0 : 1;
	case 2:
		return places[place].distance < 0 ? 9999 : places[place].distance;
	case 3:
		return places[place].capacity;
	default:
		return place;
	}
}

/* Before in the order for somebody who wanted P1. */
static bool before(int a, int b)
{
	for (int nth = 0; nth < 4; nth++)
		if (rank_of(a, nth) != rank_of(b, nth))
			return rank_of(a, nth) < rank_of(b, nth);
	return strcmp(places[a].code, places[b].code) < 0;
}

static int longest_part(const struct site_drawing *d, int start, int end)
{
	int best = 0;

	for (int s = start; s < end; s++)
		for (int e = end; e > s && e - s > best && 4 * (e - s) >= 3 * (end - start); e--)
			if (d->clock[s] % d->grid == 0 && d->clock[e] % d->grid == 0 &&
			    can_have(d, 0, s, e))
				best = e - s;
	return best;
}

static void check_find(const struct site_drawing *d, const struct calendar *calendar,
		       const struct policy_ask *ask, int start, int end)
{
	struct alternative out[ALTERNATIVES_MAX];
	size_t count = alternatives_find(calendar, ask, out), next = 0;
	bool used[SPACES] = { true };
	int near = -1;

	for (int away = 1; away <= 180 && near < 0; away++) {
		if (can_have(d, 0, start + away, end + away))
			near = start + away;
		else if (can_have(d, 0, start - away, end - away))
			near = start - away;
	}
	if (near >= 0) {
		assert_true(next < count);
		assert_ptr_equal(out[next].space, ask->space);
		assert_int_equal((out[next].start - d->from) / MINUTE, near);
		assert_int_equal(out[next].end - out[next].start, (end - start) * MINUTE);
		next++;
		found_near++;
	}
	while (next < ALTERNATIVES_MAX) {
		int best = -1;

		for (int p = 1; p < SPACES; p++)
			if (!used[p] && places[p].kind == 1 && places[p].capacity >= 8 &&
			    can_have(d, p, start, end) && (best < 0 || before(p, best)))
				best = p;
		if (best < 0)
			break;
		used[best] = true;
		found_others++;
		assert_true(next < count);
		assert_string_equal(out[next].space->code, places[best].code);
		assert_int_equal(out[next].start, ask->start);
		assert_int_equal(out[next].end, ask->end);
		next++;
	}
	if (next == 0) {
		int part = longest_part(d, start, end);

		assert_int_equal(count, part ? 1 : 0);
		part ? found_part++ : found_nothing++;
		if (part) {
			assert_int_equal((out[0].end - out[0].start) / MINUTE, part);
			assert_true(can_have(d, 0, (int)((out[0].start - d->from) / MINUTE),
					     (int)((out[0].end - d->from) / MINUTE)));
		}
	} else {
		assert_int_equal(count, next);
	}
}

static void check_free_from(const struct site_drawing *d, const struct calendar *calendar,
			    const struct policy_ask *ask, int start, int end)
{
	int length = end - start, latest = (start > d->now ? start : d->now) + 14 * DAY, found = -1;
	int64_t usec = 0;
	bool is;

	for (int s = start; s <= latest && found < 0; s++)
		if (can_have(d, 0, s, s + length))
			found = s;
	is = alternatives_free_from(calendar, ask, &usec);
	assert_int_equal(is, found >= 0);
	found_free += is;
	if (is)
		assert_int_equal((usec - d->from) / MINUTE, found);
}

static void draw_clock(struct site_drawing *d, const struct zone *zone, int open, int close,
		       int closed)
{
	for (int m = 0; m <= MINUTES; m++) {
		struct zone_local local;
		struct civil day;

		zone_to_local(zone, d->from + m * MINUTE, &local);
		day = (struct civil){ local.civil.year, local.civil.month, local.civil.day };
		d->clock[m] = local.civil.hour * 60 + local.civil.minute;
		d->day[m] = (int)(civil_to_seconds(&day) / 86400);
		d->open[m] =
			d->clock[m] >= open && d->clock[m] < close && closed != civil_weekday(&day);
	}
}

/* Hours that do not begin or end where a clock changes, so that minutes need no rule for that. */
static struct calendar *make_rules(struct site_drawing *d, const char *zone)
{
	static const int hours[][2] = { { 0, DAY }, { 480, 1200 }, { 300, DAY }, { 0, 1380 } };
	const int *open = hours[draw(4)];
	int closed = draw(2) ? -1 : draw(7);
	char text[600], day[4] = "", horizon[24] = "";
	struct calendar *calendar;

	d->grid = draw(4) ? 15 : 1;
	d->longest = draw(2) ? 0 : 240;
	d->shortest = draw(2) ? 30 : 1;
	d->notice = draw(2) ? 0 : 45;
	d->horizon = draw(2) ? -1 : draw(10);
	d->one = draw(2);
	if (closed >= 0)
		snprintf(day, sizeof(day), "%d", closed);
	if (d->horizon >= 0)
		snprintf(horizon, sizeof(horizon), "\"horizon\":%d,", d->horizon);
	snprintf(text, sizeof(text),
		 "\"zone\":\"%s\",\"open\":%d,\"close\":%d,\"closed_days\":[%s],\"rules\":{"
		 "\"room\":{%s%s%s\"shortest\":%d,\"notice\":%d,\"one_at_a_time\":%s}}",
		 zone, open[0], open[1], day, d->longest ? "\"longest\":240," : "",
		 d->grid == 15 ? "\"granularity\":15," : "", horizon, d->shortest, d->notice,
		 d->one ? "true" : "false");
	calendar = make_site(0, text);
	draw_clock(d, calendar_zone(calendar), open[0], open[1], closed);
	return calendar;
}

static const char *units_text(unsigned bits)
{
	static char text[40];

	strcpy(text, "[");
	for (int unit = 1; unit <= UNITS; unit++)
		if (bits & 1u << unit)
			snprintf(text + strlen(text), 8, "%s%d", text[1] ? "," : "", 100 + unit);
	return strcat(text, "]");
}

static void add_places(struct calendar *calendar)
{
	/* those that every site of these tests has are no alternative */
	for (int id = 1; id <= 3; id++) {
		char text[80];

		snprintf(text, sizeof(text), "{\"space\":%d,\"state\":\"retired\"}", id);
		assert_int_equal(apply(calendar, "space.retired", text), 0);
	}
	for (int p = 0; p < SPACES; p++) {
		char text[400], more[100] = "";

		if (places[p].distance >= 0)
			snprintf(more, sizeof(more), ",\"x\":%d,\"y\":0", places[p].distance);
		snprintf(text, sizeof(text),
			 "{\"space\":%d,\"code\":\"%s\",\"kind\":\"%s\",\"capacity\":%d,\"units\":%"
			 "s,"
			 "\"amenities\":[],\"floor\":%d,\"area\":%d,\"version\":1,"
			 "\"state\":\"active\"%s}",
			 places[p].id, places[p].code, places[p].kind ? "room" : "desk",
			 places[p].capacity, units_text(places[p].units), places[p].floor,
			 places[p].area, more);
		assert_int_equal(load_row(calendar, "space", text), 0);
	}
}

/* Some booking, of member 2 or another, or block; nothing where the place is taken. */
static void add_entry(struct site_drawing *d, struct calendar *calendar, int id)
{
	int place = draw(SPACES), start = draw(MINUTES - 700), length = 5 + draw(600);
	int member = draw(4) ? 9 : 2;
	bool block = draw(8) == 0;

	start -= start % 5;
	length -= length % 5;
	for (int unit = 1; unit <= UNITS; unit++)
		for (int m = start; m < start + length; m++)
			if ((places[place].units & 1u << unit) && d->taken[unit][m])
				return;
	apply(calendar, block ? "block.created" : "booking.created",
	      state_text(block ? "block" : "booking", id, places[place].id,
			 units_text(places[place].units), block ? 0 : member,
			 d->from + start * MINUTE, d->from + (start + length) * MINUTE));
	for (int m = start; m < start + length; m++) {
		for (int unit = 1; unit <= UNITS; unit++)
			if (places[place].units & 1u << unit)
				d->taken[unit][m] = true;
		if (!block && member == 2)
			d->busy[places[place].kind == 1][m] = true;
	}
}

static void compare_random(const char *zone, const char *from)
{
	struct site_drawing *d = calloc(1, sizeof(*d));
	struct civil civil;
	struct calendar *calendar;

	assert_int_equal(civil_parse(from, &civil), 0);
	d->from = civil_to_seconds(&civil) * USEC_PER_SEC;
	calendar = make_rules(d, zone);
	d->now = DAY + draw(3 * DAY);
	add_places(calendar);
	for (int i = draw(150); i > 0; i--)
		add_entry(d, calendar, i);
	for (int i = 0; i < 25; i++) {
		int start = DAY + draw(5 * DAY), length = 15 + draw(500), end;
		struct policy_verdict verdict;
		struct policy_ask ask;

		start -= start % 15;
		end = start + length - length % (draw(6) ? 15 : 1);
		ask = (struct policy_ask){
			.space = calendar_space(calendar, "P1"),
			.start = d->from + start * MINUTE,
			.end = d->from + end * MINUTE,
			.now = d->from + d->now * MINUTE,
			.member_id = 2,
		};
		policy_judge(calendar, &ask, &verdict);
		assert_int_equal(verdict.kind == ERROR_NONE, can_have(d, 0, start, end));
		if (verdict.kind != ERROR_NONE)
			check_find(d, calendar, &ask, start, end);
		check_free_from(d, calendar, &ask, start, end);
	}
	calendar_free(calendar);
	free(d);
}

static void test_random_calendars_agree_with_minutes(void **state)
{
	for (unsigned run = 1; run <= 20; run++) {
		print_message("# run %u\n", run);
		seed = run;
		compare_random("Asia/Seoul", "2026-11-20T00:00");
		compare_random("America/New_York", "2026-10-28T00:00");	   /* a day of 25 hours */
		compare_random("America/New_York", "2027-03-10T00:00");	   /* a day of 23 hours */
		compare_random("Asia/Kathmandu", "2026-11-20T00:00");	   /* 5:45 east */
		compare_random("Australia/Lord_Howe", "2027-03-31T00:00"); /* half an hour */
	}
	assert_true(found_near > 100 && found_others > 100 && found_part > 5 && found_free > 100 &&
		    found_nothing > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_calendars_agree_with_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
