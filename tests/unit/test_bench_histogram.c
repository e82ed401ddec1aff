/* The histogram of the load generator: what it reads out is right to 1.6 %. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/macros.h"
#include "tests/bench/histogram.h"

static struct histogram histogram;

static void check(double part, int64_t expected)
{
	int64_t found = histogram_at(&histogram, part);

	assert_in_range(found, expected - expected / 64 - 1, expected + expected / 64 + 1);
}

static void parts_of_an_even_spread_are_where_they_belong(void **state)
{
	histogram_reset(&histogram);
	for (int64_t value = 1; value <= 1000000; value++)
		histogram_add(&histogram, value);
	assert_int_equal(histogram.total, 1000000);
	assert_int_equal(histogram.longest, 1000000);
	check(0.001, 1000);
	check(0.5, 500000);
	check(0.9, 900000);
	check(0.99, 990000);
	assert_true(histogram_at(&histogram, 1) <= 1000000);
}

static void each_size_has_its_place(void **state)
{
	for (int64_t value = 1; value < INT64_C(3600) * 1000000000; value = value * 3 / 2 + 1) {
		histogram_reset(&histogram);
		histogram_add(&histogram, value);
		check(0.5, value);
	}
}

static void a_rare_one_is_the_longest_and_not_the_median(void **state)
{
	histogram_reset(&histogram);
	for (int i = 0; i < 199; i++)
		histogram_add(&histogram, 100);
	histogram_add(&histogram, 5000000);
	check(0.5, 100);
	check(0.99, 100);
	check(0.999, 5000000);
	assert_int_equal(histogram.longest, 5000000);
}

static void nothing_and_less_than_nothing_are_zero(void **state)
{
	histogram_reset(&histogram);
	assert_int_equal(histogram_at(&histogram, 0.5), 0);
	histogram_add(&histogram, -5);
	assert_int_equal(histogram_at(&histogram, 0.5), 0);
	assert_int_equal(histogram.total, 1);
}

static void what_is_beyond_an_hour_is_kept_at_the_end(void **state)
{
	histogram_reset(&histogram);
	histogram_add(&histogram, INT64_MAX);
	assert_int_equal(histogram.total, 1);
	assert_true(histogram_at(&histogram, 0.5) > INT64_C(3600) * 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_an_even_spread_are_where_they_belong),
		cmocka_unit_test(each_size_has_its_place),
		cmocka_unit_test(a_rare_one_is_the_longest_and_not_the_median),
		cmocka_unit_test(nothing_and_less_than_nothing_are_zero),
		cmocka_unit_test(what_is_beyond_an_hour_is_kept_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
