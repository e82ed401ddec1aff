/*
 * cJSON behind the strict scan: only text that json_scan() took is parsed. Callers see trees
 * through the look-ups below, which know the few kinds the scan lets through, and never touch
 * cJSON.h.
 */

#include "common/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

const struct json_limits json_limits_request = {
	.max_bytes = 65536,
	.max_depth = 16,
	.max_tokens = 4096,
};

const struct json_limits json_limits_reply = {
	.max_bytes = 1048576,
	.max_depth = 24,
	.max_tokens = 200000,
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int json_parse(const char *text, size_t len, const struct json_limits *limits, struct cJSON **ret,
	       struct json_problem *ret_problem)
{
	const char *end = NULL;
	struct cJSON *tree;
	int r = json_scan(text, len, limits, ret_problem);

	if (r < 0)
		return r;
	tree = cJSON_ParseWithLengthOpts(text, len, &end, false);
	if (!tree) /* the text is right, so memory ran out */
		return -ENOMEM;
	while (end < text + len && is_space(*end))
		end++;
	if (end != text + len) {
		json_free(tree);
		*ret_problem =
			(struct json_problem){ .offset = (size_t)(end - text),
					       .reason = "something stands behind the value" };
		return -EBADMSG;
	}
	*ret = tree;
	return 0;
}

struct cJSON *json_free(struct cJSON *tree)
{
	cJSON_Delete(tree);
	return NULL;
}

void json_freep(struct cJSON **tree)
{
	*tree = json_free(*tree);
}

const struct cJSON *json_get(const struct cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *json_str(const struct cJSON *object, const char *name)
{
	return json_value_str(json_get(object, name));
}

bool json_int(const struct cJSON *object, const char *name, int64_t *ret)
{
	const struct cJSON *value = json_get(object, name);

	if (!json_is_int(value))
		return false;
	*ret = json_value_int(value);
	return true;
}

bool json_bool(const struct cJSON *object, const char *name)
{
	return cJSON_IsTrue(json_get(object, name));
}

bool json_is_object(const struct cJSON *value)
{
	return cJSON_IsObject(value);
}

bool json_is_array(const struct cJSON *value)
{
	return cJSON_IsArray(value);
}

bool json_is_string(const struct cJSON *value)
{
	return cJSON_IsString(value);
}

bool json_is_int(const struct cJSON *value)
{
	/* The scan lets no other numbers through. valueint would saturate at 2^31 - 1. */
	return cJSON_IsNumber(value);
}

bool json_is_bool(const struct cJSON *value)
{
	return cJSON_IsBool(value);
}

bool json_is_null(const struct cJSON *value)
{
	return cJSON_IsNull(value);
}

const char *json_value_str(const struct cJSON *value)
{
	return cJSON_IsString(value) ? value->valuestring : NULL;
}

int64_t json_value_int(const struct cJSON *value)
{
	return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : 0;
}

bool json_value_bool(const struct cJSON *value)
{
	return cJSON_IsTrue(value);
}

const struct cJSON *json_first(const struct cJSON *container)
{
	return container ? container->child : NULL;
}

const struct cJSON *json_next(const struct cJSON *element)
{
	return element ? element->next : NULL;
}

const char *json_name(const struct cJSON *member)
{
	return member->string;
}

size_t json_count(const struct cJSON *container)
{
	size_t count = 0;

	for (const struct cJSON *element = json_first(container); element; element = element->next)
		count++;
	return count;
}
