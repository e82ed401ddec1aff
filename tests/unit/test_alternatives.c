/*
 * What is offered instead, and from when on a place is free. At the end random calendars are held
 * against a site drawn minute by minute, which knows nothing of intervals, jumps or judgements.
 */

#include "common/field.h"
#include "common/zone.h"
#include "daemon/alternatives.h"
#include "tests/unit/calendar_site.h"

#define MINUTE	(60 * USEC_PER_SEC)
#define DAY	1440
#define SEOUL	"\"zone\":\"Asia/Seoul\","
#define ALWAYS	SEOUL ALWAYS_OPEN
#define WORKING SEOUL "\"open\":480,\"close\":1200,\"closed_days\":[0,6]"

/* ---- how often is asked ---- */

static int judged, looked;

void __real_policy_judge(const struct calendar *calendar, const struct policy_ask *ask,
			 struct policy_verdict *ret);
void __wrap_policy_judge(const struct calendar *calendar, const struct policy_ask *ask,
			 struct policy_verdict *ret);
const struct calendar_entry *__real_calendar_holder(const struct calendar *calendar,
						    const struct calendar_space *space,
						    int64_t start, int64_t end,
						    const struct calendar_entry *except);
const struct calendar_entry *__wrap_calendar_holder(const struct calendar *calendar,
						    const struct calendar_space *space,
						    int64_t start, int64_t end,
						    const struct calendar_entry *except);

void __wrap_policy_judge(const struct calendar *calendar, const struct policy_ask *ask,
			 struct policy_verdict *ret)
{
	judged++;
	__real_policy_judge(calendar, ask, ret);
}

const struct calendar_entry *__wrap_calendar_holder(const struct calendar *calendar,
						    const struct calendar_space *space,
						    int64_t start, int64_t end,
						    const struct calendar_entry *except)
{
	looked++;
	return __real_calendar_holder(calendar, space, start, end, except);
}

/* ---- scenes ---- */

static int64_t at(const struct calendar *calendar, const char *text)
{
	struct civil civil;
	int64_t usec = 0;

	assert_int_equal(civil_parse(text, &civil), 0);
	assert_int_equal(zone_to_instant(calendar_zone(calendar), &civil, 0, &usec, NULL), ZONE_OK);
	return usec;
}

static const char *state_text(const char *noun, int id, int space, const char *units, int member,
			      int64_t start, int64_t end)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "{\"%s\":%d,\"ref\":\"R-%06d\",\"space\":%d,\"units\":%s,\"start\":%" PRId64
		 ",\"end\":%" PRId64 ",\"tenant\":1,\"member\":%d,\"state\":\"%s\",\"version\":1}",
		 noun, id, id, space, units, start, end, member,
		 strcmp(noun, "block") == 0 ? "active" : "confirmed");
	return text;
}

/* Booked by member 9. */
static void book(struct calendar *calendar, int id, int space, const char *units, const char *start,
		 const char *end)
{
	apply(calendar, "booking.created",
	      state_text("booking", id, space, units, 9, at(calendar, start), at(calendar, end)));
}

static struct policy_ask ask_for(const struct calendar *calendar, const char *space,
				 const char *start, const char *end)
{
	return (struct policy_ask){
		.space = calendar_space(calendar, space),
		.start = at(calendar, start),
		.end = at(calendar, end),
		.now = at(calendar, "2026-11-23T09:00"),
		.member_id = 2,
	};
}

/* "RA 09:00-10:00, RB 10:00-11:00": what is offered, on the site's clock. */
static const char *offered(const struct calendar *calendar, const struct policy_ask *ask)
{
	static char text[200];
	struct alternative out[ALTERNATIVES_MAX];
	size_t count = alternatives_find(calendar, ask, out);
	struct policy_verdict verdict;

	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		struct zone_local from, to;
		struct policy_ask again = *ask;

		zone_to_local(calendar_zone(calendar), out[i].start, &from);
		zone_to_local(calendar_zone(calendar), out[i].end, &to);
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%s %02d:%02d-%02d:%02d", i ? ", " : "", out[i].space->code,
			 from.civil.hour, from.civil.minute, to.civil.hour, to.civil.minute);
		again.space = out[i].space;
		again.start = out[i].start;
		again.end = out[i].end;
		policy_judge(calendar, &again, &verdict);
		assert_int_equal(verdict.kind, ERROR_NONE);
	}
	return text;
}

