/* Passwords: which may be new ones, and what a hash of one tells. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/macros.h"
#include "daemon/password.h"

static const struct password_cost low = { 64, 1 }, higher = { 64, 2 }, larger = { 128, 1 };
static const uint8_t salt[PASSWORD_SALT_SIZE] = "0123456789abcde", other[PASSWORD_SALT_SIZE];

static void a_new_password_has_10_to_128_characters(void **state)
{
	char text[PASSWORD_TEXT_MAX] = "";
	const char *rule;

	assert_non_null(password_refusal("nine char", "kim@example.org", &rule));
	assert_string_equal(rule, "range");
	assert_null(password_refusal("ten charac", "kim@example.org", &rule));
	assert_null(rule);
	/* characters, not bytes */
	assert_non_null(password_refusal("비밀번호는한국어로", "kim@example.org", &rule));
	assert_null(password_refusal("비밀번호는한국어로요", "kim@example.org", &rule));
	for (int i = 0; i < PASSWORD_MAX; i++)
		strcat(text, "요");
	assert_null(password_refusal(text, "kim@example.org", &rule));
	strcpy(text + strlen(text) - strlen("요"), "ab");
	assert_non_null(password_refusal(text, "kim@example.org", &rule));
	assert_string_equal(rule, "range");
}

static void the_login_is_no_password_in_any_case(void **state)
{
	const char *rule;

	assert_non_null(password_refusal("Kim@Example.org", "kim@example.org", &rule));
	assert_string_equal(rule, "login");
	assert_null(password_refusal("kim@example.org!", "kim@example.org", &rule));
}

static void a_hash_knows_its_password_and_no_other(void **state)
{
	char hash[PASSWORD_HASH_MAX];

	assert_int_equal(password_hash(&low, "correct horse", salt, hash), 0);
	assert_memory_equal(hash, "$argon2id$v=19$m=64,t=1,p=1$", 28);
	assert_null(strstr(hash, "horse"));
	assert_int_equal(password_check(&low, "correct horse", hash), 0);
	assert_int_equal(password_check(&larger, "correct horse", hash), 0);
	assert_int_equal(password_check(&low, "correct horsf", hash), -EACCES);
	assert_int_equal(password_check(&low, "correct hors", hash), -EACCES);
	assert_int_equal(password_check(&low, "", hash), -EACCES);
}

/* A vector of the algorithm's own reference, so that hashes stay good whatever library makes them. */
static void a_hash_is_argon2id_of_version_19(void **state)
{
	static const char vector[] = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"
				     "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

	assert_int_equal(password_check(&low, "password", vector), 0);
	assert_int_equal(password_check(&low, "Password", vector), -EACCES);
}

static void what_is_no_hash_of_ours_is_right_for_nobody(void **state)
{
	static const char *const texts[] = {
		"",
		"secret",
		"$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$bmV2ZXI",
		"$argon2id$v=19$m=64,t=1,p=1$",
		"$argon2id$v=19$m=999999999,t=1,p=1$c29tZXNhbHQ$bmV2ZXI",
		"$argon2id$v=19$m=64,t=999,p=1$c29tZXNhbHQ$bmV2ZXI",
		"$argon2id$v=19$m=64,t=1,p=8$c29tZXNhbHQ$bmV2ZXI",
	};

	assert_int_equal(password_check(&low, "secret", NULL), -EACCES);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_true(password_check(&low, "secret", texts[i]) < 0);
}

static void a_hash_of_another_cost_is_outdated(void **state)
{
	char hash[PASSWORD_HASH_MAX];

	assert_int_equal(password_hash(&low, "correct horse", salt, hash), 0);
	assert_false(password_outdated(&low, hash));
	assert_true(password_outdated(&higher, hash));
	assert_true(password_outdated(&larger, hash));
	assert_true(password_outdated(&low, "nonsense"));
}

static void the_same_password_and_salt_derive_the_same_bytes(void **state)
{
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];

	assert_int_equal(password_derive(&low, "correct horse", salt, a), 0);
	assert_int_equal(password_derive(&low, "correct horse", salt, b), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(password_derive(&low, "correct horse", other, b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(password_derive(&low, "correct horsf", salt, b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(password_derive(&higher, "correct horse", salt, b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void a_salt_belongs_to_a_key_and_a_person(void **state)
{
	uint8_t a[PASSWORD_SALT_SIZE], b[PASSWORD_SALT_SIZE];

	assert_int_equal(password_salt("key", "kim@example.org", a), 0);
	assert_int_equal(password_salt("key", "kim@example.org", b), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(password_salt("kez", "kim@example.org", b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(password_salt("key", "lim@example.org", b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_password_has_10_to_128_characters),
		cmocka_unit_test(the_login_is_no_password_in_any_case),
		cmocka_unit_test(a_hash_knows_its_password_and_no_other),
		cmocka_unit_test(a_hash_is_argon2id_of_version_19),
		cmocka_unit_test(what_is_no_hash_of_ours_is_right_for_nobody),
		cmocka_unit_test(a_hash_of_another_cost_is_outdated),
		cmocka_unit_test(the_same_password_and_salt_derive_the_same_bytes),
		cmocka_unit_test(a_salt_belongs_to_a_key_and_a_person),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
