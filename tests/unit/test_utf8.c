/* UTF-8: what is valid, what may be shown. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "common/macros.h"
#include "common/utf8.h"

static void valid_sequences_give_their_code_points(void **state)
{
	static const struct {
		const char *text;
		uint32_t code;
	} rows[] = {
		{ "A", 'A' },
		{ "\x7F", 0x7F },
		{ "\xC2\x80", 0x80 },
		{ "\xDF\xBF", 0x7FF },
		{ "\xE0\xA0\x80", 0x800 },
		{ "\xED\x95\x9C", 0xD55C }, /* the syllable han */
		{ "\xED\x9F\xBF", 0xD7FF },
		{ "\xEE\x80\x80", 0xE000 },
		{ "\xEF\xBF\xBF", 0xFFFF },
		{ "\xF0\x90\x80\x80", 0x10000 },
		{ "\xF4\x8F\xBF\xBF", 0x10FFFF },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].text);
		uint32_t code = 0;

		assert_int_equal(utf8_next(rows[i].text, len, &code), len);
		assert_int_equal(code, rows[i].code);
		assert_true(utf8_valid(rows[i].text, len));
		/* cut short it is nothing */
		if (len > 1)
			assert_false(utf8_valid(rows[i].text, len - 1));
	}
	assert_true(utf8_valid("", 0));
}

static void malformed_sequences_are_refused(void **state)
{
	static const char *const rows[] = {
		"\x80",
		"\xBF",
		"\xC0\x80",
		"\xC1\xBF",
		"\xE0\x80\x80",
		"\xE0\x9F\xBF",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xF0\x80\x80\x80",
		"\xF0\x8F\xBF\xBF",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xFE",
		"\xFF",
		"\xC3(",
		"\xE2\x82(",
		"\xF0\x90\x80(",
		"ok\xFF",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_false(utf8_valid(rows[i], strlen(rows[i])));
}

static void code_points_are_counted(void **state)
{
	assert_int_equal(utf8_count(""), 0);
	assert_int_equal(utf8_count("desk"), 4);
	assert_int_equal(utf8_count("\xED\x9A\x8C\xEC\x9D\x98\xEC\x8B\xA4 A"), 5);
}

static void what_hides_or_turns_text_is_not_printable(void **state)
{
	static const uint32_t refused[] = {
		0,	0x09,	0x0A,	0x1B,	0x1F,	0x7F,	0x80,	 0x9B,	   0x9F,
		0x61C,	0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E,	 0x2066,   0x2069,
		0xD800, 0xDFFF, 0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0x110000,
	};
	static const uint32_t allowed[] = {
		' ',	'~',	0xA0,	0xE9,	0x200D, 0x2010, 0x2027,	 0x202F,
		0x2065, 0x206A, 0xAC00, 0xD7A3, 0xE000, 0xFFFD, 0x1F600,
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_false(utf8_printable(refused[i]));
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		assert_true(utf8_printable(allowed[i]));
}

static void text_for_a_terminal_loses_its_escapes(void **state)
{
	struct buf out = BUF_INIT(100);

	utf8_add_safe(&out, "a\x1B[2Jb\xFFz\xED\x95\x9C\xE2\x80\xAE");
	assert_string_equal(out.data, "a\xEF\xBF\xBD[2Jb\xEF\xBF\xBDz\xED\x95\x9C\xEF\xBF\xBD");
	buf_deinit(&out);
}

static void wide_letters_take_two_columns(void **state)
{
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_int_equal(utf8_width("A-12"), 4);
	assert_int_equal(utf8_width("\xED\x9A\x8C\xEC\x9D\x98 A"), 6);
	assert_int_equal(utf8_width("e\xCC\x81"), 1); /* a combining accent */
	assert_int_equal(utf8_width("\xFF"), 1);
	assert_int_equal(utf8_width("\x1B"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_sequences_give_their_code_points),
		cmocka_unit_test(malformed_sequences_are_refused),
		cmocka_unit_test(code_points_are_counted),
		cmocka_unit_test(what_hides_or_turns_text_is_not_printable),
		cmocka_unit_test(text_for_a_terminal_loses_its_escapes),
		cmocka_unit_test(wide_letters_take_two_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