static const char *free_from(const struct calendar *calendar, const struct policy_ask *ask)
{
	static char text[CIVIL_TEXT_MAX];
	struct zone_local local;
	int64_t usec;

	if (!alternatives_free_from(calendar, ask, &usec))
		return "";
	zone_to_local(calendar_zone(calendar), usec, &local);
	return civil_format(&local.civil, text);
}

#define OFFERS(calendar, space, start, end, expect)                                                \
	do {                                                                                       \
		struct policy_ask ask_ = ask_for(calendar, space, start, end);                     \
		assert_string_equal(offered(calendar, &ask_), expect);                             \
	} while (0)
#define FREE_FROM(calendar, space, start, end, expect)                                             \
	do {                                                                                       \
		struct policy_ask ask_ = ask_for(calendar, space, start, end);                     \
		assert_string_equal(free_from(calendar, &ask_), expect);                           \
	} while (0)

#define GRID ",\"rules\":{\"room\":{\"granularity\":15},\"desk\":{\"granularity\":15}}"

static void test_the_same_space_comes_first_at_the_nearest_start(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS GRID);

	book(calendar, 1, 4, "[3]", "2026-11-24T10:00", "2026-11-24T10:30");
	/* 30 minutes back or forth are as near: the later */
	OFFERS(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T10:30", "D-1 10:30-11:00");
	OFFERS(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T11:00", "D-1 10:30-11:30");
	OFFERS(calendar, "D-1", "2026-11-24T09:30", "2026-11-24T10:15", "D-1 09:15-10:00");
	/* three hours, and a quarter more */
	book(calendar, 2, 4, "[3]", "2026-11-24T10:30", "2026-11-24T13:00");
	book(calendar, 3, 4, "[3]", "2026-11-24T06:45", "2026-11-24T10:00");
	OFFERS(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T10:30", "D-1 13:00-13:30");
	OFFERS(calendar, "D-1", "2026-11-24T09:45", "2026-11-24T10:15", "");
	calendar_free(calendar);
}

static void test_other_spaces_are_for_as_many_and_of_the_kind(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS GRID);
	const char *screen[] = { "SCREEN" };
	struct field_list wanted = { 1, screen };
	struct policy_ask ask;

	/* AB holds both halves, so it is taken with RA; RB stands in RA's area */
	book(calendar, 1, 1, "[1]", "2026-11-24T06:00", "2026-11-24T18:00");
	OFFERS(calendar, "RA", "2026-11-24T10:00", "2026-11-24T11:00", "RB 10:00-11:00");
	ask = ask_for(calendar, "RA", "2026-11-24T10:00", "2026-11-24T11:00");
	ask.capacity = 9;
	assert_string_equal(offered(calendar, &ask), "");
	ask.capacity = 2;
	ask.amenities = &wanted;
	assert_string_equal(offered(calendar, &ask), "");
	/* the named one is too small: one that is not */
	book(calendar, 2, 2, "[2]", "2026-11-24T06:00", "2026-11-24T07:00");
	ask = ask_for(calendar, "RB", "2026-11-24T20:00", "2026-11-24T21:00");
	ask.capacity = 9;
	assert_string_equal(offered(calendar, &ask), "AB 20:00-21:00");
	calendar_free(calendar);
}

static void add_room(struct calendar *calendar, int id, const char *code, int capacity,
		     const char *more)
{
	char text[400];

	snprintf(text, sizeof(text),
		 "{\"space\":%d,\"code\":\"%s\",\"kind\":\"room\",\"capacity\":%d,\"units\":[%d],"
		 "\"amenities\":[],\"version\":1,\"state\":\"active\"%s}",
		 id, code, capacity, id, more);
	assert_int_equal(load_row(calendar, "space", text), 0);
}

static void test_area_floor_distance_spare_seats_and_code_decide_in_turn(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS GRID);
	static const char *const order[] = { "K-AREA",	"RB",	  "K-NEAR", "K-FAR",
					     "K-SMALL", "K-BIG1", "K-BIG2" };
	char units[20];

	/* wanted: RA, floor 1, area 1, at 30, 40, for 8; RB is in its area, but 45 away */
	add_room(calendar, 10, "K-BIG2", 20, "");
	add_room(calendar, 11, "K-BIG1", 20, "");
	add_room(calendar, 12, "K-SMALL", 9, "");
	add_room(calendar, 13, "K-FAR", 8, ",\"floor\":1,\"x\":500,\"y\":500");
	add_room(calendar, 14, "K-NEAR", 30, ",\"floor\":1,\"x\":31,\"y\":40");
	add_room(calendar, 15, "K-AREA", 30, ",\"floor\":1,\"area\":1,\"x\":29,\"y\":40");
	book(calendar, 1, 1, "[1]", "2026-11-24T06:00", "2026-11-24T18:00");
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		struct policy_ask ask =
			ask_for(calendar, "RA", "2026-11-24T10:00", "2026-11-24T11:00");
		const struct calendar_space *space = calendar_space(calendar, order[i]);

		assert_true(strncmp(offered(calendar, &ask), order[i], strlen(order[i])) == 0);
		snprintf(units, sizeof(units), "[%d]", (int)space->unit_ids[0]);
		book(calendar, 20 + (int)i, (int)space->id, units, "2026-11-24T10:00",
		     "2026-11-24T11:00");
	}
	OFFERS(calendar, "RA", "2026-11-24T10:00", "2026-11-24T11:00", "");
	calendar_free(calendar);
}

