/* API tokens and one-time codes: their shape, and that a slip is found before the network is asked.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/macros.h"
#include "common/token.h"

#define SECRET_AT 13

static void make(enum token_type type, uint8_t fill, char out[TOKEN_TEXT_MAX],
		 struct token_parts *ret)
{
	uint8_t id[5], secret[32];

	memset(id, fill, sizeof(id));
	memset(secret, fill, sizeof(secret));
	assert_int_equal(token_make(type, id, secret, out, ret), 0);
}

/* Tokens live for a year: their written form must not change between releases. */
static void known_bytes_give_the_known_text(void **state)
{
	struct token_parts parts;
	char text[TOKEN_TEXT_MAX];

	make(TOKEN_ACCESS, 0, text, &parts);
	assert_memory_equal(text, "cwk_00000000_0000000000000000000000000000000000000000000_", 57);
	make(TOKEN_ACCESS, 0xff, text, &parts);
	/* 2^256 - 1 in base 62, and the CRC-32 of it all. */
	assert_string_equal(text, "cwk_ZZZZZZZZ_"
				  "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1_413mxM");
}

static void a_token_reads_back_with_its_id_and_digest(void **state)
{
	struct token_parts made, read;
	char text[TOKEN_TEXT_MAX];
	uint8_t digest[SHA256_SIZE];

	for (int i = 0; i < 200; i++) {
		enum token_type type = i % 2 == 0 ? TOKEN_ACCESS : TOKEN_CODE;

		assert_int_equal(token_new(type, text, &made), 0);
		assert_int_equal(strlen(text), TOKEN_TEXT_MAX - 1);
		assert_int_equal(token_parse(text, &read), 0);
		assert_int_equal(read.type, type);
		assert_string_equal(read.id, made.id);
		assert_memory_equal(read.id, text + 4, 8);
		assert_memory_equal(read.secret_hash, made.secret_hash, SHA256_SIZE);
	}
	crypto_sha256(text + SECRET_AT, TOKEN_SECRET_LEN, digest);
	assert_memory_equal(read.secret_hash, digest, SHA256_SIZE);
}

static void the_prefix_tells_a_code_from_a_token(void **state)
{
	struct token_parts parts;
	char text[TOKEN_TEXT_MAX];

	make(TOKEN_ACCESS, 1, text, &parts);
	assert_memory_equal(text, "cwk_", 4);
	make(TOKEN_CODE, 1, text, &parts);
	assert_memory_equal(text, "cwc_", 4);
	assert_int_equal(parts.type, TOKEN_CODE);
	/* Turning one into the other breaks the check. */
	text[2] = 'k';
	assert_int_equal(token_parse(text, &parts), -EINVAL);
}

static void two_tokens_share_nothing(void **state)
{
	struct token_parts a, b;
	char text_a[TOKEN_TEXT_MAX], text_b[TOKEN_TEXT_MAX];

	assert_int_equal(token_new(TOKEN_ACCESS, text_a, &a), 0);
	assert_int_equal(token_new(TOKEN_ACCESS, text_b, &b), 0);
	assert_string_not_equal(a.id, b.id);
	assert_memory_not_equal(a.secret_hash, b.secret_hash, SHA256_SIZE);
}

static void every_single_wrong_character_is_found(void **state)
{
	static const char others[] = "0123456789ABCXYZabcxyz_-. IUO";
	struct token_parts parts;
	char text[TOKEN_TEXT_MAX];

	assert_int_equal(token_new(TOKEN_ACCESS, text, &parts), 0);
	for (size_t at = 0; text[at] != '\0'; at++) {
		char right = text[at];

		for (const char *wrong = others; *wrong != '\0'; wrong++) {
			/* White space at an end is ignored, which makes the text too short. */
			text[at] = *wrong;
			assert_int_equal(token_parse(text, &parts), *wrong == right ? 0 : -EINVAL);
		}
		text[at] = right;
	}
}

static void every_swap_of_neighbours_is_found(void **state)
{
	struct token_parts parts;
	char text[TOKEN_TEXT_MAX];

	for (int i = 0; i < 50; i++) {
		assert_int_equal(token_new(TOKEN_ACCESS, text, &parts), 0);
		for (size_t at = 0; text[at + 1] != '\0'; at++) {
			char left = text[at];

			text[at] = text[at + 1];
			text[at + 1] = left;
			assert_int_equal(token_parse(text, &parts), text[at] == left ? 0 : -EINVAL);
			text[at + 1] = text[at];
			text[at] = left;
		}
	}
}

static void white_space_of_a_paste_is_ignored(void **state)
{
	struct token_parts parts;
	char text[TOKEN_TEXT_MAX];
	char pasted[TOKEN_TEXT_MAX + 8];

	assert_int_equal(token_new(TOKEN_CODE, text, &parts), 0);
	snprintf(pasted, sizeof(pasted), " \t%s\r\n", text);
	assert_int_equal(token_parse(pasted, &parts), 0);
	assert_memory_equal(parts.id, text + 4, 8);
}

static void cut_and_foreign_texts_are_refused(void **state)
{
	static const char *const cases[] = { "", " ", "cwk_", "hunter2", "cwk_00000000_0" };
	struct token_parts parts;
	char text[TOKEN_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(token_parse(cases[i], &parts), -EINVAL);
	assert_int_equal(token_new(TOKEN_ACCESS, text, &parts), 0);
	for (size_t len = strlen(text) - 1; len > 0; len--) {
		text[len] = '\0';
		assert_int_equal(token_parse(text, &parts), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_bytes_give_the_known_text),
		cmocka_unit_test(a_token_reads_back_with_its_id_and_digest),
		cmocka_unit_test(the_prefix_tells_a_code_from_a_token),
		cmocka_unit_test(two_tokens_share_nothing),
		cmocka_unit_test(every_single_wrong_character_is_found),
		cmocka_unit_test(every_swap_of_neighbours_is_found),
		cmocka_unit_test(white_space_of_a_paste_is_ignored),
		cmocka_unit_test(cut_and_foreign_texts_are_refused),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
