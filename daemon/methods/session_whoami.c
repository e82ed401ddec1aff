/* session.whoami: who I am to the server. */

#include "daemon/login.h"
#include "daemon/method.h"

struct session_whoami {
	bool unused;
};

static const struct field params[] = { FIELD_END };

static void start(struct request *request, void *data)
{
	login_write(request_reply_begin(request), request->actor, NULL);
	request_reply_end(request);
}

const struct method method_session_whoami = {
	.name = "session.whoami",
	.summary = "who I am to the server",
	.flags = METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct session_whoami),
	.result = login_fields,
	.start = start,
};
