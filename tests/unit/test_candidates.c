/* Any space like the one described: which are tried, in which order, and why there is none. */

#include "daemon/candidates.h"
#include "tests/unit/calendar_site.h"

static const struct search_wish room = { .kind = 1 };
static const struct policy_ask morning = {
	.start = 10 * HOUR, .end = 12 * HOUR, .now = 9 * HOUR, .member_id = 2
};

static const char *codes(const struct candidates *c)
{
	static char text[200];

	*text = '\0';
	for (size_t i = 0; i < c->count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, c->spaces[i]->code);
	}
	return text;
}

/* Spaces of the codes in a text with blanks around each. */
static bool is_spoken(const struct calendar_space *space, void *data)
{
	char word[40];

	snprintf(word, sizeof(word), " %s ", space->code);
	return strstr(data, word) != NULL;
}

static void test_those_that_fit_and_are_free_come_best_first(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	struct candidates c;

	candidates_rank(calendar, &room, &morning, NULL, NULL, &c);
	assert_string_equal(codes(&c), "RA RB AB");
	assert_int_equal(c.fitting, 3);
	apply(calendar, "booking.created",
	      entry_text("booking", 1, 1, "[1]", 11 * HOUR, 13 * HOUR, "confirmed"));
	candidates_rank(calendar, &room, &morning, NULL, NULL, &c);
	assert_string_equal(codes(&c), "RB");
	assert_int_equal(c.fitting, 3);
	assert_null(c.refused);
	calendar_free(calendar);
}

static void test_what_others_wait_for_is_passed_over(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	struct candidates c;

	candidates_rank(calendar, &room, &morning, is_spoken, " RA AB ", &c);
	assert_string_equal(codes(&c), "RB");
	assert_int_equal(c.spoken, 2);
	/* there is nothing, but there may be: no reason is told */
	candidates_rank(calendar, &room, &morning, is_spoken, " RA RB AB ", &c);
	assert_int_equal(c.count, 0);
	assert_int_equal(c.spoken, 3);
	assert_null(c.refused);
	calendar_free(calendar);
}

static void test_where_there_is_none_the_best_tells_why(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	struct search_wish large = { .kind = 1, .capacity = 17 };
	struct candidates c;

	candidates_rank(calendar, &large, &morning, NULL, NULL, &c);
	assert_int_equal(c.count, 0);
	assert_int_equal(c.fitting, 0);
	assert_null(c.refused);
	apply(calendar, "booking.created",
	      entry_text("booking", 1, 3, "[1,2]", 11 * HOUR, 13 * HOUR, "confirmed"));
	candidates_rank(calendar, &room, &morning, NULL, NULL, &c);
	assert_int_equal(c.count, 0);
	assert_string_equal(c.refused->code, "RA");
	assert_int_equal(c.verdict.kind, ERROR_slot_taken);
	assert_int_equal(c.verdict.holder->id, 1);
	calendar_free(calendar);
}

static void test_a_rule_forbids_all_of_the_kind(void **state)
{
	struct calendar *calendar =
		make_site(0, ALWAYS_OPEN ",\"rules\":{\"room\":{\"longest\":60},\"desk\":{}}");
	struct search_wish any = { .kind = -1 };
	struct policy_ask staff = morning;
	struct candidates c;

	candidates_rank(calendar, &room, &morning, NULL, NULL, &c);
	assert_int_equal(c.count, 0);
	assert_int_equal(c.verdict.kind, ERROR_too_long);
	candidates_rank(calendar, &any, &morning, NULL, NULL, &c);
	assert_string_equal(codes(&c), "D-1");
	staff.staff = true;
	candidates_rank(calendar, &room, &staff, NULL, NULL, &c);
	assert_string_equal(codes(&c), "RA RB AB");
	calendar_free(calendar);
}

static void test_a_rule_in_the_way_says_more_than_who_has_the_best_one(void **state)
{
	struct calendar *calendar =
		make_site(0, ALWAYS_OPEN ",\"rules\":{\"room\":{\"one_at_a_time\":true}}");
	struct candidates c;

	apply(calendar, "booking.created",
	      entry_text("booking", 1, 1, "[1]", 11 * HOUR, 13 * HOUR, "confirmed"));
	candidates_rank(calendar, &room, &morning, NULL, NULL, &c);
	assert_int_equal(c.count, 0);
	assert_string_equal(c.refused->code, "RB");
	assert_int_equal(c.verdict.kind, ERROR_own_overlap);
	calendar_free(calendar);
}

static void test_sixteen_are_enough(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	struct candidates c;

	/* the later the smaller, and so the better; then some that are worse than all */
	for (int i = 0; i < 60; i++) {
		char text[300];
		int seats = i < 40 ? 50 - i : 100 + i;

		snprintf(text, sizeof(text),
			 "{\"space\":%d,\"code\":\"D%02d\",\"kind\":\"desk\",\"capacity\":%d,"
			 "\"units\":[%d],\"amenities\":[],\"version\":1,\"state\":\"active\"}",
			 100 + i, i, seats, 100 + i);
		assert_int_equal(load_row(calendar, "space", text), 0);
	}
	candidates_rank(calendar, &(struct search_wish){ .kind = 0 }, &morning, NULL, NULL, &c);
	assert_int_equal(c.count, CANDIDATES_MAX);
	assert_string_equal(codes(&c), "D-1 D39 D38 D37 D36 D35 D34 D33 D32 D31 D30 D29 D28 D27 "
				       "D26 D25");
	calendar_free(calendar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_those_that_fit_and_are_free_come_best_first),
		cmocka_unit_test(test_what_others_wait_for_is_passed_over),
		cmocka_unit_test(test_where_there_is_none_the_best_tells_why),
		cmocka_unit_test(test_a_rule_forbids_all_of_the_kind),
		cmocka_unit_test(test_a_rule_in_the_way_says_more_than_who_has_the_best_one),
		cmocka_unit_test(test_sixteen_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
