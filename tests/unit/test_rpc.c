/* The envelope: what is a request, what is an answer, and how ours are written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "common/rpc.h"

static struct cJSON *parse(const char *text)
{
	struct json_problem problem;
	struct cJSON *tree = NULL;

	assert_int_equal(json_parse(text, strlen(text), &json_limits_request, &tree, &problem), 0);
	return tree;
}

static void a_request_gives_id_method_and_params(void **state)
{
	_cleanup_(json_freep) struct cJSON *tree =
		parse("{\"jsonrpc\":\"2.0\",\"id\":\"a7\",\"method\":\"space.list\","
		      "\"params\":{\"site\":\"ks\"}}");
	struct rpc_request request;
	const char *reason = NULL;

	assert_int_equal(rpc_read_request(tree, &request, &reason), ERROR_NONE);
	assert_int_equal(request.id.kind, RPC_ID_STRING);
	assert_string_equal(request.id.text, "a7");
	assert_string_equal(request.method, "space.list");
	assert_string_equal(json_str(request.params, "site"), "ks");
	assert_null(reason);
}

static void params_and_id_may_be_left_out(void **state)
{
	_cleanup_(json_freep) struct cJSON *tree =
		parse("{\"method\":\"session.ping\",\"jsonrpc\":\"2.0\"}");
	struct rpc_request request;
	const char *reason;

	assert_int_equal(rpc_read_request(tree, &request, &reason), ERROR_NONE);
	assert_int_equal(request.id.kind, RPC_ID_NONE);
	assert_null(request.params);
}

static void an_id_below_2_53_is_kept_exactly(void **state)
{
	_cleanup_(json_freep) struct cJSON *tree =
		parse("{\"jsonrpc\":\"2.0\",\"id\":-9007199254740991,\"method\":\"m\"}");
	struct rpc_request request;
	const char *reason;
	struct buf out = BUF_INIT(100);
	struct jsonw w = JSONW_INIT(&out);

	assert_int_equal(rpc_read_request(tree, &request, &reason), ERROR_NONE);
	rpc_write_id(&w, &request.id);
	assert_string_equal(out.data, "-9007199254740991");
	buf_deinit(&out);
}

static void malformed_requests_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "[]", "batches are not supported; send one request a line" },
		{ "[{\"jsonrpc\":\"2.0\",\"method\":\"m\"}]",
		  "batches are not supported; send one request a line" },
		{ "\"m\"", "a request is a JSON object" },
		{ "null", "a request is a JSON object" },
		{ "{}", "jsonrpc must be \"2.0\"" },
		{ "{\"jsonrpc\":\"1.0\",\"method\":\"m\"}", "jsonrpc must be \"2.0\"" },
		{ "{\"jsonrpc\":2,\"method\":\"m\"}", "jsonrpc must be \"2.0\"" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}",
		  "id must be a string of at most 64 bytes or an integer" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"m\"}",
		  "id must be a string of at most 64 bytes or an integer" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"m\"}",
		  "id must be a string of at most 64 bytes or an integer" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1}", "method must be a string of 1 to 64 bytes" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}",
		  "method must be a string of 1 to 64 bytes" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
		  "method must be a string of 1 to 64 bytes" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[1]}",
		  "params must be an object; parameters are named" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":null}",
		  "params must be an object; parameters are named" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"extra\":1}",
		  "a request has only jsonrpc, id, method and params" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"result\":1}",
		  "a request has only jsonrpc, id, method and params" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(json_freep) struct cJSON *tree = parse(rows[i].text);
		struct rpc_request request;
		const char *reason = "";

		assert_int_equal(rpc_read_request(tree, &request, &reason), ERROR_request);
		assert_string_equal(reason, rows[i].reason);
	}
}

static void the_id_is_kept_for_the_answer_to_a_bad_request(void **state)
{
	_cleanup_(json_freep) struct cJSON *tree = parse("{\"id\":42,\"method\":7}");
	struct rpc_request request;
	const char *reason;

	assert_int_equal(rpc_read_request(tree, &request, &reason), ERROR_request);
	assert_int_equal(request.id.kind, RPC_ID_INT);
	assert_int_equal(request.id.number, 42);
}

static void names_and_ids_have_their_longest_length(void **state)
{
	for (int extra = 0; extra < 2; extra++) {
		char name[RPC_METHOD_MAX + 2] = "", id[RPC_ID_MAX + 2] = "";
		struct buf text = BUF_INIT(1000);
		struct rpc_request request;
		const char *reason;
		struct cJSON *tree;

		memset(name, 'm', RPC_METHOD_MAX + (extra ? 1 : 0));
		buf_printf(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", name);
		tree = parse(text.data);
		assert_int_equal(rpc_read_request(tree, &request, &reason),
				 extra ? ERROR_request : ERROR_NONE);
		json_free(tree);
		buf_reset(&text);
		memset(id, 'i', RPC_ID_MAX + (extra ? 1 : 0));
		buf_printf(&text, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"m\"}", id);
		tree = parse(text.data);
		assert_int_equal(rpc_read_request(tree, &request, &reason),
				 extra ? ERROR_request : ERROR_NONE);
		assert_int_equal(request.id.kind, extra ? RPC_ID_NONE : RPC_ID_STRING);
		json_free(tree);
		buf_deinit(&text);
	}
}

static void ids_are_equal_only_in_kind_and_value(void **state)
{
	struct rpc_id none = { .kind = RPC_ID_NONE }, one = { .kind = RPC_ID_INT, .number = 1 };
	struct rpc_id two = { .kind = RPC_ID_INT, .number = 2 };
	struct rpc_id text = { .kind = RPC_ID_STRING, .text = "1" };
	struct rpc_id other = { .kind = RPC_ID_STRING, .text = "one" };

	assert_true(rpc_id_equal(&one, &one));
	assert_true(rpc_id_equal(&none, &none));
	assert_true(rpc_id_equal(&text, &text));
	assert_false(rpc_id_equal(&one, &two));
	assert_false(rpc_id_equal(&one, &text));
	assert_false(rpc_id_equal(&text, &other));
	assert_false(rpc_id_equal(&none, &one));
}

static int read_back(const char *text, struct cJSON **tree, struct rpc_response *response)
{
	const char *reason = NULL;
	int r;

	*tree = parse(text);
	r = rpc_read_response(*tree, response, &reason);
	assert_int_equal(!r, !reason);
	return r;
}

static void a_written_request_is_read_as_one(void **state)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);
	struct rpc_id id = { .kind = RPC_ID_INT, .number = 3 };
	struct rpc_request request;
	const char *reason;
	struct cJSON *tree;

	rpc_request_begin(&w, &id, "session.ping");
	jsonw_object(&w);
	jsonw_object_end(&w);
	rpc_end(&w);
	assert_string_equal(out.data, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"session.ping\","
				      "\"params\":{}}\n");
	tree = parse(out.data);
	assert_int_equal(rpc_read_request(tree, &request, &reason), ERROR_NONE);
	assert_true(rpc_id_equal(&request.id, &id));
	json_free(tree);
	buf_deinit(&out);
}

static void a_written_result_is_read_as_one(void **state)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);
	struct rpc_id id = { .kind = RPC_ID_STRING, .text = "q\"1" };
	struct rpc_response response;
	struct cJSON *tree;

	rpc_result_begin(&w, &id);
	jsonw_int(&w, 5);
	rpc_end(&w);
	assert_string_equal(out.data, "{\"jsonrpc\":\"2.0\",\"id\":\"q\\\"1\",\"result\":5}\n");
	assert_int_equal(read_back(out.data, &tree, &response), 0);
	assert_int_equal(response.type, RPC_RESULT);
	assert_true(rpc_id_equal(&response.id, &id));
	assert_int_equal(json_value_int(response.result), 5);
	json_free(tree);
	buf_deinit(&out);
}

static void a_written_error_carries_kind_and_more(void **state)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);
	struct rpc_id id = { .kind = RPC_ID_NONE };
	struct rpc_response response;
	struct cJSON *tree;

	rpc_error_begin(&w, &id, ERROR_slot_taken, NULL);
	jsonw_kstr(&w, "space", "A-12");
	rpc_error_end(&w);
	assert_string_equal(out.data, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32030,"
				      "\"message\":\"the place is taken\","
				      "\"data\":{\"kind\":\"slot_taken\",\"space\":\"A-12\"}}}\n");
	assert_int_equal(read_back(out.data, &tree, &response), 0);
	assert_int_equal(response.type, RPC_ERROR);
	assert_int_equal(response.id.kind, RPC_ID_NONE);
	assert_int_equal(response.code, -32030);
	assert_string_equal(response.message, "the place is taken");
	assert_string_equal(json_str(response.data, "space"), "A-12");
	json_free(tree);
	buf_deinit(&out);
}

static void a_written_notification_is_read_as_one(void **state)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);
	struct rpc_response response;
	struct cJSON *tree;

	rpc_notification_begin(&w, "server.draining");
	jsonw_object(&w);
	jsonw_kint(&w, "in_ms", 5);
	jsonw_object_end(&w);
	rpc_end(&w);
	assert_int_equal(read_back(out.data, &tree, &response), 0);
	assert_int_equal(response.type, RPC_NOTIFICATION);
	assert_string_equal(response.method, "server.draining");
	assert_non_null(json_get(response.params, "in_ms"));
	json_free(tree);
	buf_deinit(&out);
}

static void malformed_responses_are_refused(void **state)
{
	static const char *const rows[] = {
		"[]",
		"{}",
		"{\"jsonrpc\":\"2.0\",\"id\":1}",
		"{\"jsonrpc\":\"2.0\",\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":1}",
		"{\"jsonrpc\":\"1.0\",\"id\":1,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"extra\":2}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"params\":{}}",
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":5}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"message\":\"\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":3000000000,\"message\":\"\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"\",\"data\":1}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":1}",
		"{\"jsonrpc\":\"2.0\",\"method\":5}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rpc_response response;
		struct cJSON *tree;

		assert_int_equal(read_back(rows[i], &tree, &response), -EBADMSG);
		json_free(tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_gives_id_method_and_params),
		cmocka_unit_test(params_and_id_may_be_left_out),
		cmocka_unit_test(an_id_below_2_53_is_kept_exactly),
		cmocka_unit_test(malformed_requests_are_refused_with_a_reason),
		cmocka_unit_test(the_id_is_kept_for_the_answer_to_a_bad_request),
		cmocka_unit_test(names_and_ids_have_their_longest_length),
		cmocka_unit_test(ids_are_equal_only_in_kind_and_value),
		cmocka_unit_test(a_written_request_is_read_as_one),
		cmocka_unit_test(a_written_result_is_read_as_one),
		cmocka_unit_test(a_written_error_carries_kind_and_more),
		cmocka_unit_test(a_written_notification_is_read_as_one),
		cmocka_unit_test(malformed_responses_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
