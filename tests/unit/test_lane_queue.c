/* What waits in a lane: everybody's order holds, everybody has a turn, and a flood is behind it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/lane_queue.h"
#include "daemon/retry.h"

#define ADA  11
#define BOB  12
#define CLEO (ADA + LANE_PERSONS) /* in one chain with ADA */
#define MANY 1000

struct item {
	struct lane_command command;
	char key[16];
	int number; /* of its person */
};

struct test {
	struct lane_queue queue;
	struct item items[4 * MANY];
	int made;
	int64_t now;
};

static int set_up(void **state)
{
	struct test *test = calloc(1, sizeof(*test));

	lane_queue_init(&test->queue, 1);
	test->now = USEC_PER_SEC;
	*state = test;
	return 0;
}

static int tear_down(void **state)
{
	struct test *test = *state;

	lane_queue_deinit(&test->queue);
	free(test);
	return 0;
}

static void add(struct test *test, int64_t principal, int count)
{
	for (int i = 0; i < count; i++) {
		struct item *item = &test->items[test->made++];

		snprintf(item->key, sizeof(item->key), "k%d", test->made);
		item->number = i;
		item->command.principal = principal;
		item->command.key = item->key;
		assert_int_equal(lane_queue_add(&test->queue, &item->command, test->now), 0);
	}
}

/* One batch of at most `most`: how many of each of the persons, whose order must hold. */
static int batch(struct test *test, int most, int of[3], struct lane_command **taken)
{
	static const int64_t persons[3] = { ADA, BOB, CLEO };
	int last[3] = { -1, -1, -1 }, count = 0;
	struct lane_command *command;

	of[0] = of[1] = of[2] = 0;
	lane_queue_begin(&test->queue, test->now);
	while (count < most && (command = lane_queue_next(&test->queue))) {
		struct item *item = container_of(command, struct item, command);

		lane_queue_take(&test->queue, command);
		if (taken)
			taken[count] = command;
		count++;
		for (int i = 0; i < 3; i++) {
			if (command->principal != persons[i])
				continue;
			assert_true(item->number > last[i]);
			last[i] = item->number;
			of[i]++;
		}
	}
	return count;
}

static void one_booking_is_before_a_flood(void **state)
{
	struct test *test = *state;
	struct lane_command *taken[LANE_BATCH_MAX];
	int of[3];

	add(test, ADA, MANY);
	add(test, BOB, 1);
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, taken), 1 + LANE_HEAVY_MIN);
	assert_int_equal(taken[0]->principal, BOB);
	assert_int_equal(of[0], LANE_HEAVY_MIN);
}

static void a_flood_alone_fills_its_batches(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, MANY);
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), LANE_BATCH_MAX);
}

/* Who books one after another waits for none when a batch begins, and comes while it is under way. */
static void a_flood_is_kept_short_while_others_are_about_and_no_longer(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, MANY);
	add(test, BOB, 1);
	batch(test, LANE_BATCH_MAX, of, NULL);
	test->now += USEC_PER_SEC / 2;
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), LANE_HEAVY_MIN);
	test->now += USEC_PER_SEC;
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), LANE_BATCH_MAX);
}

/* Its last commands make a person light; that is nobody else who is about. */
static void who_ends_a_flood_does_not_hold_up_their_own_next(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, LANE_TURN);
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), LANE_TURN);
	add(test, ADA, 3 * LANE_TURN);
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), 3 * LANE_TURN);
}

static void floods_take_turns(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, MANY);
	add(test, BOB, MANY);
	add(test, CLEO, MANY);
	assert_int_equal(batch(test, 120, of, NULL), 120);
	assert_true(of[0] == 40 && of[1] == 40 && of[2] == 40);
}

static void a_crowd_does_not_shut_out_who_has_much(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, MANY);
	for (int64_t person = 1000; person < 1000 + 2 * LANE_BATCH_MAX; person++)
		add(test, person, 1);
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), LANE_BATCH_MAX);
	assert_int_equal(of[0], LANE_HEAVY_MIN);
}

static void the_more_others_there_are_the_more_goes_along_with_them(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, MANY);
	for (int64_t person = 1000; person < 1000 + 6 * LANE_HEAVY_MIN; person++)
		add(test, person, 1);
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), 9 * LANE_HEAVY_MIN);
	assert_int_equal(of[0], 3 * LANE_HEAVY_MIN);
}

