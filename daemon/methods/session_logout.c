/* session.logout: the connection forgets who I am; the token stays valid (see token.revoke). */

#include "daemon/method.h"

struct session_logout {
	bool unused;
};

static const struct field params[] = { FIELD_END };

static void start(struct request *request, void *data)
{
	session_end(request->session, NULL, false);
	request_reply_empty(request);
}

const struct method method_session_logout = {
	.name = "session.logout",
	.summary = "forget who I am on this connection; the token stays valid",
	.flags = METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct session_logout),
	.start = start,
};
