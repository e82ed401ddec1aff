/* Written JSON is compact, escaped, and what our own parser takes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/jsonw.h"

static void nested_values_get_their_commas(void **state)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);

	jsonw_object(&w);
	jsonw_kstr(&w, "a", "x");
	jsonw_key(&w, "b");
	jsonw_array(&w);
	jsonw_int(&w, -5);
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_object(&w);
	jsonw_object_end(&w);
	jsonw_bool(&w, true);
	jsonw_null(&w);
	jsonw_raw(&w, "[1,2]", 5);
	jsonw_array_end(&w);
	jsonw_kbool(&w, "c", false);
	jsonw_kint(&w, "d", INT64_MIN);
	jsonw_kstr(&w, "e", NULL);
	jsonw_kinstant(&w, "f", 0);
	jsonw_object_end(&w);
	assert_string_equal(out.data, "{\"a\":\"x\",\"b\":[-5,[],{},true,null,[1,2]],\"c\":false,"
				      "\"d\":-9223372036854775808,\"e\":null,"
				      "\"f\":\"1970-01-01T00:00:00Z\"}");
	assert_int_equal(w.depth, 0);
	buf_deinit(&out);
}

static void one_string_is(const char *value, size_t len, const char *expected)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);

	jsonw_strn(&w, value, len);
	assert_string_equal(out.data, expected);
	buf_deinit(&out);
}

static void text_is_escaped_where_json_wants_it(void **state)
{
	one_string_is("", 0, "\"\"");
	one_string_is("\"\\/", 3, "\"\\\"\\\\/\"");
	one_string_is("\b\f\n\r\t\x01\x1F\x7F", 8, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\"");
	one_string_is("\xE2\x80\xA8\xED\x95\x9C\xF0\x9F\x98\x80", 10,
		      "\"\xE2\x80\xA8\xED\x95\x9C\xF0\x9F\x98\x80\"");
}

static void bytes_that_are_not_text_become_replacement_marks(void **state)
{
	one_string_is("a\xFFz", 3, "\"a\xEF\xBF\xBDz\"");
	one_string_is("\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
	one_string_is("a\0b", 3,
		      "\"a\xEF\xBF\xBD"
		      "b\"");
	one_string_is("\xE2\x82", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void every_byte_string_is_read_back(void **state)
{
	for (unsigned a = 1; a < 256; a++) {
		char text[3] = { (char)a, 'x', '\0' };
		struct buf out = BUF_INIT(100);
		struct jsonw w = JSONW_INIT(&out);
		struct json_problem problem;
		struct cJSON *tree;

		jsonw_str(&w, text);
		assert_int_equal(
			json_parse(out.data, out.len, &json_limits_request, &tree, &problem), 0);
		assert_string_equal(json_value_str(tree), a < 0x80 ? text : "\xEF\xBF\xBDx");
		json_free(tree);
		buf_deinit(&out);
	}
}

static void a_full_buffer_is_noticed_at_the_end(void **state)
{
	struct buf out = BUF_INIT(10);
	struct jsonw w = JSONW_INIT(&out);

	jsonw_array(&w);
	for (int i = 0; i < 100; i++)
		jsonw_str(&w, "value");
	jsonw_array_end(&w);
	assert_true(out.failed);
	assert_null(buf_steal(&out));
}

static void several_messages_go_into_one_buffer(void **state)
{
	struct buf out = BUF_INIT(100);
	struct jsonw w = JSONW_INIT(&out);

	for (int i = 0; i < 2; i++) {
		jsonw_array(&w);
		jsonw_int(&w, i);
		jsonw_array_end(&w);
		buf_add_char(&out, '\n');
	}
	assert_string_equal(out.data, "[0]\n[1]\n");
	buf_deinit(&out);
}

static void the_deepest_nesting_is_kept_apart(void **state)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);

	for (int i = 0; i < JSONW_DEPTH_MAX; i++)
		jsonw_array(&w);
	jsonw_int(&w, 1);
	jsonw_int(&w, 2);
	jsonw_array_end(&w);
	jsonw_int(&w, 3);
	for (int i = 1; i < JSONW_DEPTH_MAX; i++)
		jsonw_array_end(&w);
	assert_non_null(strstr(out.data, "[1,2],3]"));
	buf_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_values_get_their_commas),
		cmocka_unit_test(text_is_escaped_where_json_wants_it),
		cmocka_unit_test(bytes_that_are_not_text_become_replacement_marks),
		cmocka_unit_test(every_byte_string_is_read_back),
		cmocka_unit_test(a_full_buffer_is_noticed_at_the_end),
		cmocka_unit_test(several_messages_go_into_one_buffer),
		cmocka_unit_test(the_deepest_nesting_is_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
