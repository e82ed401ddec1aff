/* Each rule of a site at its boundary: what is just allowed, and what is one step beyond. */

#include "daemon/policy.h"
#include "common/zone.h"
#include "tests/unit/calendar_site.h"

#define SECOND USEC_PER_SEC

/* Monday 2026-11-23 is "now" at 09:07 in Seoul, unless told. */
#define NOW "2026-11-23T09:07"

#define SEOUL	     "\"zone\":\"Asia/Seoul\","
#define OFFICE_HOURS SEOUL "\"open\":480,\"close\":1200,\"closed_days\":[0,6]"
#define OFFICE_HOURS_EVENT(zone, rules)                                                            \
	"{\"zone\":\"" zone                                                                        \
	"\",\"open\":480,\"close\":1200,\"closed_days\":[0,6],\"rules\":" rules "}"
#define ROUND_THE_CLOCK SEOUL ALWAYS_OPEN

/* The instant of a reading on the site's clock; where it exists twice, the first. */
static int64_t at(const struct calendar *calendar, const char *text)
{
	struct civil civil;
	int64_t usec = 0;

	assert_int_equal(civil_parse(text, &civil), 0);
	assert_int_equal(zone_to_instant(calendar_zone(calendar), &civil, 0, &usec, NULL), ZONE_OK);
	return usec;
}

struct scene {
	const char *what;
	const char *hours; /* and rules */
	const char *start, *end;
	const char *expect; /* "" allowed, or "kind rule field limit" */
	const char *now;    /* NULL: NOW */
	const char *space;  /* NULL: RA, a room for 8 */
	int64_t capacity;
	const char *waived; /* what staff passes; NULL: not asked */
};

static const char *describe(const struct policy_verdict *v)
{
	static char text[100];

	if (v->kind == ERROR_NONE)
		return "";
	snprintf(text, sizeof(text), "%s %s %s %" PRId64, error_name(v->kind),
		 v->rule ? v->rule : "-", v->field ? v->field : "-", v->limit);
	return text;
}

static const char *describe_waived(const struct policy_verdict *v)
{
	static char text[200];
	unsigned bits = 0;

	*text = '\0';
	for (size_t i = 0; i < v->waived_count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, v->waived[i]);
	}
	for (enum policy_rule rule = 0; rule < POLICY_WAIVED_MAX; rule++)
		if (v->waived_rules & 1u << rule)
			bits++;
	assert_int_equal(bits, v->waived_count);
	return text;
}

static struct policy_ask ask_of(const struct calendar *calendar, const struct scene *s)
{
	return (struct policy_ask){
		.space = calendar_space(calendar, s->space ? s->space : "RA"),
		.start = at(calendar, s->start),
		.end = at(calendar, s->end),
		.now = at(calendar, s->now ? s->now : NOW),
		.member_id = 2,
		.capacity = s->capacity,
	};
}

static void play(const struct scene *scenes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct scene *s = &scenes[i];
		struct calendar *calendar = make_site(0, s->hours);
		struct policy_ask ask = ask_of(calendar, s);
		struct policy_verdict v;
		char hint[POLICY_HINT_MAX];

		print_message("# %s: %s to %s\n", s->what, s->start, s->end);
		policy_judge(calendar, &ask, &v);
		assert_string_equal(describe(&v), s->expect);
		assert_int_equal(v.waived_count, 0);
		assert_int_equal(strlen(policy_hint(calendar, &ask, &v, hint)) > 0, v.rule != NULL);
		ask.staff = true;
		policy_judge(calendar, &ask, &v);
		if (s->waived) {
			assert_string_equal(describe(&v), "");
			assert_string_equal(describe_waived(&v), s->waived);
		}
		calendar_free(calendar);
	}
}

#define PLAY(scenes) play(scenes, ARRAY_SIZE(scenes))

