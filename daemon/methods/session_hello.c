/* session.hello: who speaks, and which version both can. The first request of a connection. */

#include <stdio.h>

#include "common/civil.h"
#include "daemon/method.h"

struct session_hello {
	struct {
		bool set;
		struct field_int min, max;
	} protocol;
	struct {
		bool set;
		const char *name, *version;
	} client;
	const char *lang;
	const char *tz;
};

#define AT(member) offsetof(struct session_hello, member)
/* Nested tables count from the start of their own struct. */
#define IN(outer, member) (AT(outer.member) - AT(outer))

static const struct field protocol_fields[] = {
	{ "min", FIELD_INT, IN(protocol, min), FIELD_REQUIRED, 1, 1000 },
	{ "max", FIELD_INT, IN(protocol, max), FIELD_REQUIRED, 1, 1000 },
	FIELD_END,
};

static const struct field client_fields[] = {
	{ "name", FIELD_STRING, IN(client, name), FIELD_REQUIRED, 1, 40 },
	{ "version", FIELD_STRING, IN(client, version), FIELD_REQUIRED, 1, 30 },
	FIELD_END,
};

static const struct field params[] = {
	{ "protocol", FIELD_OBJECT, AT(protocol), FIELD_REQUIRED, .fields = protocol_fields,
	  .help = "versions the client can speak" },
	{ "client", FIELD_OBJECT, AT(client), FIELD_REQUIRED, .fields = client_fields },
	{ "lang", FIELD_STRING, AT(lang), 0, 2, 35, .help = "BCP 47" },
	{ "tz", FIELD_ZONE, AT(tz), .help = "IANA zone of the client" },
	FIELD_END,
};

static const struct field result[] = {
	{ "protocol", FIELD_INT, 0, .help = "the version both speak from here on" },
	{ "server", FIELD_OBJECT, 0, .fields = client_fields },
	{ "time", FIELD_INSTANT, 0, .help = "the server's clock" },
	FIELD_END,
};

static void refuse_version(struct request *request)
{
	struct jsonw *w = request_fail_begin(request, ERROR_version,
					     "this server speaks version 1 of the protocol only");

	jsonw_kstr(w, "field", "protocol");
	jsonw_kint(w, "min", SESSION_PROTOCOL);
	jsonw_kint(w, "max", SESSION_PROTOCOL);
	request_fail_end(request);
}

static void start(struct request *request, void *data)
{
	struct session_hello *op = data;
	struct session *session = request->session;
	struct jsonw *w;

	if (op->protocol.min.value > SESSION_PROTOCOL ||
	    op->protocol.max.value < SESSION_PROTOCOL) {
		refuse_version(request);
		return;
	}
	session->greeted = true;
	snprintf(session->client, sizeof(session->client), "%s %s", op->client.name,
		 op->client.version);
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_kint(w, "protocol", SESSION_PROTOCOL);
	jsonw_key(w, "server");
	jsonw_object(w);
	jsonw_kstr(w, "name", "coworkd");
	jsonw_kstr(w, "version", COWORK_VERSION);
	jsonw_object_end(w);
	jsonw_kinstant(w, "time", instant_now());
	jsonw_object_end(w);
	request_reply_end(request);
}

const struct method method_session_hello = {
	.name = "session.hello",
	.summary = "say who speaks and which versions of the protocol; comes first",
	.flags = METHOD_NO_HELLO | METHOD_NO_LOGIN | METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct session_hello),
	.result = result,
	.start = start,
};
