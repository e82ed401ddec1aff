/* Strict JSON: each thing cJSON would take and then change or hide is refused, with a reason. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/json.h"
#include "common/macros.h"

/* Parses a copy of exactly `len` bytes, so that a step beyond them is seen by a sanitizer. */
static int parse(const char *text, size_t len, struct cJSON **ret, struct json_problem *problem)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	*ret = NULL;
	r = json_parse(copy, len, &json_limits_request, ret, problem);
	free(copy);
	return r;
}

static void expect_refused_n(const char *text, size_t len, const char *reason, size_t offset)
{
	struct json_problem problem = { .reason = "" };
	struct cJSON *tree;

	assert_int_equal(json_scan(text, len, &json_limits_request, &problem), -EBADMSG);
	assert_string_equal(problem.reason, reason);
	assert_int_equal(parse(text, len, &tree, &problem), -EBADMSG);
	assert_null(tree);
	assert_string_equal(problem.reason, reason);
	assert_int_equal(problem.offset, offset);
}

static void expect_refused(const char *text, const char *reason, size_t offset)
{
	expect_refused_n(text, strlen(text), reason, offset);
}

static struct cJSON *expect_parsed(const char *text)
{
	struct json_problem problem = { .reason = "" };
	struct cJSON *tree;
	int r = parse(text, strlen(text), &tree, &problem);

	if (r)
		fail_msg("%s: %s at %zu", text, problem.reason, problem.offset);
	return tree;
}

static void all_kinds_of_values_are_read(void **state)
{
	struct cJSON *tree =
		expect_parsed(" {\"s\":\"x\\u00e9\\n\\ud83d\\ude00\" ,\t\"i\":-12,\"t\":true,"
			      "\"f\":false,\"n\":null,\"a\":[1,[],{}],\"\":0}\r\n");
	int64_t number = 7;

	assert_true(json_is_object(tree));
	assert_int_equal(json_count(tree), 7);
	assert_string_equal(json_str(tree, "s"), "x\xC3\xA9\n\xF0\x9F\x98\x80");
	assert_true(json_int(tree, "i", &number));
	assert_int_equal(number, -12);
	assert_true(json_bool(tree, "t"));
	assert_false(json_bool(tree, "f"));
	assert_true(json_is_bool(json_get(tree, "f")));
	assert_true(json_is_null(json_get(tree, "n")));
	assert_true(json_is_array(json_get(tree, "a")));
	assert_int_equal(json_count(json_get(tree, "a")), 3);
	assert_true(json_is_int(json_get(tree, "")));
	assert_string_equal(json_name(json_first(tree)), "s");
	json_free(tree);
}

static void look_ups_take_what_is_absent_or_of_another_kind(void **state)
{
	struct cJSON *tree = expect_parsed("{\"name\":1,\"text\":\"1\"}");
	int64_t number = 7;

	assert_null(json_get(NULL, "name"));
	assert_null(json_str(tree, "name"));
	assert_null(json_str(tree, "absent"));
	assert_false(json_int(tree, "text", &number));
	assert_int_equal(number, 7);
	assert_false(json_bool(tree, "name"));
	assert_false(json_is_object(NULL));
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_first(NULL));
	json_free(tree);
	assert_null(json_free(NULL));
}

static void names_are_case_sensitive(void **state)
{
	struct cJSON *tree = expect_parsed("{\"Name\":1,\"name\":2}");
	int64_t number;

	assert_true(json_int(tree, "name", &number));
	assert_int_equal(number, 2);
	assert_null(json_get(tree, "NAME"));
	json_free(tree);
}

static void integers_are_exact_up_to_2_53(void **state)
{
	struct cJSON *tree = expect_parsed("[9007199254740991,-9007199254740991,12345678901,0]");
	const struct cJSON *item = json_first(tree);

	assert_true(json_value_int(item) == JSON_INT_MAX);
	item = json_next(item);
	assert_true(json_value_int(item) == -JSON_INT_MAX);
	item = json_next(item);
	assert_true(json_value_int(item) == INT64_C(12345678901));
	assert_int_equal(json_value_int(json_next(item)), 0);
	json_free(tree);
}