static void test_hours_hold_on_the_sites_clock(void **state)
{
	static const struct scene scenes[] = {
		{ "opens", OFFICE_HOURS, "2026-11-24T08:00", "2026-11-24T09:00", "" },
		{ "before it opens", OFFICE_HOURS, "2026-11-24T07:59:59", "2026-11-24T09:00",
		  "closed hours start -1", .waived = "hours" },
		{ "until it closes", OFFICE_HOURS, "2026-11-24T19:00", "2026-11-24T20:00", "" },
		{ "longer than it is open", OFFICE_HOURS, "2026-11-24T19:00", "2026-11-24T20:00:01",
		  "closed hours start -1", .waived = "hours" },
		{ "the whole day", OFFICE_HOURS, "2026-11-24T08:00", "2026-11-24T20:00", "" },
		{ "over night", OFFICE_HOURS, "2026-11-24T19:00", "2026-11-25T09:00",
		  "closed hours start -1", .waived = "hours" },
		{ "Saturday", OFFICE_HOURS, "2026-11-28T10:00", "2026-11-28T11:00",
		  "closed closed_day start -1", .waived = "closed_day" },
		{ "Friday into Saturday", SEOUL "\"open\":0,\"close\":1440,\"closed_days\":[6]",
		  "2026-11-27T23:00", "2026-11-28T00:00:01", "closed closed_day start -1",
		  .waived = "closed_day" },
		{ "Friday until midnight", SEOUL "\"open\":0,\"close\":1440,\"closed_days\":[6]",
		  "2026-11-27T23:00", "2026-11-28T00:00", "" },
		{ "over midnight, always open", ROUND_THE_CLOCK, "2026-11-24T23:00",
		  "2026-11-25T01:00", "" },
		{ "a month, always open", ROUND_THE_CLOCK, "2026-11-24T23:00", "2026-12-24T23:00",
		  "" },
		{ "six days between closed Sundays",
		  SEOUL "\"open\":0,\"close\":1440,\"closed_days\":[0]", "2026-11-23T10:00",
		  "2026-11-29T00:00", "" },
		{ "and a second more", SEOUL "\"open\":0,\"close\":1440,\"closed_days\":[0]",
		  "2026-11-23T10:00", "2026-11-29T00:00:01", "closed closed_day start -1" },
		{ "open until midnight but not from it",
		  SEOUL "\"open\":60,\"close\":1440,\"closed_days\":[]", "2026-11-24T23:00",
		  "2026-11-25T00:00", "" },
		{ "and beyond", SEOUL "\"open\":60,\"close\":1440,\"closed_days\":[]",
		  "2026-11-24T23:00", "2026-11-25T02:00", "closed hours start -1" },
	};

	PLAY(scenes);
}

static void test_days_of_23_and_25_hours(void **state)
{
	/* New York: on 2027-03-14 02:00 becomes 03:00, on 2026-11-01 02:00 is 01:00 again. */
#define NEW_YORK(hours) "\"zone\":\"America/New_York\"," hours
	static const struct scene scenes[] = {
		{ "a short day whole",
		  NEW_YORK(ALWAYS_OPEN ",\"rules\":{\"room\":{\"longest\":1380}}"),
		  "2027-03-14T00:00", "2027-03-15T00:00", "", "2027-03-01T00:00" },
		{ "an ordinary day is longer",
		  NEW_YORK(ALWAYS_OPEN ",\"rules\":{\"room\":{\"longest\":1380}}"),
		  "2027-03-15T00:00", "2027-03-16T00:00", "too_long longest end 1380",
		  "2027-03-01T00:00" },
		{ "a long day whole",
		  NEW_YORK(ALWAYS_OPEN ",\"rules\":{\"room\":{\"longest\":1440}}"),
		  "2026-11-01T00:00", "2026-11-02T00:00", "too_long longest end 1440",
		  "2026-10-01T00:00" },
		{ "opening in the gap is when the clocks change",
		  NEW_YORK("\"open\":150,\"close\":1200,\"closed_days\":[]"), "2027-03-14T03:00",
		  "2027-03-14T04:00", "", "2027-03-01T00:00" },
		{ "before the gap it is closed",
		  NEW_YORK("\"open\":150,\"close\":1200,\"closed_days\":[]"), "2027-03-14T01:59",
		  "2027-03-14T04:00", "closed hours start -1", "2027-03-01T00:00" },
		{ "the clock counts, not the hours since midnight",
		  NEW_YORK("\"open\":480,\"close\":1200,\"closed_days\":[]"), "2027-03-14T08:00",
		  "2027-03-14T20:00", "", "2027-03-01T00:00" },
		{ "in autumn too", NEW_YORK("\"open\":480,\"close\":1200,\"closed_days\":[]"),
		  "2026-11-01T08:00", "2026-11-01T20:00", "", "2026-10-01T00:00" },
		{ "one minute before", NEW_YORK("\"open\":480,\"close\":1200,\"closed_days\":[]"),
		  "2026-11-01T07:59", "2026-11-01T20:00", "closed hours start -1",
		  "2026-10-01T00:00" },
		{ "the hour that comes twice, opening at its half",
		  NEW_YORK("\"open\":90,\"close\":1200,\"closed_days\":[]"), "2026-11-01T01:30",
		  "2026-11-01T03:00", "", "2026-10-01T00:00" },
	};

	PLAY(scenes);
}

