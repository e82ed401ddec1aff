/* Connections by source: what comes and goes is counted, for any number of sources. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/macros.h"
#include "daemon/sources.h"

#define MANY 5000

static struct throttle_source source(uint32_t number)
{
	struct throttle_source it = { .family = 2 };

	memcpy(it.bytes, &number, sizeof(number));
	return it;
}

static void nobody_is_there_at_first(void **state)
{
	struct sources sources = { 0 };
	struct throttle_source one = source(1);

	assert_int_equal(sources_count(&sources, &one), 0);
	sources_deinit(&sources);
}

static void each_source_has_a_count_of_its_own(void **state)
{
	struct sources sources = { 0 };
	struct throttle_source one = source(1), two = source(2), six = source(1);

	six.family = 10; /* the same bytes, and another source */
	assert_int_equal(sources_enter(&sources, &one), 0);
	assert_int_equal(sources_enter(&sources, &one), 0);
	assert_int_equal(sources_enter(&sources, &six), 0);
	assert_int_equal(sources_count(&sources, &one), 2);
	assert_int_equal(sources_count(&sources, &two), 0);
	assert_int_equal(sources_count(&sources, &six), 1);
	sources_leave(&sources, &one);
	sources_leave(&sources, &six);
	assert_int_equal(sources_count(&sources, &one), 1);
	assert_int_equal(sources_count(&sources, &six), 0);
	assert_int_equal(sources.used, 1);
	sources_deinit(&sources);
}

static void counts_outlive_the_growth_of_the_table(void **state)
{
	struct sources sources = { 0 };

	for (uint32_t i = 0; i < MANY; i++) {
		struct throttle_source it = source(i);

		for (uint32_t n = 0; n <= i % 3; n++)
			assert_int_equal(sources_enter(&sources, &it), 0);
	}
	assert_int_equal(sources.used, MANY);
	assert_true(sources.size >= MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		struct throttle_source it = source(i);

		assert_int_equal(sources_count(&sources, &it), i % 3 + 1);
		for (uint32_t n = 0; n <= i % 3; n++)
			sources_leave(&sources, &it);
		assert_int_equal(sources_count(&sources, &it), 0);
	}
	assert_int_equal(sources.used, 0);
	sources_deinit(&sources);
}

/* Two tables put the same sources in different places: nobody can know where they meet. */
static void places_are_drawn_anew_for_each_table(void **state)
{
	struct sources a = { 0 }, b = { 0 };
	struct throttle_source one = source(1);

	assert_int_equal(sources_enter(&a, &one), 0);
	assert_int_equal(sources_enter(&b, &one), 0);
	assert_true(a.secret != b.secret && a.secret % 2 == 1 && b.secret % 2 == 1);
	sources_deinit(&a);
	sources_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_there_at_first),
		cmocka_unit_test(each_source_has_a_count_of_its_own),
		cmocka_unit_test(counts_outlive_the_growth_of_the_table),
		cmocka_unit_test(places_are_drawn_anew_for_each_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