static void numbers_that_would_change_are_refused(void **state)
{
	const char *whole = "only whole numbers without exponent are allowed";

	expect_refused("[9007199254740992]", "number beyond 2^53 - 1", 1);
	expect_refused("-9007199254740992", "number beyond 2^53 - 1", 0);
	expect_refused("99999999999999999999999999999", "number beyond 2^53 - 1", 0);
	expect_refused("1.0", whole, 0);
	expect_refused("1.", whole, 0);
	expect_refused("1e3", whole, 0);
	expect_refused("1E999", whole, 0);
	expect_refused("-0", "-0 is not allowed", 0);
	expect_refused("-0.5", whole, 0);
	expect_refused("01", "leading zero in a number", 0);
	expect_refused("-01", "leading zero in a number", 0);
	expect_refused("00", "leading zero in a number", 0);
	expect_refused("-", "a number needs a digit", 1);
	expect_refused("-a", "a number needs a digit", 1);
	expect_refused("+1", "expected a value", 0);
	expect_refused(".5", "expected a value", 0);
	expect_refused("NaN", "expected a value", 0);
	expect_refused("Infinity", "expected a value", 0);
	expect_refused("0x10", "something stands behind the value", 1);
}

static void nul_is_refused_however_it_is_written(void **state)
{
	expect_refused_n("\"a\0b\"", 5, "NUL is not allowed in text", 2);
	expect_refused("\"\\u0000x\"", "NUL is not allowed in text", 3);
	expect_refused("{\"a\\u0000b\":1}", "NUL is not allowed in text", 5);
	expect_refused_n("{}\0", 3, "something stands behind the value", 2);
	expect_refused_n("\0{}", 3, "expected a value", 0);
}

static void control_characters_in_text_are_refused(void **state)
{
	for (char c = 1; c < 0x20; c++) {
		char text[] = { '"', c, '"', '\0' };

		expect_refused(text, "control character in text", 1);
	}
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	expect_refused("\"\xFF\xFE\"", "text is not UTF-8", 1);
	expect_refused("\"\xC0\x80\"", "text is not UTF-8", 1);		/* overlong NUL */
	expect_refused("\"\xC0\xAF\"", "text is not UTF-8", 1);		/* overlong '/' */
	expect_refused("\"a\xED\xA0\x80\"", "text is not UTF-8", 2);	/* surrogate */
	expect_refused("\"\xF4\x90\x80\x80\"", "text is not UTF-8", 1); /* above U+10FFFF */
	expect_refused("\"\xE2\x82\"", "text is not UTF-8", 1);		/* the quote is no tail */
	expect_refused("{\"\xFF\":1}", "text is not UTF-8", 2);
	expect_refused("\xEF\xBB\xBF{}", "expected a value", 0); /* byte order mark */
}

static void lone_surrogates_are_refused(void **state)
{
	expect_refused("\"\\ud83d\"", "half of a surrogate pair", 3);
	expect_refused("\"\\ude00\"", "half of a surrogate pair", 3);
	expect_refused("\"\\ud83dx\\ude00\"", "half of a surrogate pair", 3);
	expect_refused("\"\\ud83d\\ud83d\"", "half of a surrogate pair", 3);
	expect_refused("\"\\ud83d\\u0041\"", "half of a surrogate pair", 3);
	expect_refused("\"\\ud83d\\", "half of a surrogate pair", 3);
}

static void wrong_escapes_are_refused(void **state)
{
	expect_refused("\"\\x41\"", "unknown escape", 2);
	expect_refused("\"\\'\"", "unknown escape", 2);
	expect_refused("\"\\", "unknown escape", 2);
	expect_refused("\"\\u12\"", "\\u needs four hex digits", 3);
	expect_refused("\"\\u12g4\"", "\\u needs four hex digits", 3);
	expect_refused("\"\\U0041\"", "unknown escape", 2);
}

