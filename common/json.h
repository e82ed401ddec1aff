#pragma once

/*
 * Strict JSON over cJSON. The text is scanned by our own validator first, so that cJSON only ever
 * sees what RFC 8259 allows and we can represent exactly: valid UTF-8; no NUL, raw or escaped; no
 * control characters in strings; no lone surrogates; no duplicate keys in an object; integers only,
 * within +-(2^53 - 1), no leading zeros, no -0, no fraction or exponent; bounded depth and tokens;
 * nothing after the value but white space.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

#define JSON_INT_MAX INT64_C(9007199254740991) /* 2^53 - 1, RFC 8259 section 6 */

struct json_limits {
	size_t max_bytes;
	unsigned max_depth;  /* containers inside one another */
	unsigned max_tokens; /* values and keys */
};

/* What a client may send: 64 KiB, depth 16, 4,096 tokens (about 2.5 MiB of parse heap at most). */
extern const struct json_limits json_limits_request;
/* What our own side sends (replies, database facts): 1 MiB, depth 24, 200,000 tokens. */
extern const struct json_limits json_limits_reply;

struct json_problem {
	size_t offset;	    /* byte in the text where it was noticed */
	const char *reason; /* static text, e.g. "duplicate key" */
};

/*
 * Parses exactly one value. 0 and a tree that the caller releases by json_free(); -EBADMSG with
 * *ret_problem set; -ENOMEM.
 */
int json_parse(const char *text, size_t len, const struct json_limits *limits, struct cJSON **ret,
	       struct json_problem *ret_problem);
/* Only the scan: 0 or -EBADMSG or -ENOMEM. Used by json_parse and by the fuzz target. */
int json_scan(const char *text, size_t len, const struct json_limits *limits,
	      struct json_problem *ret_problem);
/* Takes NULL, returns NULL. */
struct cJSON *json_free(struct cJSON *tree);
void json_freep(struct cJSON **tree);

/* Look-ups; names are case sensitive; all take a NULL object. */
const struct cJSON *json_get(const struct cJSON *object, const char *name);
/* The string, or NULL when absent or not a string. Borrowed from the tree. */
const char *json_str(const struct cJSON *object, const char *name);
/* Whether `name` is an integer; its value in *ret only then. */
bool json_int(const struct cJSON *object, const char *name, int64_t *ret);
/* The boolean; false when absent or of another type. */
bool json_bool(const struct cJSON *object, const char *name);
/* Whether a value (not a member) is of the kind. */
bool json_is_object(const struct cJSON *value);
bool json_is_array(const struct cJSON *value);
bool json_is_string(const struct cJSON *value);
bool json_is_int(const struct cJSON *value);
bool json_is_bool(const struct cJSON *value);
bool json_is_null(const struct cJSON *value);
/* The value's own content; NULL, 0 or false when it is of another kind. */
const char *json_value_str(const struct cJSON *value);
int64_t json_value_int(const struct cJSON *value);
bool json_value_bool(const struct cJSON *value);
/* Elements: json_first(array or object), then json_next(element); NULL at the end. */
const struct cJSON *json_first(const struct cJSON *container);
const struct cJSON *json_next(const struct cJSON *element);
const char *json_name(const struct cJSON *member);
size_t json_count(const struct cJSON *container);
