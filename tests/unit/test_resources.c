/* What fits into the system's limits, and when a start is refused for them. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "common/macros.h"
#include "daemon/log.h"
#include "daemon/resources.h"

#define MIB INT64_C(1048576)

static struct config some_config(void)
{
	return (struct config){ .connections = 100,
				.lane_connections = 4,
				.read_connections = 4,
				.password_threads = 1,
				.password_memory = 19 * MIB,
				.output_total = 64 * MIB };
}

static int memory_under(int64_t limit, const struct config *config)
{
	return resources_memory_under(config, limit, "RLIMIT_AS");
}

static int64_t clients_under(rlim_t soft, rlim_t hard, const struct config *config)
{
	struct rlimit before, lower = { .rlim_cur = soft, .rlim_max = hard };
	int64_t clients;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	lower.rlim_max = hard == 0 ? before.rlim_max : hard;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
	clients = resources_clients(config);
	return clients;
}

static void a_memory_limit_below_the_least_is_refused(void **state)
{
	struct config config = some_config();

	assert_int_equal(memory_under(resources_memory_least(&config) - 1, &config), -ENOMEM);
	assert_int_equal(memory_under(resources_memory_least(&config), &config), 0);
	assert_int_equal(memory_under(resources_memory_most(&config), &config), 0);
}

static void what_is_configured_counts(void **state)
{
	struct config config = some_config(), other = some_config();

	other.password_threads = 4;
	assert_true(resources_memory_least(&other) >=
		    resources_memory_least(&config) + 3 * config.password_memory);
	other = some_config();
	other.connections = 10000;
	assert_int_equal(resources_memory_least(&other), resources_memory_least(&config));
	assert_true(resources_memory_most(&other) > resources_memory_most(&config));
	assert_true(resources_memory_most(&config) >=
		    resources_memory_least(&config) + 2 * config.output_total);
}

/* The hard limit goes down and never up again: from the widest to the narrowest. */
static void as_many_clients_as_there_are_descriptors(void **state)
{
	struct config config = some_config();

	assert_int_equal(clients_under(70, 0, &config), 100);
	assert_int_equal(clients_under(70, 164, &config), 100);
	assert_int_equal(clients_under(163, 163, &config), 99);
	config.lane_connections = 10;
	assert_int_equal(clients_under(163, 163, &config), 93);
	assert_int_equal(clients_under(65, 65, &config), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_memory_limit_below_the_least_is_refused),
		cmocka_unit_test(what_is_configured_counts),
		cmocka_unit_test(as_many_clients_as_there_are_descriptors),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("resources", tests, NULL, NULL);
}
