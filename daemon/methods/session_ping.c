/* session.ping: is anybody there, and what time is it. */

#include "common/civil.h"
#include "daemon/method.h"

struct session_ping {
	bool unused;
};

static const struct field params[] = { FIELD_END };

static const struct field result[] = {
	{ "time", FIELD_INSTANT, 0, .help = "the server's clock" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct jsonw *w = request_reply_begin(request);

	jsonw_object(w);
	jsonw_kinstant(w, "time", instant_now());
	jsonw_object_end(w);
	request_reply_end(request);
}

const struct method method_session_ping = {
	.name = "session.ping",
	.summary = "an answer from the server alone, without the database",
	.flags = METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct session_ping),
	.result = result,
	.start = start,
};