static void test_what_closes_in_the_hour_that_comes_twice_closes_the_second_time(void **state)
{
	struct calendar *calendar =
		make_site(0, NEW_YORK("\"open\":0,\"close\":90,\"closed_days\":[]"));
	const struct scene s = {
		"", "", "2026-11-01T00:00", "2026-11-01T01:30", "", "2026-10-01T00:00"
	};
	struct policy_ask ask = ask_of(calendar, &s);
	struct policy_verdict v;

	ask.end += HOUR;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.end += SECOND;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "closed hours start -1");
	calendar_free(calendar);
}

#define ROOM(rules) ROUND_THE_CLOCK ",\"rules\":{\"room\":{" rules "}}"

static void test_lengths_are_exact(void **state)
{
	static const struct scene scenes[] = {
		{ "the longest", ROOM("\"longest\":480"), "2026-11-24T08:00", "2026-11-24T16:00",
		  "" },
		{ "one second more", ROOM("\"longest\":480"), "2026-11-24T08:00",
		  "2026-11-24T16:00:01", "too_long longest end 480", .waived = "longest" },
		{ "the shortest", ROOM("\"shortest\":15"), "2026-11-24T08:00", "2026-11-24T08:15",
		  "" },
		{ "one second less", ROOM("\"shortest\":15"), "2026-11-24T08:00",
		  "2026-11-24T08:14:59", "too_short shortest end 15", .waived = "shortest" },
		{ "another kind's rule", ROOM("\"longest\":480"), "2026-11-24T08:00",
		  "2026-11-24T17:00", "", .space = "D-1" },
	};

	PLAY(scenes);
}

static void test_times_lie_on_the_grid_of_the_clock(void **state)
{
	static const struct scene scenes[] = {
		{ "on it", ROOM("\"granularity\":15"), "2026-11-24T08:15", "2026-11-24T08:45", "" },
		{ "start off it", ROOM("\"granularity\":15"), "2026-11-24T08:14",
		  "2026-11-24T08:45", "bad_time granularity start 15", .waived = "granularity" },
		{ "a second off", ROOM("\"granularity\":15"), "2026-11-24T08:15:01",
		  "2026-11-24T08:45", "bad_time granularity start 15" },
		{ "end off it", ROOM("\"granularity\":15"), "2026-11-24T08:15", "2026-11-24T08:50",
		  "bad_time granularity end 15" },
		/* Kathmandu is 5:45 east: whole hours there are quarters in UTC */
		{ "hours in a zone of quarters",
		  "\"zone\":\"Asia/Kathmandu\"," ALWAYS_OPEN
		  ",\"rules\":{\"room\":{\"granularity\":60}}",
		  "2026-11-24T08:00", "2026-11-24T10:00", "" },
		{ "half an hour there",
		  "\"zone\":\"Asia/Kathmandu\"," ALWAYS_OPEN
		  ",\"rules\":{\"room\":{\"granularity\":60}}",
		  "2026-11-24T08:30", "2026-11-24T10:00", "bad_time granularity start 60" },
		/* Lord Howe changes by half an hour */
		{ "hours after a change of half an hour",
		  "\"zone\":\"Australia/Lord_Howe\"," ALWAYS_OPEN
		  ",\"rules\":{\"room\":{\"granularity\":60}}",
		  "2027-04-04T10:00", "2027-04-04T12:00", "" },
	};

	PLAY(scenes);
}