static void test_less_is_offered_where_there_is_nothing_else(void **state)
{
	struct calendar *calendar =
		make_site(0, WORKING ",\"rules\":{\"desk\":{\"granularity\":15,\"longest\":480}}");

	/* up to a quarter shorter, at either side */
	book(calendar, 1, 4, "[3]", "2026-11-24T17:00", "2026-11-24T20:00");
	book(calendar, 2, 4, "[3]", "2026-11-24T08:00", "2026-11-24T10:30");
	OFFERS(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T17:00", "D-1 10:30-17:00");
	OFFERS(calendar, "D-1", "2026-11-24T10:30", "2026-11-24T18:30", "D-1 10:30-17:00");
	OFFERS(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T18:00", "D-1 10:30-17:00");
	OFFERS(calendar, "D-1", "2026-11-24T09:15", "2026-11-24T18:15", "");
	/* too long by up to a third of what is allowed */
	OFFERS(calendar, "D-1", "2026-11-25T08:00", "2026-11-25T18:30", "D-1 08:00-16:00");
	OFFERS(calendar, "D-1", "2026-11-25T08:00", "2026-11-25T18:45", "");
	/* a place to begin is found first, and then the length */
	book(calendar, 3, 4, "[3]", "2026-11-25T08:00", "2026-11-25T09:00");
	OFFERS(calendar, "D-1", "2026-11-25T08:00", "2026-11-25T18:00", "D-1 09:00-17:00");
	calendar_free(calendar);
}

static void test_when_it_is_free_again(void **state)
{
	struct calendar *calendar =
		make_site(0, WORKING
			  ",\"rules\":{\"desk\":{\"granularity\":15,\"notice\":60,\"horizon\":7}}");

	FREE_FROM(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T12:00", "2026-11-24T10:00");
	book(calendar, 1, 4, "[3]", "2026-11-24T11:00", "2026-11-24T19:10");
	FREE_FROM(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T12:00", "2026-11-25T08:00");
	FREE_FROM(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T10:45", "2026-11-24T10:00");
	FREE_FROM(calendar, "D-1", "2026-11-24T11:00", "2026-11-24T11:45", "2026-11-24T19:15");
	/* over the weekend; from what is past, by the notice; beyond the horizon never */
	book(calendar, 2, 4, "[3]", "2026-11-27T09:00", "2026-11-27T20:00");
	FREE_FROM(calendar, "D-1", "2026-11-27T09:30", "2026-11-27T11:00", "2026-11-30T08:00");
	FREE_FROM(calendar, "D-1", "2026-11-20T09:30", "2026-11-20T11:00", "2026-11-23T10:00");
	book(calendar, 3, 4, "[3]", "2026-11-30T08:00", "2026-11-30T20:00");
	FREE_FROM(calendar, "D-1", "2026-11-27T09:30", "2026-11-27T11:00", "");
	/* longer than the site is open, and off the grid: never */
	FREE_FROM(calendar, "D-1", "2026-11-24T08:00", "2026-11-24T20:15", "");
	FREE_FROM(calendar, "D-1", "2026-11-24T08:00", "2026-11-24T08:20", "");
	calendar_free(calendar);
}

static void test_fourteen_days_are_looked_at(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS GRID);

	book(calendar, 1, 4, "[3]", "2026-11-24T10:00", "2026-12-08T10:00");
	FREE_FROM(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T11:00", "2026-12-08T10:00");
	book(calendar, 2, 4, "[3]", "2026-12-08T10:00", "2026-12-08T10:15");
	FREE_FROM(calendar, "D-1", "2026-11-24T10:00", "2026-11-24T11:00", "");
	calendar_free(calendar);
}

static void test_staff_is_offered_no_rule_to_pass_but_those_it_passed(void **state)
{
	struct calendar *calendar = make_site(0, WORKING GRID);
	struct policy_ask ask;

	book(calendar, 1, 4, "[3]", "2026-11-24T17:30", "2026-11-24T20:00");
	ask = ask_for(calendar, "D-1", "2026-11-24T18:30", "2026-11-24T19:30");
	ask.staff = true;
	assert_string_equal(offered(calendar, &ask), "D-1 16:30-17:30");
	assert_string_equal(free_from(calendar, &ask), "2026-11-25T08:00");
	/* who asks for the evening may have it later in the evening */
	ask = ask_for(calendar, "D-1", "2026-11-24T19:30", "2026-11-24T20:30");
	ask.staff = true;
	assert_string_equal(offered(calendar, &ask), "D-1 20:00-21:00");
	assert_string_equal(free_from(calendar, &ask), "2026-11-24T20:00");
	calendar_free(calendar);
}

static void test_a_move_is_not_in_its_own_way(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS GRID);
	struct policy_ask ask;

	apply(calendar, "booking.created",
	      state_text("booking", 7, 4, "[3]", 2, at(calendar, "2026-11-24T10:00"),
			 at(calendar, "2026-11-24T12:00")));
	book(calendar, 8, 4, "[3]", "2026-11-24T12:00", "2026-11-24T14:00");
	ask = ask_for(calendar, "D-1", "2026-11-24T11:00", "2026-11-24T13:00");
	assert_string_equal(offered(calendar, &ask), "D-1 14:00-16:00");
	ask.except = calendar_entry(calendar, CALENDAR_BOOKING, 7);
	assert_string_equal(offered(calendar, &ask), "D-1 10:00-12:00");
	calendar_free(calendar);
}

/* ---- a large and full site ---- */

static void test_a_thousand_spaces_cost_one_look_each(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS);
	struct alternative out[ALTERNATIVES_MAX];
	struct policy_ask ask;
	int64_t usec;

	for (int i = 0; i < 1000; i++) {
		char code[16], units[16];

		snprintf(code, sizeof(code), "R%03d", i);
		snprintf(units, sizeof(units), "[%d]", 100 + i);
		add_room(calendar, 100 + i, code, 8, "");
		book(calendar, i, 100 + i, units, "2026-11-24T06:00", "2026-11-24T18:00");
	}
	/* the worst: free all around, but not allowed at any minute */
	ask = ask_for(calendar, "R500", "2026-11-24T10:00", "2026-11-24T11:00");
	apply(calendar, "site.updated",
	      "{" SEOUL "\"open\":0,\"close\":1,\"closed_days\":[],\"rules\":{}}");
	judged = looked = 0;
	assert_int_equal(alternatives_find(calendar, &ask, out), 0);
	assert_true(judged <= 500);
	assert_true(looked <= 1004 + 500);
	judged = looked = 0;
	assert_false(alternatives_free_from(calendar, &ask, &usec));
	assert_true(judged <= 1001);
	calendar_free(calendar);
}

/* ---- minute by minute ---- */

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
		cmocka_unit_test(test_the_same_space_comes_first_at_the_nearest_start),
		cmocka_unit_test(test_other_spaces_are_for_as_many_and_of_the_kind),
		cmocka_unit_test(test_area_floor_distance_spare_seats_and_code_decide_in_turn),
		cmocka_unit_test(test_less_is_offered_where_there_is_nothing_else),
		cmocka_unit_test(test_when_it_is_free_again),
		cmocka_unit_test(test_fourteen_days_are_looked_at),
		cmocka_unit_test(test_staff_is_offered_no_rule_to_pass_but_those_it_passed),
		cmocka_unit_test(test_a_move_is_not_in_its_own_way),
		cmocka_unit_test(test_a_thousand_spaces_cost_one_look_each),
		cmocka_unit_test(test_random_calendars_agree_with_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