static void a_tail_behind_the_value_is_refused(void **state)
{
	expect_refused("{} {}", "something stands behind the value", 3);
	expect_refused("{}x", "something stands behind the value", 2);
	expect_refused("1 2", "something stands behind the value", 2);
	expect_refused("\"a\"]", "something stands behind the value", 3);
	expect_refused("truex", "something stands behind the value", 4);
}

static void what_is_not_finished_is_refused(void **state)
{
	expect_refused("", "the text ends too early", 0);
	expect_refused(" ", "the text ends too early", 1);
	expect_refused("{", "expected a key in quotes", 1);
	expect_refused("{\"a\"", "expected ':' after a key", 4);
	expect_refused("{\"a\":", "the text ends too early", 5);
	expect_refused("{\"a\":1", "expected ',' or '}'", 6);
	expect_refused("[1", "expected ',' or ']'", 2);
	expect_refused("\"a", "text has no end", 2);
	expect_refused("tru", "unknown word", 0);
	expect_refused("nul", "unknown word", 0);
}

static void commas_and_brackets_stand_where_they_belong(void **state)
{
	expect_refused("[1,]", "expected a value", 3);
	expect_refused("[,1]", "expected a value", 1);
	expect_refused("[1 2]", "expected ',' or ']'", 3);
	expect_refused("{\"a\":1,}", "expected a key in quotes", 7);
	expect_refused("{a:1}", "expected a key in quotes", 1);
	expect_refused("{'a':1}", "expected a key in quotes", 1);
	expect_refused("{\"a\" 1}", "expected ':' after a key", 5);
	expect_refused("[1}", "expected ',' or ']'", 2);
	expect_refused("{\"a\":1]", "expected ',' or '}'", 6);
	expect_refused("[1]/* note */", "something stands behind the value", 3);
	expect_refused("\v1", "expected a value", 0);
}

static void duplicate_keys_are_refused_at_any_depth(void **state)
{
	expect_refused("{\"a\":1,\"a\":2}", "duplicate key", 8);
	expect_refused("{\"a\":1,\"b\":{\"c\":1,\"d\":2,\"c\":3}}", "duplicate key", 25);
	expect_refused("[{\"k\":1,\"x\":[{}],\"k\":1}]", "duplicate key", 18);
	expect_refused("{\"\":1,\"\":2}", "duplicate key", 7);
	/* the same keys in different objects are not duplicates */
	json_free(expect_parsed(
		"{\"a\":{\"a\":1},\"b\":{\"a\":{\"a\":1,\"b\":2}},\"c\":[{\"a\":1},{\"a\":1}]}"));
	json_free(expect_parsed("{\"a\":1,\"A\":1,\"aa\":1,\"a \":1}"));
}

static void a_key_is_the_same_however_it_is_escaped(void **state)
{
	expect_refused("{\"a\":1,\"\\u0061\":2}", "duplicate key", 8);
	expect_refused("{\"\\u0061\":1,\"a\":2}", "duplicate key", 13);
	expect_refused("{\"\\n\":1,\"\\u000A\":2}", "duplicate key", 9);
	expect_refused("{\"\\/\":1,\"/\":2}", "duplicate key", 9);
	expect_refused("{\"\xED\x95\x9C\":1,\"\\uD55C\":2}", "duplicate key", 10);
	expect_refused("{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}", "duplicate key", 11);
	expect_refused("{\"b\\\"\":1,\"x\":1,\"\\u0062\\u0022\":2}", "duplicate key", 16);
	json_free(expect_parsed("{\"\\u0061\":1,\"b\":2,\"\\u0061b\":3,\"\\\\u0061\":4}"));
	/* the order of a private-use and a supplementary code point differs between UTF-8 and
	 * UTF-16 */
	json_free(expect_parsed(
		"{\"\\ue000\":1,\"\\ud83d\\ude00\":2,\"\xEE\x80\x81\":3,\"\\u0061\":4}"));
}

