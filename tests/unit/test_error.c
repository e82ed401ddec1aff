/* The table of kinds: the contract with clients. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/error.h"

static void every_kind_is_found_by_its_word(void **state)
{
	for (int kind = ERROR_NONE + 1; kind < ERROR_COUNT; kind++)
		assert_int_equal(error_from_name(error_name((enum error_kind)kind)), kind);
	assert_int_equal(error_from_name("no_such_kind"), ERROR_NONE);
	assert_int_equal(error_from_name("none"), ERROR_NONE);
	assert_string_equal(error_name(ERROR_NONE), "none");
}

static void no_two_kinds_share_a_code(void **state)
{
	for (int a = ERROR_NONE + 1; a < ERROR_COUNT; a++)
		for (int b = a + 1; b < ERROR_COUNT; b++)
			assert_int_not_equal(error_code((enum error_kind)a),
					     error_code((enum error_kind)b));
}

static void codes_stay_in_the_ranges_of_json_rpc(void **state)
{
	for (int kind = ERROR_NONE + 1; kind < ERROR_COUNT; kind++)
		assert_in_range(-error_code((enum error_kind)kind), 32000, 32768);
}

static void the_known_rows_say_what_the_protocol_says(void **state)
{
	assert_int_equal(error_code(ERROR_parse), -32700);
	assert_int_equal(error_code(ERROR_request), -32600);
	assert_int_equal(error_code(ERROR_method), -32601);
	assert_int_equal(error_code(ERROR_params), -32602);
	assert_int_equal(error_exit(ERROR_slot_taken), 10);
	assert_int_equal(error_exit(ERROR_closed), 11);
	assert_int_equal(error_exit(ERROR_not_found), 12);
	assert_int_equal(error_exit(ERROR_outcome_unknown), 75);
	assert_true(error_retry(ERROR_busy));
	assert_false(error_retry(ERROR_slot_taken));
	assert_string_equal(error_text(ERROR_slot_taken), "the place is taken");
}

static void a_retry_never_ends_as_a_final_refusal(void **state)
{
	/* What may help later exits 75 (try again) or 69 (this server goes away). */
	for (int kind = ERROR_NONE + 1; kind < ERROR_COUNT; kind++) {
		int status = error_exit((enum error_kind)kind);

		if (error_retry((enum error_kind)kind))
			assert_true(status == 75 || status == 69);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_found_by_its_word),
		cmocka_unit_test(no_two_kinds_share_a_code),
		cmocka_unit_test(codes_stay_in_the_ranges_of_json_rpc),
		cmocka_unit_test(the_known_rows_say_what_the_protocol_says),
		cmocka_unit_test(a_retry_never_ends_as_a_final_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
