/* watch.stop: ends a watch of this connection; nothing of it comes behind the answer. */

#include "daemon/method.h"
#include "daemon/watch.h"

struct watch_stop {
	struct field_int watch;
};

static const struct field params[] = {
	{ "watch", FIELD_INT, offsetof(struct watch_stop, watch), FIELD_REQUIRED, 1, JSON_INT_MAX,
	  .help = "as watch.start gave it" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct watch_stop *op = data;

	if (watches_stop(request->session, op->watch.value))
		request_reply_empty(request);
	else
		request_fail_field(request, ERROR_not_found, "watch", "unknown",
				   "this connection has no such watch");
}

const struct method method_watch_stop = {
	.name = "watch.stop",
	.summary = "ends a watch of this connection",
	.flags = METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct watch_stop),
	.start = start,
};
