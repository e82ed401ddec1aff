/*
 * The import's loop: fill the window, send again what is due, take one answer, until the file is at
 * its end and every row is answered.
 *
 * Order: rows leave in the file's order on one connection, and the server keeps the order of a
 * connection's commands on one site. Only a row that the server put off (busy, database away) is
 * sent again later than its followers.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/import.h"
#include "client/interrupt.h"
#include "client/progress.h"
#include "client/refusal.h"
#include "client/rows.h"
#include "common/civil.h"
#include "common/json.h"

/* A row may have been sent by an earlier run, so no try of ours is its first: the server looks for
 * the receipt before it judges. */
#define FIRST_ATTEMPT	2
#define GENERATIONS_MAX 50
/* After Ctrl-C, for the answers that are on their way. */
#define LINGER_USEC (2 * USEC_PER_SEC)

struct flight {
	enum { FLIGHT_FREE, FLIGHT_DUE, FLIGHT_SENT } state;
	struct params params;
	size_t line;
	uint8_t identity[32];
	unsigned generation;
	int attempt;
	int64_t due; /* DUE: when to send it again */
	int64_t id;  /* SENT: of the request */
};

struct import {
	struct client *client;
	const struct import_options *options;
	struct import_summary *summary;
	struct connection_target target;
	struct progress progress;
	struct rows rows;
	struct flight flights[IMPORT_WINDOW_MAX];
	unsigned open; /* flights not FREE */
	bool ended;    /* no more rows are taken from the file */
	bool interrupted;
	bool answered;	     /* something was, since connecting */
	unsigned losses;     /* of connections, without an answer between them */
	int64_t progress_at; /* when an answer last settled a row */
	int status;	     /* the worst so far */
};

static void refuse(struct import *import, size_t line, const char *kind, const char *reason)
{
	progress_clear(&import->progress);
	complain(_("line %zu: %s: %s"), line, kind, reason);
	import->summary->refused++;
	import->status = STATUS_DATA;
	if (import->options->skip)
		return;
	import->ended = true;
	if (!import->summary->stopped_at)
		import->summary->stopped_at = line;
}

/* The site a row belongs to, or NULL. */
static const char *row_site(const struct import *import, const struct row *row)
{
	int column = kind_column(import->options->kind, "site");

	if (!import->options->kind->site)
		return NULL;
	if (column >= 0 && row->values[column])
		return row->values[column];
	return import->options->site;
}

/* Fills the parameters; NULL or the name of the column that does not fit. */
static const char *fill_params(const struct kind *kind, const struct row *row, const char *site,
			       struct params *params)
{
	params_begin(params);
	params_str(params, "site", site);
	for (size_t i = 0; kind->columns[i].name; i++) {
		const struct kind_column *column = &kind->columns[i];

		if (!row->values[i] || strcmp(column->name, "site") == 0)
			continue;
		if (!params_typed(params, column->param, row->values[i]))
			return column->name;
	}
	if (strcmp(kind->name, "bookings") == 0)
		params_str(params, "source", "import");
	return params->text.failed ? "the row" : NULL;
}

/* Makes a flight of a row; the row is counted either way. */
static int board(struct import *import, struct flight *flight, const struct row *row)
{
	const char *site = row_site(import, row), *bad;

	if (import->options->kind->site && !site) {
		refuse(import, row->line, "params", _("it names no site; give --site"));
		return 0;
	}
	bad = fill_params(import->options->kind, row, site, &flight->params);
	if (bad) {
		char reason[128];

		snprintf(reason, sizeof(reason),
			 _("%s is not of the form it should have, or too long"), bad);
		params_deinit(&flight->params);
		refuse(import, row->line, "params", reason);
		return 0;
	}
	if (row_identity(&import->rows, row, site, import->options->path, flight->identity) < 0)
		return -ENOMEM;
	flight->line = row->line;
	flight->generation = 0;
	flight->attempt = FIRST_ATTEMPT;
	flight->due = 0;
	flight->state = FLIGHT_DUE;
	import->open++;
	return 0;
}

