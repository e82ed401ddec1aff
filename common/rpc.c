/*
 * The JSON-RPC 2.0 envelope: reading requests (daemon) and responses (client), and writing both.
 * All pointers handed out are borrowed from the tree that was read.
 */

#include "common/rpc.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/json.h"

bool rpc_id_equal(const struct rpc_id *a, const struct rpc_id *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case RPC_ID_INT:
		return a->number == b->number;
	case RPC_ID_STRING:
		return !strcmp(a->text, b->text);
	case RPC_ID_NONE:
		break;
	}
	return true;
}

static bool read_id(const struct cJSON *value, struct rpc_id *ret)
{
	const char *text = json_value_str(value);

	*ret = (struct rpc_id){ .kind = RPC_ID_NONE };
	if (json_is_int(value)) {
		ret->kind = RPC_ID_INT;
		ret->number = json_value_int(value);
		return true;
	}
	if (!text || strlen(text) > RPC_ID_MAX)
		return false;
	ret->kind = RPC_ID_STRING;
	memcpy(ret->text, text, strlen(text) + 1);
	return true;
}

/* Whether every member of the envelope is one of `names` (ends in NULL). */
static bool only_members(const struct cJSON *tree, const char *const *names)
{
	for (const struct cJSON *member = json_first(tree); member; member = json_next(member)) {
		size_t i = 0;

		while (names[i] && strcmp(names[i], json_name(member)) != 0)
			i++;
		if (!names[i])
			return false;
	}
	return true;
}

static bool is_version_2(const struct cJSON *tree)
{
	const char *version = json_str(tree, "jsonrpc");

	return version && !strcmp(version, "2.0");
}

static bool method_ok(const char *method)
{
	return method && *method && strlen(method) <= RPC_METHOD_MAX;
}

/* NULL, or what is wrong. */
static const char *check_request(const struct cJSON *tree, struct rpc_request *ret)
{
	static const char *const names[] = { "jsonrpc", "id", "method", "params", NULL };
	const struct cJSON *id = json_get(tree, "id");

	if (json_is_array(tree))
		return "batches are not supported; send one request a line";
	if (!json_is_object(tree))
		return "a request is a JSON object";
	if (id && !read_id(id, &ret->id))
		return "id must be a string of at most 64 bytes or an integer";
	if (!is_version_2(tree))
		return "jsonrpc must be \"2.0\"";
	ret->method = json_str(tree, "method");
	if (!method_ok(ret->method))
		return "method must be a string of 1 to 64 bytes";
	ret->params = json_get(tree, "params");
	if (ret->params && !json_is_object(ret->params))
		return "params must be an object; parameters are named";
	if (!only_members(tree, names))
		return "a request has only jsonrpc, id, method and params";
	return NULL;
}

enum error_kind rpc_read_request(const struct cJSON *tree, struct rpc_request *ret,
				 const char **ret_reason)
{
	const char *reason;

	*ret = (struct rpc_request){ .method = NULL };
	reason = check_request(tree, ret);
	if (!reason)
		return ERROR_NONE;
	*ret_reason = reason;
	return ERROR_request;
}

static const char *check_error(const struct cJSON *error, struct rpc_response *ret)
{
	int64_t code;

	ret->type = RPC_ERROR;
	if (!json_is_object(error))
		return "error is not an object";
	if (!json_int(error, "code", &code) || code < INT32_MIN || code > INT32_MAX)
		return "error has no code";
	ret->code = (int)code;
	ret->message = json_str(error, "message");
	if (!ret->message)
		return "error has no message";
	ret->data = json_get(error, "data");
	if (ret->data && !json_is_object(ret->data))
		return "error data is not an object";
	return NULL;
}

static const char *check_notification(const struct cJSON *tree, struct rpc_response *ret)
{
	ret->type = RPC_NOTIFICATION;
	ret->method = json_str(tree, "method");
	if (!method_ok(ret->method))
		return "method is not a name";
	if (json_get(tree, "id") || json_get(tree, "result") || json_get(tree, "error"))
		return "a notification has neither id, result nor error";
	ret->params = json_get(tree, "params");
	if (ret->params && !json_is_object(ret->params))
		return "params is not an object";
	return NULL;
}

static const char *check_response(const struct cJSON *tree, struct rpc_response *ret)
{
	static const char *const names[] = { "jsonrpc", "id",	 "method", "params",
					     "result",	"error", NULL };
	const struct cJSON *id = json_get(tree, "id"), *error = json_get(tree, "error");

	if (!json_is_object(tree))
		return "not a JSON object";
	if (!is_version_2(tree))
		return "jsonrpc is not \"2.0\"";
	if (!only_members(tree, names))
		return "an unknown member beside result or error";
	if (json_get(tree, "method"))
		return check_notification(tree, ret);
	ret->result = json_get(tree, "result");
	if (!ret->result == !error || json_get(tree, "params"))
		return "neither one result nor one error";
	/* The server answers null where it could not read our id: only ever with an error. */
	if (!read_id(id, &ret->id) && !(error && json_is_null(id)))
		return "id is missing or malformed";
	return error ? check_error(error, ret) : NULL;
}

int rpc_read_response(const struct cJSON *tree, struct rpc_response *ret, const char **ret_reason)
{
	const char *reason;

	*ret = (struct rpc_response){ .type = RPC_RESULT };
	reason = check_response(tree, ret);
	if (!reason)
		return 0;
	*ret_reason = reason;
	return -EBADMSG;
}

void rpc_write_id(struct jsonw *w, const struct rpc_id *id)
{
	switch (id->kind) {
	case RPC_ID_INT:
		jsonw_int(w, id->number);
		return;
	case RPC_ID_STRING:
		jsonw_str(w, id->text);
		return;
	case RPC_ID_NONE:
		jsonw_null(w);
		return;
	}
}

static void begin(struct jsonw *w)
{
	assert(!w->depth);
	jsonw_object(w);
	jsonw_kstr(w, "jsonrpc", "2.0");
}

static void begin_with_id(struct jsonw *w, const struct rpc_id *id)
{
	begin(w);
	jsonw_key(w, "id");
	rpc_write_id(w, id);
}

void rpc_request_begin(struct jsonw *w, const struct rpc_id *id, const char *method)
{
	begin_with_id(w, id);
	jsonw_kstr(w, "method", method);
	jsonw_key(w, "params");
}

void rpc_result_begin(struct jsonw *w, const struct rpc_id *id)
{
	begin_with_id(w, id);
	jsonw_key(w, "result");
}

void rpc_notification_begin(struct jsonw *w, const char *method)
{
	begin(w);
	jsonw_kstr(w, "method", method);
	jsonw_key(w, "params");
}

void rpc_error_begin(struct jsonw *w, const struct rpc_id *id, enum error_kind kind,
		     const char *message)
{
	begin_with_id(w, id);
	jsonw_key(w, "error");
	jsonw_object(w);
	jsonw_kint(w, "code", error_code(kind));
	jsonw_kstr(w, "message", message ? message : error_text(kind));
	jsonw_key(w, "data");
	jsonw_object(w);
	jsonw_kstr(w, "kind", error_name(kind));
}

void rpc_error_end(struct jsonw *w)
{
	jsonw_object_end(w); /* data */
	jsonw_object_end(w); /* error */
	rpc_end(w);
}

void rpc_end(struct jsonw *w)
{
	jsonw_object_end(w);
	assert(!w->depth);
	buf_add_char(w->out, '\n');
}
