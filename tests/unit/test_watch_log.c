/* The log that the watchers of a site share: what a slow one is still told when it is full. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/macros.h"
#include "daemon/watch_log.h"

#define LIMIT  4
#define UNSEEN 0 /* some watcher was told nothing yet */

static struct watch_log *watched;

static int set_up(void **state)
{
	watched = watch_log_new(10, LIMIT);
	return watched ? 0 : -1;
}

static int tear_down(void **state)
{
	watch_log_free(watched);
	return 0;
}

static void add(int64_t rev, int64_t subject, bool moved, int64_t seen)
{
	struct watch_event *event = calloc(1, sizeof(*event));

	assert_non_null(event);
	event->rev = rev;
	event->topic = subject ? WATCH_BOOKINGS : WATCH_CATALOGUE;
	event->subject = subject;
	event->moved = moved;
	watch_log_add(watched, event, seen);
}

/* The revs behind one, as text. */
static const char *behind(int64_t rev)
{
	static char text[128];
	const struct watch_event *event;

	text[0] = '\0';
	while ((event = watch_log_after(watched, rev))) {
		rev = event->rev;
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%lld ", (long long)rev);
	}
	return text;
}

static void test_it_gives_what_is_behind_a_rev_in_order(void **state)
{
	assert_int_equal(watch_log_first(watched), 11);
	add(11, 1, false, UNSEEN);
	add(12, 2, false, UNSEEN);
	assert_string_equal(behind(10), "11 12 ");
	assert_string_equal(behind(11), "12 ");
	assert_string_equal(behind(12), "");
	assert_true(watch_log_reaches(watched, 10, true));
	assert_false(watch_log_is_whole(watched, 9));
}

static void test_what_everybody_was_told_goes_first(void **state)
{
	for (int64_t rev = 11; rev < 17; rev++)
		add(rev, rev, false, rev - 2);
	assert_string_equal(behind(10), "13 14 15 16 ");
	assert_true(watch_log_reaches(watched, 12, true));
	assert_false(watch_log_reaches(watched, 11, false));
}

static void test_a_later_state_of_the_same_booking_replaces_the_earlier_one(void **state)
{
	add(11, 1, false, UNSEEN);
	add(12, 7, false, UNSEEN);
	add(13, 7, false, UNSEEN);
	add(14, 2, false, UNSEEN);
	add(15, 3, false, UNSEEN);
	assert_string_equal(behind(10), "11 13 14 15 ");
	assert_true(watch_log_reaches(watched, 10, true));
	assert_false(watch_log_is_whole(watched, 11));
	assert_true(watch_log_is_whole(watched, 12));
}

static void test_who_knows_bookings_by_their_place_alone_misses_no_move(void **state)
{
	add(11, 7, true, UNSEEN);
	add(12, 7, false, UNSEEN);
	for (int64_t rev = 13; rev < 16; rev++)
		add(rev, rev, false, UNSEEN);
	assert_string_equal(behind(10), "12 13 14 15 ");
	assert_true(watch_log_reaches(watched, 10, false));
	assert_false(watch_log_reaches(watched, 10, true));
	assert_true(watch_log_reaches(watched, 11, true));
}

static void test_who_is_behind_the_oldest_has_lost_the_thread(void **state)
{
	for (int64_t rev = 11; rev < 16; rev++)
		add(rev, rev, false, UNSEEN);
	assert_string_equal(behind(10), "12 13 14 15 ");
	assert_false(watch_log_reaches(watched, 10, false));
	assert_true(watch_log_reaches(watched, 11, true));
}

static void test_changes_of_the_catalogue_replace_nothing(void **state)
{
	for (int64_t rev = 11; rev < 16; rev++)
		add(rev, 0, false, UNSEEN);
	assert_false(watch_log_reaches(watched, 10, false));
}

static void test_begun_again_it_is_as_new(void **state)
{
	for (int64_t rev = 11; rev < 17; rev++)
		add(rev, 1, true, UNSEEN);
	watch_log_restart(watched, 5);
	assert_int_equal(watch_log_count(watched), 0);
	assert_int_equal(watch_log_first(watched), 6);
	assert_true(watch_log_is_whole(watched, 5));
	assert_false(watch_log_is_whole(watched, 4));
	assert_true(watch_log_reaches(watched, 5, true));
	add(6, 1, false, UNSEEN);
	assert_string_equal(behind(5), "6 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_it_gives_what_is_behind_a_rev_in_order),
		TEST(test_what_everybody_was_told_goes_first),
		TEST(test_a_later_state_of_the_same_booking_replaces_the_earlier_one),
		TEST(test_who_knows_bookings_by_their_place_alone_misses_no_move),
		TEST(test_who_is_behind_the_oldest_has_lost_the_thread),
		TEST(test_changes_of_the_catalogue_replace_nothing),
		TEST(test_begun_again_it_is_as_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
