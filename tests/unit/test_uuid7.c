/* UUIDs: keys of commands and keys derived from digests. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/macros.h"
#include "common/uuid7.h"

/* The time of the example in RFC 9562, appendix A.6: 2022-02-22T19:22:22Z. */
#define EXAMPLE_USEC INT64_C(1645557742000000)

static void a_new_key_begins_with_its_milliseconds(void **state)
{
	char out[UUID_TEXT_MAX];

	assert_int_equal(uuid7_make(EXAMPLE_USEC + 999, out), 0);
	assert_int_equal(strlen(out), 36);
	assert_memory_equal(out, "017f22e2-79b0-7", 15);
	assert_non_null(strchr("89ab", out[19]));
	assert_int_equal(uuid7_make(EXAMPLE_USEC + 1000, out), 0);
	assert_memory_equal(out, "017f22e2-79b1-7", 15);
}

static void keys_of_one_instant_differ(void **state)
{
	char a[UUID_TEXT_MAX], b[UUID_TEXT_MAX];

	assert_int_equal(uuid7_make(EXAMPLE_USEC, a), 0);
	assert_int_equal(uuid7_make(EXAMPLE_USEC, b), 0);
	assert_string_not_equal(a, b);
}

static void later_keys_sort_later(void **state)
{
	char a[UUID_TEXT_MAX], b[UUID_TEXT_MAX];

	for (int64_t step = 1000; step < INT64_C(10000000000000); step *= 7) {
		assert_int_equal(uuid7_make(EXAMPLE_USEC, a), 0);
		assert_int_equal(uuid7_make(EXAMPLE_USEC + step, b), 0);
		assert_true(strcmp(a, b) < 0);
	}
}

static void a_digest_becomes_a_version_8_key_and_always_the_same(void **state)
{
	uint8_t bytes[16];
	char out[UUID_TEXT_MAX];

	memset(bytes, 0xff, sizeof(bytes));
	uuid8_from_bytes(bytes, out);
	assert_string_equal(out, "ffffffff-ffff-8fff-bfff-ffffffffffff");
	memset(bytes, 0, sizeof(bytes));
	uuid8_from_bytes(bytes, out);
	assert_string_equal(out, "00000000-0000-8000-8000-000000000000");
}

static void any_version_is_read_into_lower_case(void **state)
{
	char out[UUID_TEXT_MAX];

	assert_int_equal(uuid_parse("017F22E2-79b0-7CC3-98C4-DC0C0C07398F", out), 0);
	assert_string_equal(out, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	assert_int_equal(uuid_parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8", out), 0);
	assert_int_equal(uuid_parse("00000000-0000-0000-0000-000000000000", out), 0);
}

static void what_is_not_quite_a_uuid_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"017f22e2",
		"017f22e279b07cc398c4dc0c0c07398f",
		"{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
		"017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
		"017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
		" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"0-7f22e2-79b0-7cc3-98c4-dc0c0c07398f",
	};
	char out[UUID_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(uuid_parse(cases[i], out), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_key_begins_with_its_milliseconds),
		cmocka_unit_test(keys_of_one_instant_differ),
		cmocka_unit_test(later_keys_sort_later),
		cmocka_unit_test(a_digest_becomes_a_version_8_key_and_always_the_same),
		cmocka_unit_test(any_version_is_read_into_lower_case),
		cmocka_unit_test(what_is_not_quite_a_uuid_is_refused),
	};

	return cmocka_run_group_tests_name("uuid7", tests, NULL, NULL);
}