static void test_notice_horizon_and_past(void **state)
{
	static const struct scene scenes[] = {
		{ "now", ROUND_THE_CLOCK, NOW, "2026-11-23T10:00", "" },
		{ "within the minute", ROUND_THE_CLOCK, NOW, "2026-11-23T10:00", "",
		  "2026-11-23T09:07:59" },
		{ "a minute ago", ROUND_THE_CLOCK, NOW, "2026-11-23T10:00",
		  "in_the_past past start 0", "2026-11-23T09:08", .waived = "past" },
		{ "the quarter that runs", ROOM("\"granularity\":15"), "2026-11-23T09:00",
		  "2026-11-23T10:00", "", "2026-11-23T09:14:59" },
		{ "the quarter that is over", ROOM("\"granularity\":15"), "2026-11-23T09:00",
		  "2026-11-23T10:00", "in_the_past past start 0", "2026-11-23T09:15" },
		{ "notice kept", ROOM("\"notice\":60"), "2026-11-23T10:07", "2026-11-23T11:00",
		  "" },
		{ "notice short by a second", ROOM("\"notice\":60"), "2026-11-23T10:06:59",
		  "2026-11-23T11:00", "in_the_past notice start 60", .waived = "notice" },
		{ "the last second of the last day", ROOM("\"horizon\":90"), "2027-02-21T23:59:59",
		  "2027-02-22T01:00", "" },
		{ "the day after it", ROOM("\"horizon\":90"), "2027-02-22T00:00",
		  "2027-02-22T01:00", "too_far_ahead horizon start 90", .waived = "horizon" },
		{ "today only", ROOM("\"horizon\":0"), "2026-11-23T23:59", "2026-11-24T01:00", "" },
		{ "not tomorrow", ROOM("\"horizon\":0"), "2026-11-24T00:00", "2026-11-24T01:00",
		  "too_far_ahead horizon start 0" },
		{ "the end of time with no horizon", ROUND_THE_CLOCK, "2031-02-22T00:00",
		  "2031-02-22T01:00", "" },
	};

	PLAY(scenes);
}

static void test_seats_and_retired_places_bind_staff_too(void **state)
{
	struct calendar *calendar = make_site(0, ROUND_THE_CLOCK);
	const struct scene s = {
		"", "", "2026-11-24T08:00", "2026-11-24T09:00", "", .capacity = 8
	};
	struct policy_ask ask = ask_of(calendar, &s);
	struct policy_verdict v;

	ask.staff = true;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.capacity = 9;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "capacity capacity capacity 8");
	apply(calendar, "space.retired", "{\"space\":1,\"state\":\"retired\"}");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "retired - space -1");
	calendar_free(calendar);
}

/* Booked by member 2 through entry_text(). */
static int book(struct calendar *calendar, int id, int space, const char *units, const char *start,
		const char *end)
{
	return apply(calendar, "booking.created",
		     entry_text("booking", id, space, units, at(calendar, start), at(calendar, end),
				"confirmed"));
}

