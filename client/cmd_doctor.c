/*
 * doctor: each step from the configuration to a working login, one line each, with what to fix.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/state.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"

#define PINGS 5
/* A request carries times; beyond this people notice. */
#define SKEW_USEC (5 * USEC_PER_SEC)

struct checkup {
	struct client *client;
	int status; /* of the first step that failed */
};

static void line_json(struct out *out, const char *word, const char *step, const char *text)
{
	struct buf json = BUF_INIT(65536);
	struct jsonw w = JSONW_INIT(&json);

	jsonw_object(&w);
	jsonw_kstr(&w, "result", word);
	jsonw_kstr(&w, "step", step);
	jsonw_kstr(&w, "text", text);
	jsonw_object_end(&w);
	if (!json.failed)
		out_printf(out, "%s\n", json.data);
	buf_deinit(&json);
}

static void line(struct checkup *checkup, const char *color, const char *word, const char *step,
		 const char *text)
{
	struct out *out = &checkup->client->out;
	struct buf safe = BUF_INIT(16384);

	text_line(&safe, text);
	if (out->format == FORMAT_JSON)
		line_json(out, word, step, safe.data ? safe.data : "");
	else if (out->format == FORMAT_TSV)
		out_printf(out, "%s\t%s\t%s\n", word, step, safe.data ? safe.data : "");
	else
		out_printf(out, "%s%-4s%s  %-10s %s\n", out->color ? color : "", word,
			   out->color ? "\033[0m" : "", step, safe.data ? safe.data : "");
	buf_deinit(&safe);
}

_printf_(3, 4) static void good(struct checkup *checkup, const char *step, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line(checkup, "\033[32m", "ok", step, text);
}

static void bad(struct checkup *checkup, int status, const char *step, const char *text,
		const char *fix)
{
	line(checkup, "\033[31m", "FAIL", step, text);
	if (fix)
		line(checkup, "", "", "", fix);
	if (checkup->status == STATUS_OK)
		checkup->status = status;
}

static void connected_lines(struct checkup *checkup, const struct connection_target *target)
{
	const struct connection_report *report = &checkup->client->report;

	if (report->stage > CONNECTION_RESOLVE)
		good(checkup, "resolve", "%s: %s", target->host, report->addresses);
	if (report->stage > CONNECTION_CONNECT)
		good(checkup, "connect", _("%s port %s in %.1f ms"), report->peer, target->port,
		     (double)report->connect_usec / 1000);
	if (report->stage > CONNECTION_TLS)
		good(checkup, "tls", _("%s in %.1f ms, trusted by %s"), report->protocol,
		     (double)report->handshake_usec / 1000,
		     target->fingerprint ? _("its fingerprint")
		     : target->ca	 ? target->ca
					 : _("the system"));
	if (report->stage > CONNECTION_ALPN)
		good(checkup, "alpn", "%s", TLS_ALPN);
}

static void failed_line(struct checkup *checkup, int r)
{
	static const struct {
		const char *step, *fix;
	} stages[] = {
		[CONNECTION_RESOLVE] = { "resolve",
					 N_("fix: check the name in server= and your DNS") },
		[CONNECTION_CONNECT] = { "connect",
					 N_("fix: is coworkd running there, and the port open?") },
		[CONNECTION_TLS] = { "tls", N_("fix: give --ca FILE, or log in again to accept the "
					       "server's fingerprint") },
		[CONNECTION_ALPN] = { "alpn", N_("fix: is this port coworkd's?") },
		[CONNECTION_OPEN] = { "protocol", NULL },
	};
	const struct connection_report *report = &checkup->client->report;

	bad(checkup,
	    r == -EPROTO		      ? STATUS_PROTOCOL
	    : r == -EINTR		      ? STATUS_INTERRUPTED
	    : r == -ETIMEDOUT || r == -EAGAIN ? STATUS_TEMPFAIL
					      : STATUS_UNAVAILABLE,
	    stages[report->stage].step, *report->problem ? report->problem : strerror(-r),
	    r == -EAGAIN		? _("fix: wait; if it stays, raise the server's limits")
	    : stages[report->stage].fix ? _(stages[report->stage].fix)
					: NULL);
}