static void one_duplicate_among_many_keys_is_found(void **state)
{
	struct buf text = BUF_INIT(65536);

	buf_add_char(&text, '{');
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "\"k%d\":1,", i * 7919 % 2000);
	buf_add_str(&text, "\"k1234\":1}");
	expect_refused(text.data, "duplicate key", text.len - 9);
	buf_deinit(&text);
}

static void depth_is_limited(void **state)
{
	char text[64] = "";
	unsigned depth = json_limits_request.max_depth;

	for (unsigned i = 0; i < depth; i++) {
		text[i] = '[';
		text[2 * depth - 1 - i] = ']';
	}
	json_free(expect_parsed(text));
	memset(text, '[', depth + 1);
	expect_refused(text, "nested too deeply", depth);
}

static void depth_counts_open_containers_only(void **state)
{
	struct buf text = BUF_INIT(1000);

	buf_add_str(&text, "[[]");
	for (int i = 0; i < 100; i++)
		buf_add_str(&text, ",{\"a\":[]}");
	buf_add_char(&text, ']');
	json_free(expect_parsed(text.data));
	buf_deinit(&text);
}

static void tokens_are_limited(void **state)
{
	struct buf text = BUF_INIT(65536);

	/* the array itself and 4,095 elements */
	buf_add_str(&text, "[1");
	for (unsigned i = 2; i < json_limits_request.max_tokens; i++)
		buf_add_str(&text, ",1");
	buf_add_str(&text, "]");
	json_free(expect_parsed(text.data));
	text.len--;
	buf_add_str(&text, ",1]");
	expect_refused(text.data, "too many values", text.len - 2);
	buf_deinit(&text);
}

static void keys_count_as_tokens(void **state)
{
	static const struct json_limits limits = { .max_bytes = 100,
						   .max_depth = 2,
						   .max_tokens = 4 };
	const char *text = "{\"a\":1,\"b\":2}";
	struct json_problem problem;

	assert_int_equal(json_scan(text, strlen(text), &limits, &problem), -EBADMSG);
	assert_string_equal(problem.reason, "too many values");
	assert_int_equal(json_scan("{\"a\":1}", 7, &limits, &problem), 0);
}

static void length_is_limited(void **state)
{
	static char text[65538];

	memset(text, ' ', sizeof(text) - 1);
	text[0] = '1';
	expect_refused_n(text, 65537, "the text is too long", 0);
	text[65536] = '\0';
	json_free(expect_parsed(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_of_values_are_read),
		cmocka_unit_test(look_ups_take_what_is_absent_or_of_another_kind),
		cmocka_unit_test(names_are_case_sensitive),
		cmocka_unit_test(integers_are_exact_up_to_2_53),
		cmocka_unit_test(numbers_that_would_change_are_refused),
		cmocka_unit_test(nul_is_refused_however_it_is_written),
		cmocka_unit_test(control_characters_in_text_are_refused),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(lone_surrogates_are_refused),
		cmocka_unit_test(wrong_escapes_are_refused),
		cmocka_unit_test(a_tail_behind_the_value_is_refused),
		cmocka_unit_test(what_is_not_finished_is_refused),
		cmocka_unit_test(commas_and_brackets_stand_where_they_belong),
		cmocka_unit_test(duplicate_keys_are_refused_at_any_depth),
		cmocka_unit_test(a_key_is_the_same_however_it_is_escaped),
		cmocka_unit_test(one_duplicate_among_many_keys_is_found),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(depth_counts_open_containers_only),
		cmocka_unit_test(tokens_are_limited),
		cmocka_unit_test(keys_count_as_tokens),
		cmocka_unit_test(length_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