static void test_what_is_taken_binds_staff_too_and_names_the_holder(void **state)
{
	struct calendar *calendar = make_site(0, ROUND_THE_CLOCK);
	const struct scene s = { "", "", "2026-11-24T08:00", "2026-11-24T09:00", "" };
	struct policy_ask ask = ask_of(calendar, &s);
	struct policy_verdict v;

	ask.staff = true;
	book(calendar, 7, 3, "[1,2]", "2026-11-24T08:30", "2026-11-24T10:00");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "slot_taken - start -1");
	assert_int_equal(v.holder->id, 7);
	ask.except = v.holder;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.except = NULL;
	apply(calendar, "booking.cancelled",
	      entry_text("booking", 7, 3, "[1,2]", at(calendar, "2026-11-24T08:30"),
			 at(calendar, "2026-11-24T10:00"), "cancelled"));
	apply(calendar, "block.created",
	      entry_text("block", 1, 1, "[1]", 0, at(calendar, "2026-11-24T08:00:01"), "active"));
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "blocked - start -1");
	assert_int_equal(v.holder->type, CALENDAR_BLOCK);
	calendar_free(calendar);
}

#define ONE                                                                                        \
	ROUND_THE_CLOCK ",\"rules\":{\"room\":{\"one_at_a_time\":true},"                           \
			"\"desk\":{\"one_at_a_time\":true},\"office\":{\"one_at_a_time\":true}}"

static void test_one_person_has_one_place_of_a_kind_at_a_time(void **state)
{
	struct calendar *calendar = make_site(0, ONE);
	const struct scene s = { "", "", "2026-11-24T08:00", "2026-11-24T09:00", "" };
	struct policy_ask ask = ask_of(calendar, &s);
	struct policy_verdict v;

	book(calendar, 7, 2, "[2]", "2026-11-24T08:59:59", "2026-11-24T10:00");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "own_overlap one_at_a_time for -1");
	assert_int_equal(v.holder->id, 7);

	/* the booking itself may move, another person may come, nobody is in two places */
	ask.except = v.holder;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.except = NULL;
	ask.member_id = 3;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.member_id = 0;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");

	/* a desk is no room; staff may */
	ask.member_id = 2;
	ask.space = calendar_space(calendar, "D-1");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.space = calendar_space(calendar, "RA");
	ask.staff = true;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	assert_string_equal(describe_waived(&v), "one_at_a_time");

	/* one after the other */
	ask.staff = false;
	ask.end = at(calendar, "2026-11-24T08:59:59");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	calendar_free(calendar);
}

static void test_kinds_that_exclude_one_another(void **state)
{
	/* desk, room, booth, office, event */
	static const char *const expect[] = { "x..x.", ".xx..", ".xx..", "x..x.", "....." };

	for (int a = 0; a < CALENDAR_KINDS; a++)
		for (int b = 0; b < CALENDAR_KINDS; b++)
			assert_int_equal(policy_kinds_exclude(a, b), expect[a][b] == 'x');
}

static void test_a_booking_that_has_begun_keeps_its_start(void **state)
{
	struct calendar *calendar = make_site(
		0, ROOM("\"notice\":60,\"granularity\":15,\"longest\":180,\"shortest\":15"));
	const struct scene s = { "", "", "2026-11-23T08:00", "2026-11-23T10:00", "" };
	struct policy_ask ask = ask_of(calendar, &s);
	struct policy_verdict v;

	book(calendar, 7, 1, "[1]", "2026-11-23T08:00", "2026-11-23T10:00");
	ask.except = calendar_entry(calendar, CALENDAR_BOOKING, 7);
	ask.end = at(calendar, "2026-11-23T11:00");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.end = at(calendar, "2026-11-23T11:15");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "too_long longest end 180");
	/* it may end in the quarter that runs, not before */
	ask.end = at(calendar, "2026-11-23T09:00");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.end = at(calendar, "2026-11-23T08:45");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "in_the_past past end 0");
	/* another start is a new one */
	ask.start = at(calendar, "2026-11-23T08:15");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "in_the_past past start 0");
	/* and what is over stays */
	ask.start = at(calendar, "2026-11-23T13:00");
	ask.end = at(calendar, "2026-11-23T14:00");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.now = at(calendar, "2026-11-23T10:00");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "in_the_past past start 0");
	calendar_free(calendar);
}

