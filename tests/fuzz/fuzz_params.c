/*
 * The tables themselves: the parameters of every method as a client sends them, every noun as the
 * database and the server give it. The first byte picks the table, the second who speaks. Held against it: what does not fit is told by the name of a field; what fits a noun can be
 * written for every viewer, and is read back by a client.
 */

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "daemon/method.h"
#include "daemon/noun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX  (16 << 20)
#define STRUCT_MAX 16384 /* of what a table describes */

struct table {
	const struct field *fields;
	enum field_source source;
};

/* As text for each viewer; what staff sees comes back as it was. */
static void check_writing(const struct field *fields, const void *record)
{
	for (int viewer = FIELD_FOR_OTHER; viewer <= FIELD_FOR_STAFF; viewer++) {
		struct buf out = BUF_INIT(1 << 24);
		struct jsonw w = JSONW_INIT(&out);
		struct json_limits limits = json_limits_reply;
		struct field_problem field_problem;
		struct json_problem problem;
		struct arena *arena = arena_new(ARENA_MAX);
		char copy[STRUCT_MAX] __attribute__((aligned(16))) = { 0 };
		struct cJSON *tree = NULL;

		field_encode(&w, fields, (enum field_viewer)viewer, record);
		assert(arena && !out.failed);
		limits.max_bytes = out.max;
		limits.max_tokens *= 4;
		assert(json_parse(out.data, out.len, &limits, &tree, &problem) == 0);
		assert(field_decode(tree, fields, FIELD_FROM_SERVER, arena, copy, &field_problem) ==
		       0);
		json_free(tree);
		arena_free(arena);
		buf_deinit(&out);
	}
}

static void check_arguments(const struct field *fields, const void *record)
{
	struct buf out = BUF_INIT(1 << 24);
	struct jsonw w = JSONW_INIT(&out);
	struct json_limits limits = json_limits_reply;
	struct json_problem problem;
	struct cJSON *tree = NULL;

	jsonw_object(&w);
	field_encode_args(&w, fields, record);
	jsonw_object_end(&w);
	assert(!out.failed);
	limits.max_bytes = out.max;
	assert(json_parse(out.data, out.len, &limits, &tree, &problem) == 0);
	json_free(tree);
	buf_deinit(&out);
}

/* By number: the methods' parameters and results, then the nouns. */
static bool find_table(unsigned number, unsigned speaker, struct table *ret)
{
	const struct method *method;
	const struct noun *noun;
	size_t count = 0;

	for (size_t i = 0; (method = method_at(i)); i++, count++) {
		if (count != number)
			continue;
		*ret = (struct table){ method->params, FIELD_FROM_CLIENT };
		assert(method->size <= STRUCT_MAX);
		return ret->fields != NULL;
	}
	for (size_t i = 0; (noun = noun_at(i)); i++, count++) {
		if (count != number)
			continue;
		*ret = (struct table){ noun->fields,
				       speaker % 2 ? FIELD_FROM_SERVER : FIELD_FROM_DATABASE };
		assert(noun->size <= STRUCT_MAX);
		return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char record[STRUCT_MAX] __attribute__((aligned(16))) = { 0 };
	struct field_problem field_problem = { .rule = NULL };
	struct json_problem problem;
	struct cJSON *tree = NULL;
	struct arena *arena;
	struct table table;
	int r;

	if (size < 3 || !find_table(data[0], data[1], &table) ||
	    json_parse((const char *)data + 2, size - 2, &json_limits_request, &tree, &problem) < 0)
		return 0;
	arena = arena_new(ARENA_MAX);
	assert(arena);
	r = field_decode(tree, table.fields, table.source, arena, record, &field_problem);
	assert(r == 0 || r == -EINVAL);
	if (r < 0)
		assert(field_problem.rule && *field_problem.reason);
	else if (table.source == FIELD_FROM_CLIENT)
		check_arguments(table.fields, record);
	else
		check_writing(table.fields, record);
	arena_free(arena);
	json_free(tree);
	return 0;
}
