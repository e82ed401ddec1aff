/* rpc.discover: every method with its parameters, results and roles, from the tables themselves. */

#include <string.h>

#include "daemon/auth.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/notification.h"

struct rpc_discover {
	const char *method;
};

static const struct field params[] = {
	{ "method", FIELD_STRING, offsetof(struct rpc_discover, method), 0, 1, 64,
	  .help = "only this one" },
	FIELD_END,
};

static const struct field result[] = {
	{ "protocol", FIELD_INT, 0 },
	{ "methods", FIELD_JSON, 0, .help = "by name" },
	{ "nouns", FIELD_JSON, 0, .help = "the fields of what results hold" },
	{ "notifications", FIELD_JSON, 0, .help = "what the server says without being asked" },
	{ "errors", FIELD_JSON, 0, .help = "the kinds of refusals" },
	FIELD_END,
};

static void write_roles(struct jsonw *w, const char *name)
{
	static const char *const words[] = { NULL, "own", "tenant", "site", "all" };

	jsonw_key(w, "roles");
	jsonw_object(w);
	for (int role = 0; role < ROLE_COUNT; role++)
		if (auth_table(name, (enum role)role) != SCOPE_NONE)
			jsonw_kstr(w, role_names[role], words[auth_table(name, (enum role)role)]);
	jsonw_object_end(w);
}

static void write_method(struct jsonw *w, const struct method *method)
{
	jsonw_key(w, method->name);
	jsonw_object(w);
	jsonw_kstr(w, "summary", method->summary);
	jsonw_kbool(w, "changes", method->flags & METHOD_MUTATION);
	jsonw_kbool(w, "before_login", method->flags & METHOD_NO_LOGIN);
	jsonw_key(w, "params");
	field_describe(w, method->params);
	if (method->noun)
		jsonw_kstr(w, method->list ? "lists" : "gives", method->noun->name);
	if (method->result) {
		jsonw_key(w, "result");
		field_describe(w, method->result);
	}
	if (!(method->flags & METHOD_NO_LOGIN))
		write_roles(w, method->name);
	jsonw_object_end(w);
}

static void write_nouns(struct jsonw *w)
{
	const struct noun *noun;

	jsonw_key(w, "nouns");
	jsonw_object(w);
	for (size_t i = 0; (noun = noun_at(i)); i++) {
		jsonw_key(w, noun->name);
		field_describe(w, noun->fields);
	}
	jsonw_object_end(w);
}

static void write_notifications(struct jsonw *w)
{
	const struct notification *notification;

	jsonw_key(w, "notifications");
	jsonw_object(w);
	for (size_t i = 0; (notification = notification_at(i)); i++) {
		jsonw_key(w, notification->name);
		jsonw_object(w);
		jsonw_kstr(w, "summary", notification->summary);
		jsonw_key(w, "params");
		field_describe(w, notification->fields);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
}

static void write_errors(struct jsonw *w)
{
	jsonw_key(w, "errors");
	jsonw_object(w);
	for (int kind = ERROR_NONE + 1; kind < ERROR_COUNT; kind++) {
		jsonw_key(w, error_name((enum error_kind)kind));
		jsonw_object(w);
		jsonw_kint(w, "code", error_code((enum error_kind)kind));
		jsonw_kint(w, "exit", error_exit((enum error_kind)kind));
		jsonw_kbool(w, "retry", error_retry((enum error_kind)kind));
		jsonw_kstr(w, "text", error_text((enum error_kind)kind));
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
}

static void start(struct request *request, void *data)
{
	struct rpc_discover *op = data;
	const struct method *method;
	struct jsonw *w;

	if (op->method && !method_find(op->method)) {
		request_fail_field(request, ERROR_not_found, "method", "unknown",
				   "there is no such method");
		return;
	}
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_kint(w, "protocol", SESSION_PROTOCOL);
	jsonw_key(w, "methods");
	jsonw_object(w);
	for (size_t i = 0; (method = method_at(i)); i++)
		if (!op->method || strcmp(op->method, method->name) == 0)
			write_method(w, method);
	jsonw_object_end(w);
	if (!op->method) {
		write_nouns(w);
		write_notifications(w);
		write_errors(w);
	}
	jsonw_object_end(w);
	request_reply_end(request);
}

const struct method method_rpc_discover = {
	.name = "rpc.discover",
	.summary = "every method with its parameters, results and roles",
	.flags = METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct rpc_discover),
	.result = result,
	.start = start,
};
