/* Failed logins by source: who is counted with whom, and when it is forgotten. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/macros.h"
#include "daemon/throttle.h"

static struct throttle_source of(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return throttle_source((struct sockaddr *)&in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return throttle_source((struct sockaddr *)&in6);
}

static int64_t failed(struct throttle *throttle, const char *text, int64_t now)
{
	struct throttle_source source = of(text);

	return throttle_failed(throttle, &source, now);
}

static void failures_count_by_address_or_by_64_bits(void **state)
{
	struct throttle t = { 0 };

	assert_int_equal(failed(&t, "192.0.2.1", 5), 1);
	assert_int_equal(failed(&t, "192.0.2.2", 5), 1);
	assert_int_equal(failed(&t, "::ffff:192.0.2.1", 6), 2);
	assert_int_equal(failed(&t, "2001:db8:1:2::1", 5), 1);
	assert_int_equal(failed(&t, "2001:db8:1:2:ffff::9", 5), 2);
	assert_int_equal(failed(&t, "2001:db8:1:3::1", 5), 1);
}

static void a_minute_after_the_first_they_are_forgotten(void **state)
{
	struct throttle t = { 0 };
	struct throttle_source source = of("192.0.2.1");

	assert_int_equal(throttle_left(&t, &source, 1000), 0);
	failed(&t, "192.0.2.1", 1000);
	failed(&t, "192.0.2.1", 31000);
	assert_int_equal(throttle_left(&t, &source, 31000), 30000);
	assert_int_equal(failed(&t, "192.0.2.1", 60999), 3);
	assert_int_equal(throttle_left(&t, &source, 61000), 0);
	assert_int_equal(failed(&t, "192.0.2.1", 61000), 1);
}

static void a_login_clears_its_own_source_only(void **state)
{
	struct throttle t = { 0 };
	struct throttle_source source = of("192.0.2.1");

	failed(&t, "192.0.2.1", 1);
	failed(&t, "192.0.2.2", 1);
	throttle_passed(&t, &source);
	throttle_passed(&t, &source);
	assert_int_equal(failed(&t, "192.0.2.1", 2), 1);
	assert_int_equal(failed(&t, "192.0.2.2", 2), 2);
}

static void the_oldest_makes_room(void **state)
{
	struct throttle t = { 0 };
	char text[32];

	for (int i = 0; i < THROTTLE_SOURCES; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		failed(&t, text, 100 + (i + 7) % THROTTLE_SOURCES);
	}
	snprintf(text, sizeof(text), "10.0.%d.%d", (THROTTLE_SOURCES - 7) / 256,
		 (THROTTLE_SOURCES - 7) % 256);
	assert_int_equal(failed(&t, "192.0.2.1", 2000), 1);
	assert_int_equal(failed(&t, "10.0.0.0", 2001), 2);
	assert_int_equal(failed(&t, "192.0.2.1", 2002), 2);
	assert_int_equal(failed(&t, text, 2003), 1); /* it was the oldest */
}

static void the_wait_grows_to_seven_and_a_half_steps(void **state)
{
	const int64_t waits[] = { 0, 2000, 4000, 8000, 15000, 15000 };

	for (int i = 0; i < 6; i++)
		assert_int_equal(throttle_delay(i, 2000), waits[i]);
	assert_int_equal(throttle_delay(INT64_MAX, 2000), 15000);
	assert_int_equal(throttle_delay(3, 0), 0);
}

static int64_t turn(struct throttle *accounts, const char *login, int64_t now)
{
	struct throttle_source account = throttle_account(login);

	return throttle_turn(accounts, &account, now, 2000);
}