static void test_staff_is_told_every_rule_it_passed(void **state)
{
	struct calendar *calendar = make_site(
		0, SEOUL "\"open\":480,\"close\":1200,\"closed_days\":[0],\"rules\":{\"room\":"
			 "{\"longest\":60,\"granularity\":15,\"notice\":10,\"horizon\":1}}");
	const struct scene s = { "", "", "2026-11-22T07:01", "2026-11-22T09:00", "" };
	struct policy_ask ask = ask_of(calendar, &s);
	struct policy_verdict v;

	ask.staff = true;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	assert_string_equal(describe_waived(&v), "past notice closed_day longest granularity");
	/* rules given up one by one, as alternatives do */
	ask.staff = false;
	ask.waive = v.waived_rules;
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	ask.waive &= ~(1u << POLICY_LONGEST);
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "too_long longest end 60");
	calendar_free(calendar);
}

static void test_a_site_whose_clock_is_unknown_has_no_hours(void **state)
{
	struct calendar *calendar = make_site(
		0, "\"zone\":\"Mars/Olympus\",\"open\":480,\"close\":1200,\"closed_days\":[]");
	struct policy_ask ask = { .space = calendar_space(calendar, "RA"),
				  .start = 10 * HOUR,
				  .end = 11 * HOUR };
	struct policy_verdict v;

	assert_null(calendar_zone(calendar));
	assert_string_equal(calendar_zone_name(calendar), "Mars/Olympus");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "closed hours start -1");
	apply(calendar, "site.updated", "{\"zone\":\"Mars/Olympus\"," ALWAYS_OPEN "}");
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	calendar_free(calendar);
}

static void test_events_change_clock_hours_and_rules(void **state)
{
	struct calendar *calendar =
		make_site(0, OFFICE_HOURS ",\"rules\":{\"room\":{\"longest\":60}}");
	const struct scene s = { "", "", "2026-11-24T08:00", "2026-11-24T10:00", "" };
	struct policy_ask ask = ask_of(calendar, &s);
	struct policy_verdict v;

	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "too_long longest end 60");
	apply(calendar, "site.updated", OFFICE_HOURS_EVENT("Asia/Seoul", "{}"));
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	apply(calendar, "site.updated", OFFICE_HOURS_EVENT("Asia/Tokyo", "{}"));
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "");
	apply(calendar, "site.updated", OFFICE_HOURS_EVENT("Asia/Singapore", "{}"));
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "closed hours start -1");
	apply(calendar, "site.updated",
	      OFFICE_HOURS_EVENT("Asia/Seoul",
				 "{\"desk\":{\"longest\":60},\"room\":{\"horizon\":0}}"));
	policy_judge(calendar, &ask, &v);
	assert_string_equal(describe(&v), "too_far_ahead horizon start 0");
	assert_int_equal(
		apply(calendar, "site.updated", OFFICE_HOURS_EVENT("Asia/Seoul", "{\"boat\":{}}")),
		-EBADMSG);
	calendar_free(calendar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hours_hold_on_the_sites_clock),
		cmocka_unit_test(test_days_of_23_and_25_hours),
		cmocka_unit_test(
			test_what_closes_in_the_hour_that_comes_twice_closes_the_second_time),
		cmocka_unit_test(test_lengths_are_exact),
		cmocka_unit_test(test_times_lie_on_the_grid_of_the_clock),
		cmocka_unit_test(test_notice_horizon_and_past),
		cmocka_unit_test(test_seats_and_retired_places_bind_staff_too),
		cmocka_unit_test(test_what_is_taken_binds_staff_too_and_names_the_holder),
		cmocka_unit_test(test_one_person_has_one_place_of_a_kind_at_a_time),
		cmocka_unit_test(test_kinds_that_exclude_one_another),
		cmocka_unit_test(test_a_booking_that_has_begun_keeps_its_start),
		cmocka_unit_test(test_staff_is_told_every_rule_it_passed),
		cmocka_unit_test(test_a_site_whose_clock_is_unknown_has_no_hours),
		cmocka_unit_test(test_events_change_clock_hours_and_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