static void land(struct import *import, struct flight *flight)
{
	params_deinit(&flight->params);
	flight->state = FLIGHT_FREE;
	import->open--;
}

static struct flight *free_flight(struct import *import)
{
	for (unsigned i = 0; i < import->options->window; i++)
		if (import->flights[i].state == FLIGHT_FREE)
			return &import->flights[i];
	return NULL;
}

/* Sends a flight; 0 or a negative errno. */
static int send_flight(struct import *import, struct flight *flight)
{
	char key[UUID_TEXT_MAX];
	struct params_try one = {
		.key = key,
		.attempt = flight->attempt,
		.dry_run = import->client->options.dry_run,
	};
	struct buf params = BUF_INIT(PARAMS_MAX);
	int r;

	row_key(flight->identity, flight->generation, key);
	params_finish(&flight->params, &one, &params);
	r = session_send(&import->client->session, import->options->kind->method, &params,
			 &flight->id);
	buf_deinit(&params);
	if (r == 0)
		flight->state = FLIGHT_SENT;
	return r;
}

/* Takes rows while there is room and sends them. */
static int fill_window(struct import *import)
{
	struct rows_problem problem;
	struct flight *flight;
	struct row row;

	while (!import->ended && (flight = free_flight(import))) {
		enum rows_status status = rows_next(&import->rows, &row, &problem);
		int r = 0;

		if (status == ROWS_END || (status == ROWS_STOP && interrupt_pending())) {
			import->ended = true;
			break;
		}
		import->summary->rows++;
		if (status == ROWS_ROW)
			r = board(import, flight, &row);
		else
			refuse(import, row.line, "data", problem.text);
		if (status == ROWS_STOP)
			import->ended = true;
		if (r == 0 && flight->state == FLIGHT_DUE)
			r = send_flight(import, flight);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Sends what is due; *ret_next is when the next one will be, or INT64_MAX. */
static int send_due(struct import *import, int64_t *ret_next)
{
	int64_t now = monotonic_now();

	*ret_next = INT64_MAX;
	for (unsigned i = 0; i < import->options->window; i++) {
		struct flight *flight = &import->flights[i];
		int r;

		if (flight->state != FLIGHT_DUE)
			continue;
		if (flight->due > now) {
			if (flight->due < *ret_next)
				*ret_next = flight->due;
			continue;
		}
		r = send_flight(import, flight);
		if (r < 0)
			return r;
	}
	return 0;
}

/* After a loss: everything unanswered goes out again, in the order of the lines. */
static void make_all_due(struct import *import)
{
	for (unsigned i = 0; i < import->options->window; i++)
		if (import->flights[i].state == FLIGHT_SENT) {
			import->flights[i].state = FLIGHT_DUE;
			import->flights[i].due = 0;
			import->flights[i].attempt++;
		}
}

static int by_line(const void *a, const void *b)
{
	const struct flight *x = a, *y = b;

	if ((x->state == FLIGHT_FREE) != (y->state == FLIGHT_FREE))
		return x->state == FLIGHT_FREE ? 1 : -1;
	return (x->line > y->line) - (x->line < y->line);
}

static void settle(struct import *import, struct flight *flight)
{
	import->progress_at = monotonic_now();
	import->losses = 0;
	land(import, flight);
}

static void take_result(struct import *import, struct flight *flight, const struct cJSON *result)
{
	const char *code = json_str(result, "code");
	const char *login = json_str(json_get(result, "member"), "login");

	/* A receipt for a row that this run sent before a loss is this run's own work. */
	if (json_bool(result, "replayed") && flight->attempt == FIRST_ATTEMPT)
		import->summary->already++;
	else
		import->summary->done++;
	if (import->options->codes && code && login)
		fprintf(import->options->codes, "%s,%s\n", login, code);
	settle(import, flight);
}

/* What was imported before by this name stays as it is, however long ago that was. */
static bool is_there(const struct reply *reply)
{
	const char *field = json_str(reply->response.data, "field");

	return reply_kind(reply) == ERROR_exists && field && strcmp(field, "external_id") == 0;
}

static void take_refusal(struct import *import, struct flight *flight, const struct reply *reply)
{
	enum error_kind kind = reply_kind(reply);
	struct buf text = BUF_INIT(64 * 1024);

	if (error_retry(kind)) {
		flight->state = FLIGHT_DUE;
		flight->due = monotonic_now() +
			      call_backoff((unsigned)flight->attempt, call_retry_after(reply));
		flight->attempt++;
		return;
	}
	if (json_bool(reply->response.data, "replayed") && flight->generation < GENERATIONS_MAX) {
		flight->state = FLIGHT_DUE;
		flight->due = 0;
		flight->generation++;
		return;
	}
	if (is_there(reply)) {
		import->summary->already++;
		settle(import, flight);
		buf_deinit(&text);
		return;
	}
	refusal_sentence(import->client, reply, &text);
	refuse(import, flight->line, error_name(kind), text.data ? text.data : "");
	buf_deinit(&text);
	/* The token was revoked meanwhile: every other row would only hear the same. */
	if (kind == ERROR_unauthenticated)
		import->ended = true;
	settle(import, flight);
}

/* Takes one reply to its flight. An exit status when the session's start was refused for good. */
static int take_reply(struct import *import, struct reply *reply)
{
	if (reply->about != REPLY_REQUEST) {
		if (error_retry(reply_kind(reply)))
			return -ECONNRESET;
		progress_clear(&import->progress);
		import->status = refusal_tell(import->client, import->options->kind->method, reply);
		return -ECANCELED;
	}
	import->answered = true;
	for (unsigned i = 0; i < import->options->window; i++) {
		struct flight *flight = &import->flights[i];

		if (flight->state != FLIGHT_SENT || flight->id != reply->id)
			continue;
		if (reply->response.type == RPC_RESULT)
			take_result(import, flight, reply->response.result);
		else
			take_refusal(import, flight, reply);
		if (reply->response.type == RPC_ERROR && reply_kind(reply) == ERROR_draining)
			return -ECONNRESET;
		return 0;
	}
	return reply->id == 0 ? -EBADMSG : 0;
}

/* Connects until it works or no row has been settled for the time of --timeout. */
static int reconnect(struct import *import)
{
	int64_t deadline = import->progress_at + import->client->options.timeout_usec;
	int r;

	for (;;) {
		if (import->losses > 0) {
			int64_t wait = call_backoff(import->losses + 1, 0);

			if (monotonic_now() + wait >= deadline)
				return -ETIMEDOUT;
			if (interrupt_sleep(wait) < 0)
				return -EINTR;
		}
		r = client_connect(import->client, &import->target, deadline);
		if (r == 0)
			return 0;
		if (import->losses == 0 ||
		    (r != -EHOSTUNREACH && r != -EAGAIN && r != -ECONNRESET && r != -ETIMEDOUT))
			return r;
		import->losses++;
	}
}

static int lose(struct import *import, int r)
{
	session_close(&import->client->session);
	if (r != -ECONNRESET && r != -ETIMEDOUT)
		return r;
	import->losses++;
	make_all_due(import);
	qsort(import->flights, import->options->window, sizeof(import->flights[0]), by_line);
	note_verbose(&import->client->out, _("the connection was lost; %u rows are sent again"),
		     import->open);
	return 0;
}

/* One answer, or a reason to look again. 0, or a negative errno that ends the import. */
static int step(struct import *import)
{
	int64_t now = monotonic_now(), due, silent = now + import->client->options.timeout_usec / 3;
	struct reply reply;
	int r;

	if (!session_is_open(&import->client->session)) {
		r = reconnect(import);
		if (r < 0)
			return r;
	}
	r = send_due(import, &due);
	if (r == 0)
		r = fill_window(import);
	if (r < 0 || import->open == 0)
		return r;
	if (now > import->progress_at + import->client->options.timeout_usec)
		return -ETIMEDOUT;
	r = session_next(&import->client->session, due < silent ? due : silent, &reply);
	if (r == -ETIMEDOUT && due < silent)
		return 0;
	if (r == 0) {
		r = take_reply(import, &reply);
		reply_done(&reply);
	}
	if (r < 0 && r != -EINTR && r != -ECANCELED)
		return lose(import, r);
	return r;
}

/* After Ctrl-C: nothing new, but what is under way may still arrive. */
static void linger(struct import *import)
{
	int64_t until = monotonic_now() + LINGER_USEC;

	interrupt_acknowledge();
	import->interrupted = import->ended = true;
	while (import->open > 0 && session_is_open(&import->client->session)) {
		struct reply reply;

		if (session_next(&import->client->session, until, &reply) < 0)
			break;
		(void)take_reply(import, &reply);
		reply_done(&reply);
	}
}

/* Says how to go on; the exit status. */
static int tell_end(struct import *import, int r)
{
	struct client *client = import->client;
	char *line = line_with_key(client, NULL);
	uint64_t settled = import->summary->done + import->summary->already;

	progress_clear(&import->progress);
	if (import->interrupted) {
		complain(_("interrupted: %llu rows are done"), (unsigned long long)settled);
		import->status = STATUS_INTERRUPTED;
	} else if (r == -ECANCELED) {
		/* Told already, with its own status. */
	} else if (r < 0 && import->summary->rows == import->open && import->losses == 0) {
		import->status = client_tell_unreachable(client, r);
		r = 0;
	} else if (r < 0) {
		complain(_("stopped: it is not known what became of %u rows: %s"), import->open,
			 strerror(-r));
		import->status = STATUS_TEMPFAIL;
	}
	if (line && (import->interrupted || r < 0))
		complain_more(_("resume"), "%s", line);
	free(line);
	return import->status;
}

/* What a refusal kept from being sent. */
static void count_untried(struct import *import)
{
	struct rows_problem problem;
	enum rows_status status = ROWS_ROW;
	struct row row;

	while (!interrupt_pending()) {
		status = rows_next(&import->rows, &row, &problem);
		if (status == ROWS_END || status == ROWS_STOP)
			return;
		import->summary->untried++;
	}
}

static int run(struct import *import)
{
	int r = 0;

	import->progress_at = monotonic_now();
	progress_begin(&import->progress, &import->client->out, import->options->kind->name);
	while (r == 0 && (!import->ended || import->open > 0)) {
		r = step(import);
		progress_show(&import->progress, import->rows.read, import->rows.size,
			      import->summary->rows - import->open, import->summary->refused);
		if (r == -EINTR || interrupt_pending()) {
			linger(import);
			break;
		}
	}
	import->summary->usec = monotonic_now() - import->progress.begin;
	import->summary->rows -= import->open;
	r = tell_end(import, r);
	if (import->summary->stopped_at)
		count_untried(import);
	for (unsigned i = 0; i < import->options->window; i++)
		if (import->flights[i].state != FLIGHT_FREE)
			land(import, &import->flights[i]);
	return r;
}

int import_run(struct client *client, const struct import_options *options,
	       struct import_summary *ret_summary)
{
	struct import *import = calloc(1, sizeof(*import));
	struct rows_problem problem;
	int r;

	*ret_summary = (struct import_summary){ 0 };
	if (!import) {
		complain(_("out of memory"));
		return STATUS_SOFTWARE;
	}
	import->client = client;
	import->options = options;
	import->summary = ret_summary;
	r = client_target(client, &import->target);
	if (r == STATUS_OK) {
		r = rows_open(&import->rows, options->path, options->kind, &problem);
		if (r < 0) {
			complain("%s: %s", options->path, problem.text);
			r = r == -EBADMSG ? STATUS_DATA : STATUS_NOINPUT;
		} else {
			r = run(import);
		}
		rows_close(&import->rows);
	}
	free(import);
	return r;
}
