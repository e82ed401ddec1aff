/*
 * A request as a hostile client may write it: parsed, its envelope read, its params decoded by a
 * table with every type. The first byte picks who speaks (client, database, server). Held against
 * it: a refusal names a field and a reason that can be shown; what was decoded encodes to what
 * decodes to the same.
 */

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/field.h"
#include "common/json.h"
#include "common/rpc.h"
#include "common/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct inner {
	bool set;
	const char *code;
	struct field_int count;
};

struct middle {
	bool set;
	struct inner inner;
	struct field_list codes;
};

struct record {
	const char *string, *text, *secret, *code, *ref, *block, *uuid, *login, *zone, *date, *null;
	struct field_int number, time, instant, choice, hidden;
	bool truth;
	struct field_when when;
	struct field_list codes;
	struct field_ints ints;
	struct middle middle;
	struct field_objects objects;
	const struct cJSON *any;
};

#define AT(member) .offset = offsetof(struct record, member)

static const char *const choices[] = { "desk", "room", "office", NULL };

static const struct field inner_fields[] = {
	{ "code", FIELD_CODE, offsetof(struct inner, code), FIELD_REQUIRED },
	{ "count", FIELD_INT, offsetof(struct inner, count), .min = -5, .max = 5 },
	FIELD_END,
};

static const struct field middle_fields[] = {
	{ "inner", FIELD_OBJECT, offsetof(struct middle, inner), .fields = inner_fields },
	{ "codes", FIELD_CODES, offsetof(struct middle, codes) },
	FIELD_END,
};

static const struct field fields[] = {
	{ "string", FIELD_STRING, AT(string), .min = 1, .max = 20 },
	{ "text", FIELD_TEXT, AT(text), .max = 40 },
	{ "secret", FIELD_SECRET, AT(secret) },
	{ "code", FIELD_CODE, AT(code) },
	{ "ref", FIELD_REF, AT(ref) },
	{ "block", FIELD_BLOCK, AT(block) },
	{ "uuid", FIELD_UUID, AT(uuid) },
	{ "login", FIELD_LOGIN, AT(login) },
	{ "zone", FIELD_ZONE, AT(zone) },
	{ "date", FIELD_DATE, AT(date) },
	{ "null", FIELD_STRING, AT(null), FIELD_NULLABLE },
	{ "number", FIELD_INT, AT(number) },
	{ "time", FIELD_TIME, AT(time) },
	{ "instant", FIELD_INSTANT, AT(instant) },
	{ "choice", FIELD_ENUM, AT(choice), .choices = choices },
	{ "hidden", FIELD_INT, AT(hidden), FIELD_HIDDEN },
	{ "truth", FIELD_BOOL, AT(truth) },
	{ "when", FIELD_WHEN, AT(when) },
	{ "codes", FIELD_CODES, AT(codes), .max = 8 },
	{ "ints", FIELD_INTS, AT(ints), .max = 6 },
	{ "middle", FIELD_OBJECT, AT(middle), .fields = middle_fields },
	{ "objects", FIELD_OBJECTS, AT(objects), .fields = inner_fields },
	{ "any", FIELD_JSON, AT(any) },
	FIELD_END,
};

static void check_problem(const struct field_problem *problem)
{
	size_t name = strnlen(problem->name, sizeof(problem->name));
	size_t reason = strnlen(problem->reason, sizeof(problem->reason));

	assert(problem->rule && reason && reason < sizeof(problem->reason));
	assert(name < sizeof(problem->name));
	assert(utf8_valid(problem->name, name) && utf8_valid(problem->reason, reason));
	for (size_t at = 0, step; at < name; at += step) {
		uint32_t code;

		step = utf8_next(problem->name + at, name - at, &code);
		assert(utf8_printable(code));
	}
}

static void check_round_trip(const struct record *record)
{
	struct buf first = BUF_INIT(1 << 20), second = BUF_INIT(1 << 20);
	struct jsonw w = JSONW_INIT(&first), again = JSONW_INIT(&second);
	struct arena *arena = arena_new(1 << 22);
	struct record copy = { .string = NULL };
	struct field_problem field_problem;
	struct json_problem problem;
	struct cJSON *tree = NULL;

	assert(arena);
	field_encode(&w, fields, FIELD_FOR_STAFF, record);
	assert(!first.failed);
	assert(json_parse(first.data, first.len, &json_limits_reply, &tree, &problem) == 0);
	assert(field_decode(tree, fields, FIELD_FROM_SERVER, arena, &copy, &field_problem) == 0);
	field_encode(&again, fields, FIELD_FOR_STAFF, &copy);
	assert(first.len == second.len && !memcmp(first.data, second.data, first.len));
	json_free(tree);
	arena_free(arena);
	buf_deinit(&first);
	buf_deinit(&second);
}

static void decode(const struct cJSON *params, enum field_source source)
{
	struct arena *arena = arena_new(1 << 20);
	struct field_problem problem = { .rule = NULL };
	struct record record = { .string = NULL };
	int r;

	assert(arena);
	r = field_decode(params, fields, source, arena, &record, &problem);
	if (json_is_null(record.any)) /* a value for clients, absence for the others */
		record.any = NULL;
	assert(r == 0 || r == -EINVAL); /* a line cannot fill the arena */
	if (r)
		check_problem(&problem);
	else
		check_round_trip(&record);
	arena_free(arena);
}

static void check_id(const struct rpc_id *id)
{
	struct buf out = BUF_INIT(1000);
	struct jsonw w = JSONW_INIT(&out);

	rpc_error_begin(&w, id, ERROR_params, "wrong");
	rpc_error_end(&w);
	assert(!out.failed && out.data[out.len - 1] == '\n');
	assert(!memchr(out.data, '\n', out.len - 1));
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum field_source source;
	struct json_problem problem;
	struct rpc_request request;
	struct rpc_response response;
	const char *reason = NULL;
	struct cJSON *tree;

	if (!size)
		return 0;
	source = (enum field_source)(data[0] % 3);
	if (json_parse((const char *)data + 1, size - 1, &json_limits_request, &tree, &problem) < 0)
		return 0;
	if (rpc_read_request(tree, &request, &reason) == ERROR_NONE)
		decode(request.params, source);
	else
		assert(reason);
	check_id(&request.id);
	reason = NULL;
	if (rpc_read_response(tree, &response, &reason) < 0)
		assert(reason);
	else if (response.type == RPC_RESULT && json_is_object(response.result))
		decode(response.result, FIELD_FROM_SERVER);
	json_free(tree);
	return 0;
}
