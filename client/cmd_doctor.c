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
#include "client/when.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"

#define PINGS	    5
#define TEXT_COLUMN 17 /* where the text of a step begins */
/* A request carries times; beyond this people notice. */
#define SKEW_USEC (5 * USEC_PER_SEC)
/* A token that lasts no longer is worth a word. */
#define EXPIRY_USEC (7 * 24 * 3600 * USEC_PER_SEC)

struct checkup {
	struct client *client;
	int status; /* of the first step that failed */
};

/* In JSON and TSV the steps have these names; in tables the reader's. */
static const char *const names[] _unused_ = {
	N_("ok"),      N_("FAIL"),    N_("warn"),     N_("config"),   N_("resolve"),
	N_("connect"), N_("tls"),     N_("alpn"),     N_("protocol"), N_("clock"),
	N_("token"),   N_("latency"), N_("database"), N_("server"),   N_("unanswered"),
};

static int pad(const char *text, int columns)
{
	int width = utf8_width(text);

	return width < columns ? columns - width : 0;
}

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

static void line_table(struct out *out, const char *color, const char *word, const char *step,
		       const char *text)
{
	const char *told = *word ? _(word) : "", *named = *step ? _(step) : "";
	struct buf wrapped = BUF_INIT(32768);

	/* A command with its key is there to be copied. */
	if (out->terminal && !strstr(text, "--key "))
		text_wrap(&wrapped, text, out->columns, TEXT_COLUMN, TEXT_COLUMN);
	out_printf(out, "%s%s%s%*s  %s%*s %s\n", out->color ? color : "", told,
		   out->color ? "\033[0m" : "", pad(told, 4), "", named, pad(named, 10), "",
		   wrapped.data ? wrapped.data : text);
	buf_deinit(&wrapped);
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
		line_table(out, color, word, step, safe.data ? safe.data : "");
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

/* A certificate of another time: either it is old, or our clock is wrong. */
static const char *clock_fix(struct checkup *checkup, char *out, size_t size)
{
	struct client *client = checkup->client;
	struct buf now = BUF_INIT(64);

	when_instant(&now, instant_now() / (60 * USEC_PER_SEC) * (60 * USEC_PER_SEC),
		     client_zone(client), client->now, client_lang(client));
	snprintf(out, size,
		 _("fix: is this clock right? It shows %s. If so, the certificate must be renewed"),
		 now.data ? now.data : "");
	buf_deinit(&now);
	return out;
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
	char clock[160];

	bad(checkup,
	    r == -EPROTO		      ? STATUS_PROTOCOL
	    : r == -EINTR		      ? STATUS_INTERRUPTED
	    : r == -ETIMEDOUT || r == -EAGAIN ? STATUS_TEMPFAIL
					      : STATUS_UNAVAILABLE,
	    stages[report->stage].step, *report->problem ? report->problem : strerror(-r),
	    r == -EAGAIN		? _("fix: wait; if it stays, raise the server's limits")
	    : report->untimely		? clock_fix(checkup, clock, sizeof(clock))
	    : stages[report->stage].fix ? _(stages[report->stage].fix)
					: NULL);
}

/* "2 h 59 min"; what people say of a clock. */
static void add_length(struct buf *out, int64_t usec)
{
	long long s = (usec + USEC_PER_SEC / 2) / USEC_PER_SEC, min = s / 60, h = min / 60;

	if (h >= 48)
		buf_printf(out, _("%lld days %lld h"), h / 24, h % 24);
	else if (h > 0)
		buf_printf(out, _("%lld h %lld min"), h, min % 60);
	else if (min > 0)
		buf_printf(out, _("%lld min %lld s"), min, s % 60);
	else
		buf_printf(out, _("%lld s"), s);
}

static void check_clock(struct checkup *checkup)
{
	const struct session *session = &checkup->client->session;
	int64_t skew = session->clock_at - session->clock_usec;
	struct buf length = BUF_INIT(128);
	char text[256];

	if (!session->clock_usec)
		return;
	if (llabs(skew) <= SKEW_USEC) {
		good(checkup, "clock", _("less than %d s apart"), (int)(SKEW_USEC / USEC_PER_SEC));
		return;
	}
	add_length(&length, llabs(skew));
	snprintf(text, sizeof(text),
		 skew > 0 ? _("this clock is %s ahead of the server's")
			  : _("this clock is %s behind the server's"),
		 length.data ? length.data : "");
	bad(checkup, STATUS_CONFIG, "clock", text,
	    _("fix: let NTP set it (timedatectl set-ntp true); if this one is right, the "
	      "server's"));
	buf_deinit(&length);
}

/* Who it is for how long; a token about to expire is told before it does. */
static void token_line(struct checkup *checkup, const struct cJSON *whoami)
{
	struct client *client = checkup->client;
	const char *login = json_str(whoami, "login"), *expires = json_str(whoami, "expires");
	struct buf until = BUF_INIT(128);
	char text[512];
	int64_t at;

	if (!expires || instant_parse(expires, &at) < 0) {
		good(checkup, "token", _("logged in as %s"), login);
		return;
	}
	when_instant(&until, at - at % (60 * USEC_PER_SEC), client_zone(client), client->now,
		     client_lang(client));
	if (at - client->now > EXPIRY_USEC) {
		good(checkup, "token", _("logged in as %s until %s"), login,
		     until.data ? until.data : expires);
	} else {
		snprintf(text, sizeof(text), _("logged in as %s only until %s"), login,
			 until.data ? until.data : expires);
		line(checkup, "\033[33m", "warn", "token", text);
		line(checkup, "", "", "", _("fix: cowork login again before that"));
	}
	buf_deinit(&until);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void check_latency(struct checkup *checkup)
{
	int64_t took[PINGS], median;

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
	median = took[PINGS / 2];
	good(checkup, "latency", _("%.1f ms, median of %d"), (double)median / 1000, PINGS);
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

/* A server that answers may be without its database; one that does not tell passes. */
static void check_database(struct checkup *checkup)
{
	const char *state;
	struct call call;

	call_begin(&call, "server.status", false);
	if (call_try(checkup->client, &call) == 0) {
		state = json_str(call_result(&call), "database");
		if (state && strcmp(state, "up") == 0)
			good(checkup, "database", "%s", state);
		else if (state)
			bad(checkup, STATUS_TEMPFAIL, "database", state,
			    strstr(state, "cannot be reached")
				    ? _("fix: is PostgreSQL up, and can coworkd reach it?")
				    : _("fix: look into the server's log"));
	}
	call_done(&call);
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
		token_line(checkup, call_result(&call));
	else if (call.reply.response.type == RPC_ERROR && call.reply.tree)
		refused_line(checkup, &call.reply);
	else
		failed_line(checkup, r);
	call_done(&call);
	if (r == 0) {
		check_database(checkup);
		check_latency(checkup);
	}
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
