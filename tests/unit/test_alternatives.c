/* What is offered instead, from when on a place is free, and how much looking that takes. */

#include "common/field.h"
#include "common/zone.h"
#include "daemon/alternatives.h"
#include "tests/unit/calendar_site.h"

#define MINUTE	(60 * USEC_PER_SEC)
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