static void everything_leaves_in_the_end(void **state)
{
	struct test *test = *state;
	int of[3], sum = 0, batches = 0;

	add(test, ADA, MANY);
	add(test, BOB, LANE_TURN);
	add(test, CLEO, LANE_TURN + 1);
	while (test->queue.count > 0) {
		sum += batch(test, LANE_BATCH_MAX, of, NULL);
		test->now += 10000;
		assert_true(++batches < MANY);
	}
	assert_int_equal(sum, MANY + 2 * LANE_TURN + 1);
	assert_null(lane_queue_any(&test->queue));
	assert_int_equal(lane_queue_of(&test->queue, ADA), 0);
}

static void a_batch_that_runs_again_is_the_same(void **state)
{
	struct test *test = *state;
	struct lane_command *first[LANE_BATCH_MAX], *second[LANE_BATCH_MAX];
	int of[3], count;

	add(test, ADA, MANY);
	add(test, BOB, 3);
	count = batch(test, LANE_BATCH_MAX, of, first);
	add(test, CLEO, 1);
	for (int i = count - 1; i >= 0; i--)
		lane_queue_give_back(&test->queue, first[i]);
	assert_true(lane_queue_has_key(&test->queue, first[0]));
	assert_int_equal(batch(test, count, of, second), count);
	for (int i = 0; i < count; i++)
		assert_ptr_equal(first[i], second[i]);
}

static void what_is_taken_back_is_gone(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, LANE_TURN + 1);
	add(test, BOB, 1);
	assert_true(lane_queue_has_key(&test->queue, &test->items[LANE_TURN + 1].command));
	lane_queue_remove(&test->queue, &test->items[LANE_TURN + 1].command);
	assert_false(lane_queue_has_key(&test->queue, &test->items[LANE_TURN + 1].command));
	lane_queue_remove(&test->queue, &test->items[0].command);
	assert_int_equal(test->queue.count, LANE_TURN);
	assert_int_equal(batch(test, LANE_BATCH_MAX, of, NULL), LANE_TURN);
	assert_int_equal(of[1], 0);
}

/* Two people's same key is not the same, and chains hold several. */
static void each_that_waits_is_known_by_its_key(void **state)
{
	struct test *test = *state;
	int of[3];

	add(test, ADA, 2 * MANY);
	add(test, BOB, 1);
	for (int i = 0; i < 2 * MANY; i += 2)
		lane_queue_remove(&test->queue, &test->items[i].command);
	for (int i = 0; i < 2 * MANY; i++) {
		struct lane_command others = test->items[i].command;

		others.principal = CLEO;
		assert_int_equal(lane_queue_has_key(&test->queue, &test->items[i].command), i % 2);
		assert_false(lane_queue_has_key(&test->queue, &others));
	}
	while (test->queue.count > 0)
		batch(test, LANE_BATCH_MAX, of, NULL);
	for (int i = 0; i <= 2 * MANY; i++)
		assert_false(lane_queue_has_key(&test->queue, &test->items[i].command));
}

static void age_is_that_of_who_waits_first(void **state)
{
	struct test *test = *state;

	assert_int_equal(lane_queue_age(&test->queue, 0, test->now), 0);
	add(test, ADA, 1);
	test->now += 5000;
	add(test, BOB, 1);
	test->now += 1000;
	assert_int_equal(lane_queue_age(&test->queue, 0, test->now), 6000);
	assert_int_equal(lane_queue_age(&test->queue, BOB, test->now), 1000);
	assert_int_equal(lane_queue_age(&test->queue, CLEO, test->now), 0);
}

static void who_is_refused_comes_again_after_about_the_wait_by_lot(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	for (int i = 0; i < 2000; i++) {
		int64_t ms = retry_after(1000);

		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_in_range(least, 1000, 1100);
	assert_in_range(most, 1400, 1500);
	assert_in_range(retry_after(0), 100, 150);
	assert_in_range(retry_after(3600000), 10000, 15000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_booking_is_before_a_flood),
		CASE(a_flood_alone_fills_its_batches),
		CASE(a_flood_is_kept_short_while_others_are_about_and_no_longer),
		CASE(who_ends_a_flood_does_not_hold_up_their_own_next),
		CASE(floods_take_turns),
		CASE(a_crowd_does_not_shut_out_who_has_much),
		CASE(the_more_others_there_are_the_more_goes_along_with_them),
		CASE(everything_leaves_in_the_end),
		CASE(a_batch_that_runs_again_is_the_same),
		CASE(what_is_taken_back_is_gone),
		CASE(each_that_waits_is_known_by_its_key),
		CASE(age_is_that_of_who_waits_first),
		CASE(who_is_refused_comes_again_after_about_the_wait_by_lot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
