/* Which spaces fit a wish, and which of them comes first. */

#include "daemon/search.h"
#include "tests/unit/calendar_site.h"

/* The codes found, with blanks between. */
static const char *found(const struct calendar *calendar, struct search_wish wish)
{
	static char text[100];
	struct search_found out[8];
	size_t count;

	wish.start = 10 * HOUR;
	wish.end = 12 * HOUR;
	count = search_run(calendar, &wish, out);
	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, out[i].space->code);
	}
	return text;
}

#define ANY			 (-1)
#define FOUND(calendar, of, ...) found(calendar, (struct search_wish){ .kind = (of), __VA_ARGS__ })

static void test_a_wish_leaves_out_what_does_not_fit(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	const char *screen[] = { "SCREEN" }, *two[] = { "screen", "phone" };

	assert_string_equal(FOUND(calendar, ANY), "D-1 RA RB AB");
	assert_string_equal(FOUND(calendar, 0), "D-1");
	assert_string_equal(FOUND(calendar, ANY, .capacity = 8), "RA RB AB");
	assert_string_equal(FOUND(calendar, ANY, .capacity = 17), "");
	assert_string_equal(FOUND(calendar, ANY, .area_id = 1), "RA RB");
	assert_string_equal(FOUND(calendar, ANY, .floor_id = 2), "D-1");
	assert_string_equal(FOUND(calendar, ANY, .amenities = { 1, screen }), "RA AB");
	assert_string_equal(FOUND(calendar, ANY, .amenities = { 2, two }), "AB");
	calendar_free(calendar);
}

static void test_the_nearest_comes_first_and_another_floor_last(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);

	assert_string_equal(FOUND(calendar, ANY, .near = calendar_space(calendar, "AB")),
			    "AB RB RA D-1");
	assert_string_equal(FOUND(calendar, ANY, .near = calendar_space(calendar, "RA")),
			    "RA RB AB D-1");
	calendar_free(calendar);
}

static void test_what_is_taken_or_retired_is_not_found(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);

	apply(calendar, "booking.created",
	      entry_text("booking", 1, 1, "[1]", 11 * HOUR, 13 * HOUR, "confirmed"));
	assert_string_equal(FOUND(calendar, 1), "RB");
	apply(calendar, "booking.moved",
	      entry_text("booking", 1, 1, "[1]", 12 * HOUR, 13 * HOUR, "confirmed"));
	assert_string_equal(FOUND(calendar, 1), "RA RB AB");
	apply(calendar, "block.created", entry_text("block", 1, 2, "[2]", 0, 11 * HOUR, "active"));
	assert_string_equal(FOUND(calendar, 1), "RA");
	apply(calendar, "space.retired", "{\"space\":1,\"state\":\"retired\"}");
	assert_string_equal(FOUND(calendar, 1), "");
	calendar_free(calendar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_wish_leaves_out_what_does_not_fit),
		cmocka_unit_test(test_the_nearest_comes_first_and_another_floor_last),
		cmocka_unit_test(test_what_is_taken_or_retired_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