static void check_clock(struct checkup *checkup)
{
	const struct session *session = &checkup->client->session;
	int64_t skew = session->clock_usec - session->clock_at;

	if (!session->clock_usec)
		return;
	if (llabs(skew) > SKEW_USEC) {
		char text[128];

		snprintf(text, sizeof(text), _("this clock and the server's are %.1f s apart"),
			 (double)llabs(skew) / 1e6);
		bad(checkup, STATUS_CONFIG, "clock", text, _("fix: let NTP set the clock"));
	} else {
		good(checkup, "clock", _("less than %d s apart"), (int)(SKEW_USEC / USEC_PER_SEC));
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void check_latency(struct checkup *checkup)
{
	int64_t took[PINGS];

	for (size_t i = 0; i < PINGS; i++) {
		int64_t begin = monotonic_now();
		struct call call;
		int r;

		call_begin(&call, "session.ping", false);
		r = call_try(checkup->client, &call);
		took[i] = monotonic_now() - begin;
		call_done(&call);
		if (r < 0)
			return bad(checkup, STATUS_UNAVAILABLE, "latency",
				   _("the server does not answer session.ping"), NULL);
	}
	qsort(took, PINGS, sizeof(took[0]), compare);
	good(checkup, "latency", _("%.1f ms, median of %d"), (double)took[PINGS / 2] / 1000, PINGS);
}

/* What an error reply to "who are we" blames: the token only where it is refused as one. */
static void refused_line(struct checkup *checkup, const struct reply *reply)
{
	enum error_kind kind = reply_kind(reply);
	const char *message = reply->response.message;

	if (kind == ERROR_db_unavailable)
		bad(checkup, error_exit(kind), "database", message,
		    _("fix: is PostgreSQL up, and can coworkd reach it?"));
	else if (error_retry(kind))
		bad(checkup, error_exit(kind), "server", message, _("fix: try again in a moment"));
	else if (kind == ERROR_internal)
		bad(checkup, error_exit(kind), "server", message,
		    _("fix: look into the server's log"));
	else
		bad(checkup, error_exit(kind), "token", message, _("fix: cowork login"));
}

/* hello and the token, by asking who we are. */
static void check_login(struct checkup *checkup)
{
	struct client *client = checkup->client;
	struct call call;
	const char *login;
	int r;

	call_begin(&call, client_has_login(client) ? "session.whoami" : "session.ping", false);
	r = call_try(client, &call);
	login = json_str(call_result(&call), "login");
	if (client->session.server[0])
		good(checkup, "protocol", "1, %s", client->session.server);
	check_clock(checkup);
	if (!client_has_login(client))
		bad(checkup, STATUS_AUTH, "token", _("there is none"), _("fix: cowork login"));
	else if (r == 0 && login)
		good(checkup, "token", _("logged in as %s"), login);
	else if (call.reply.response.type == RPC_ERROR && call.reply.tree)
		refused_line(checkup, &call.reply);
	else
		failed_line(checkup, r);
	call_done(&call);
	if (r == 0)
		check_latency(checkup);
}

static void show_pending(const char *text, void *data)
{
	struct checkup *checkup = data;

	line(checkup, "", "", "", text);
}

static void check_pending(struct checkup *checkup)
{
	int count = state_pending_each(&checkup->client->paths, show_pending, checkup);

	if (count > 0)
		bad(checkup, STATUS_TEMPFAIL, "unanswered",
		    _("it is not known what became of the commands above"),
		    _("fix: run them; nothing happens twice"));
	else
		good(checkup, "unanswered", _("none"));
}

int cmd_doctor(struct client *client, const struct command *command,
	       const struct arguments *arguments)
{
	struct checkup checkup = { .client = client };
	struct connection_target target;
	int r;

	(void)command;
	(void)arguments;
	(void)client_find_token(client);
	r = client_target(client, &target);
	if (r != STATUS_OK)
		return r;
	good(&checkup, "config", _("%s, context %s"), client->paths.config, client->context_name);
	r = client_connect(client, &target, monotonic_now() + client->options.timeout_usec);
	connected_lines(&checkup, &target);
	if (r < 0)
		failed_line(&checkup, r);
	else
		check_login(&checkup);
	check_pending(&checkup);
	return checkup.status;
}