static void guesses_at_an_account_wait_longer_each_time_but_are_never_shut_out(void **state)
{
	static const int64_t waits[] = { 2000, 4000, 8000, 15000 };
	struct throttle t = { 0 };
	int64_t now = 1000;

	for (int i = 0; i < THROTTLE_FREE; i++)
		assert_int_equal(turn(&t, "kim@example.org", now), 0);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		assert_int_equal(turn(&t, "kim@example.org", now), 0);
		assert_int_equal(turn(&t, "kim@example.org", now), waits[i]);
		assert_int_equal(turn(&t, "kim@example.org", now + waits[i] - 1), 1);
		now += waits[i];
	}
	assert_int_equal(turn(&t, "kim@example.org", now), 0);
	assert_int_equal(turn(&t, "lim@example.org", now), 0);
}

static void guesses_that_wait_do_not_make_the_wait_longer(void **state)
{
	struct throttle t = { 0 };

	for (int i = 0; i <= THROTTLE_FREE; i++)
		assert_int_equal(turn(&t, "kim@example.org", 0), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(turn(&t, "kim@example.org", 1), 1999);
	assert_int_equal(turn(&t, "kim@example.org", 2000), 0);
}

static void a_right_password_ends_the_wait_of_its_account(void **state)
{
	struct throttle_source kim = throttle_account("kim@example.org");
	struct throttle t = { 0 };

	for (int i = 0; i <= THROTTLE_FREE; i++)
		assert_int_equal(turn(&t, "kim@example.org", 0), 0);
	throttle_passed(&t, &kim);
	for (int i = 0; i <= THROTTLE_FREE; i++)
		assert_int_equal(turn(&t, "kim@example.org", 1), 0);
	assert_int_equal(turn(&t, "kim@example.org", 1), 2000);
}

static void a_wait_that_is_over_is_forgotten_with_its_minute(void **state)
{
	struct throttle t = { 0 };

	for (int i = 0; i <= THROTTLE_FREE; i++)
		turn(&t, "kim@example.org", 0);
	for (int i = 0; i < THROTTLE_FREE; i++)
		assert_int_equal(turn(&t, "kim@example.org", THROTTLE_MINUTE), 0);
}

static void an_account_that_waits_is_not_forgotten_for_names_tried_once(void **state)
{
	struct throttle t = { 0 };
	char login[32];

	for (int i = 0; i <= THROTTLE_FREE; i++)
		assert_int_equal(turn(&t, "kim@example.org", 0), 0);
	for (int i = 0; i < 2 * THROTTLE_SOURCES; i++) {
		snprintf(login, sizeof(login), "nobody-%d", i);
		assert_int_equal(turn(&t, login, 1), 0);
	}
	assert_int_equal(turn(&t, "kim@example.org", 2), 1998);
}

static void where_all_accounts_wait_the_shortest_wait_makes_room(void **state)
{
	struct throttle t = { 0 };
	char login[32];

	for (int i = 0; i < THROTTLE_SOURCES; i++) {
		snprintf(login, sizeof(login), "guessed-%d", i);
		for (int n = 0; n <= THROTTLE_FREE; n++)
			assert_int_equal(turn(&t, login, i == 9 ? 100 : 200), 0);
	}
	assert_int_equal(turn(&t, "kim@example.org", 300), 0);
	assert_int_equal(turn(&t, "guessed-8", 300), 1900);
	assert_int_equal(turn(&t, "guessed-9", 300), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_count_by_address_or_by_64_bits),
		cmocka_unit_test(a_minute_after_the_first_they_are_forgotten),
		cmocka_unit_test(a_login_clears_its_own_source_only),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(the_wait_grows_to_seven_and_a_half_steps),
		cmocka_unit_test(
			guesses_at_an_account_wait_longer_each_time_but_are_never_shut_out),
		cmocka_unit_test(guesses_that_wait_do_not_make_the_wait_longer),
		cmocka_unit_test(a_right_password_ends_the_wait_of_its_account),
		cmocka_unit_test(a_wait_that_is_over_is_forgotten_with_its_minute),
		cmocka_unit_test(an_account_that_waits_is_not_forgotten_for_names_tried_once),
		cmocka_unit_test(where_all_accounts_wait_the_shortest_wait_makes_room),
	};

	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
