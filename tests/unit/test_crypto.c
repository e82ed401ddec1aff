/* Digests, randomness, comparison and hex against published values. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/macros.h"

#define ABC_DIGEST   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *hex(const uint8_t digest[SHA256_SIZE])
{
	static char out[SHA256_HEX_MAX];

	hex_encode(digest, SHA256_SIZE, out);
	return out;
}

static void sha256_gives_the_published_digests(void **state)
{
	uint8_t out[SHA256_SIZE];

	assert_int_equal(crypto_sha256("abc", 3, out), 0);
	assert_string_equal(hex(out), ABC_DIGEST);
	assert_int_equal(crypto_sha256("", 0, out), 0);
	assert_string_equal(hex(out), EMPTY_DIGEST);
}

static void a_digest_in_pieces_equals_the_whole(void **state)
{
	struct sha256 *sha = sha256_new();
	uint8_t out[SHA256_SIZE];

	assert_non_null(sha);
	sha256_update(sha, "a", 1);
	sha256_update(sha, "", 0);
	sha256_update(sha, "bc", 2);
	assert_int_equal(sha256_final(sha, out), 0);
	assert_string_equal(hex(out), ABC_DIGEST);
}

static void a_reset_forgets_what_was_fed(void **state)
{
	struct sha256 *sha = sha256_new();
	uint8_t out[SHA256_SIZE];

	assert_non_null(sha);
	sha256_update(sha, "something else", 14);
	sha256_reset(sha);
	sha256_update(sha, "abc", 3);
	assert_int_equal(sha256_final(sha, out), 0);
	assert_string_equal(hex(out), ABC_DIGEST);
	assert_null(sha256_free(sha256_new()));
	assert_null(sha256_free(NULL));
}

/* RFC 4231, test cases 2 and 6 (a key longer than a block). */
static void hmac_gives_the_published_codes(void **state)
{
	uint8_t long_key[131];
	uint8_t out[SHA256_SIZE];

	assert_int_equal(crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out), 0);
	assert_string_equal(hex(out),
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(long_key, 0xaa, sizeof(long_key));
	assert_int_equal(crypto_hmac_sha256(
				 long_key, sizeof(long_key),
				 "Test Using Larger Than Block-Size Key - Hash Key First", 54, out),
			 0);
	assert_string_equal(hex(out),
			    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void random_bytes_fill_the_whole_buffer(void **state)
{
	uint8_t seen[40] = { 0 };

	/* A byte that stays 0 through 64 draws was never written: the odds of chance are 2^-512. */
	for (int draw = 0; draw < 64; draw++) {
		uint8_t bytes[40];

		assert_int_equal(crypto_random(bytes, sizeof(bytes)), 0);
		for (size_t i = 0; i < sizeof(bytes); i++)
			seen[i] |= bytes[i];
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_int_not_equal(seen[i], 0);
}

static void equality_looks_at_every_byte(void **state)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	assert_true(crypto_equal(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(b); i++) {
		b[i] = 0x80;
		assert_false(crypto_equal(a, b, sizeof(a)));
		b[i] = 0;
	}
	assert_true(crypto_equal(a, b, 0));
}

static void a_wiped_secret_is_gone(void **state)
{
	char secret[] = "hunter2";
	char gone[sizeof(secret)] = { 0 };

	crypto_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, gone, sizeof(secret));
	crypto_wipe(NULL, 0);
}

static void hex_goes_there_and_back(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x09, 0x0a, 0x7f, 0x80, 0xff };
	uint8_t back[sizeof(bytes)];
	char out[2 * sizeof(bytes) + 1];

	hex_encode(bytes, sizeof(bytes), out);
	assert_string_equal(out, "00090a7f80ff");
	assert_int_equal(hex_decode("00090A7f80Ff", back, sizeof(back)), 0);
	assert_memory_equal(back, bytes, sizeof(bytes));
}

static void hex_of_the_wrong_length_or_letters_is_refused(void **state)
{
	static const char *const cases[] = { "",       "0",    "00",   "00000",
					     "000000", "00g0", "0x00", " 000" };
	uint8_t out[2];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(hex_decode(cases[i], out, sizeof(out)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_digests),
		cmocka_unit_test(a_digest_in_pieces_equals_the_whole),
		cmocka_unit_test(a_reset_forgets_what_was_fed),
		cmocka_unit_test(hmac_gives_the_published_codes),
		cmocka_unit_test(random_bytes_fill_the_whole_buffer),
		cmocka_unit_test(equality_looks_at_every_byte),
		cmocka_unit_test(a_wiped_secret_is_gone),
		cmocka_unit_test(hex_goes_there_and_back),
		cmocka_unit_test(hex_of_the_wrong_length_or_letters_is_refused),
	};

	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
