/* Booking references: what people mistype is found, what they mean is understood. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/macros.h"
#include "common/reference.h"

#define SYMBOLS_AT  2
#define SYMBOLS_END (REFERENCE_TEXT_MAX - 1)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The corners and a spread of the 2^25 references. */
static uint32_t sample(uint32_t i)
{
	static const uint32_t corners[] = { 0, 1, 31, 32, 0x1ffffff, 0x1fffffe, 0x1f00000 };

	return i < ARRAY_SIZE(corners) ? corners[i] : i * UINT32_C(2654435761) >> 7;
}

static void a_reference_reads_back_as_itself(void **state)
{
	for (uint32_t i = 0; i < 100000; i++) {
		char text[REFERENCE_TEXT_MAX], out[REFERENCE_TEXT_MAX];

		reference_format('R', sample(i), text);
		assert_int_equal(strlen(text), 8);
		assert_int_equal(reference_parse('R', text, out), 0);
		assert_string_equal(out, text);
	}
}

static void the_low_25_bits_are_the_symbols_in_order(void **state)
{
	char out[REFERENCE_TEXT_MAX];

	assert_memory_equal(reference_format('R', 0, out), "R-00000", 7);
	assert_memory_equal(reference_format('R', 1, out), "R-00001", 7);
	assert_memory_equal(reference_format('B', 31 << 20, out), "B-Z0000", 7);
	assert_memory_equal(reference_format('R', UINT32_MAX, out), "R-ZZZZZ", 7);
}

/* The written form is a promise: a reference printed last year must hold next year. */
static void known_references_keep_their_check_symbol(void **state)
{
	char out[REFERENCE_TEXT_MAX];

	assert_string_equal(reference_format('R', 0, out), "R-000000");
	assert_string_equal(reference_format('R', 1, out), "R-000012");
	assert_string_equal(reference_format('R', 12345678, out), "R-BRRAEM");
}

static void every_single_wrong_symbol_is_found(void **state)
{
	for (uint32_t i = 0; i < 3000; i++) {
		char text[REFERENCE_TEXT_MAX], out[REFERENCE_TEXT_MAX];

		reference_format('R', sample(i), text);
		for (int at = SYMBOLS_AT; at < SYMBOLS_END; at++) {
			char right = text[at];

			for (const char *wrong = alphabet; *wrong != '\0'; wrong++) {
				text[at] = *wrong;
				assert_int_equal(reference_parse('R', text, out),
						 *wrong == right ? 0 : -EINVAL);
			}
			text[at] = right;
		}
	}
}

static void every_swap_of_two_symbols_is_found(void **state)
{
	for (uint32_t i = 0; i < 20000; i++) {
		char text[REFERENCE_TEXT_MAX], out[REFERENCE_TEXT_MAX];

		reference_format('R', sample(i), text);
		for (int a = SYMBOLS_AT; a < SYMBOLS_END; a++) {
			for (int b = a + 1; b < SYMBOLS_END; b++) {
				char swapped[REFERENCE_TEXT_MAX];

				memcpy(swapped, text, sizeof(swapped));
				swapped[a] = text[b];
				swapped[b] = text[a];
				assert_int_equal(reference_parse('R', swapped, out),
						 text[a] == text[b] ? 0 : -EINVAL);
			}
		}
	}
}

static void case_and_lookalikes_are_read_as_meant(void **state)
{
	char out[REFERENCE_TEXT_MAX];

	assert_int_equal(reference_parse('R', "r-brraem", out), 0);
	assert_string_equal(out, "R-BRRAEM");
	assert_int_equal(reference_parse('R', "R-OoO0I2", out), 0);
	assert_string_equal(out, "R-000012");
	assert_int_equal(reference_parse('R', "R-0000l2", out), 0);
	assert_string_equal(out, "R-000012");
	assert_int_equal(reference_parse('R', "R-0000L2", out), 0);
	assert_int_equal(reference_parse('R', "R-0000i2", out), 0);
}

static void malformed_references_are_refused(void **state)
{
	static const char *const cases[] = {
		"",	    "R",	"R-",	    "R-BRRAE",	      "R-BRRAEMM", "B-BRRAEM",
		"RBRRAEM",  "R_BRRAEM", "R BRRAEM", " R-BRRAEM",      "R-BRRAE ",  "R-BRRAEU",
		"R-URRAEM", "R-uRRAEM", "R-BRRAE-", "R-BRR\xc3\xa9M", "BRRAEM",
	};
	char out[REFERENCE_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(reference_parse('R', cases[i], out), -EINVAL);
}

/* With a right check symbol, so that only the alphabet can refuse it. */
static void u_is_no_symbol_wherever_it_stands(void **state)
{
	for (uint32_t i = 0; i < 1000; i++) {
		char text[REFERENCE_TEXT_MAX], out[REFERENCE_TEXT_MAX];

		reference_format('R', sample(i), text);
		for (int at = SYMBOLS_AT; at < SYMBOLS_END; at++) {
			char right = text[at];

			text[at] = 'U';
			assert_int_equal(reference_parse('R', text, out), -EINVAL);
			text[at] = right;
		}
	}
}

static void the_letter_tells_a_block_from_a_booking(void **state)
{
	char text[REFERENCE_TEXT_MAX], out[REFERENCE_TEXT_MAX];

	reference_format('B', 4711, text);
	assert_int_equal(reference_parse('B', text, out), 0);
	assert_int_equal(reference_parse('R', text, out), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_reads_back_as_itself),
		cmocka_unit_test(the_low_25_bits_are_the_symbols_in_order),
		cmocka_unit_test(known_references_keep_their_check_symbol),
		cmocka_unit_test(every_single_wrong_symbol_is_found),
		cmocka_unit_test(every_swap_of_two_symbols_is_found),
		cmocka_unit_test(case_and_lookalikes_are_read_as_meant),
		cmocka_unit_test(malformed_references_are_refused),
		cmocka_unit_test(u_is_no_symbol_wherever_it_stands),
		cmocka_unit_test(the_letter_tells_a_block_from_a_booking),
	};

	return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
