/*
 * See db_link.h. The life of a link:
 *
 *	WAITING -> CONNECTING -> GREETING -> IDLE -> (PREPARING ->) RUNNING -> IDLE ...
 *	   ^________________________ link_lost() from anywhere ________________|
 *
 * A call's answer counts only when the server is ready again (ReadyForQuery): in the extended
 * protocol the commit comes after the result. A WARNING during a call (a cancelled wait for a
 * standby is one) means that the commit is uncertain: the call ends as lost.
 */

#include "daemon/db_link.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "common/civil.h"
#include "common/crypto.h"
#include "common/macros.h"
#include "daemon/admin.h"
#include "daemon/log.h"

#define STATEMENTS_MAX	 96
#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS	 5000
/* Above the role's statement_timeout (10 s): the server had its chance to end it by itself. */
#define CALL_TIMEOUT_MS 12000
/* Rows handed on before the loop has its turn: a few hundred microseconds' work. */
#define ROWS_A_TURN 128

enum link_state {
	LINK_WAITING,	 /* for the backoff timer */
	LINK_CONNECTING, /* PQconnectPoll */
	LINK_CHECKING,	 /* the schema's version */
	LINK_GREETING,	 /* the pool's own first statement */
	LINK_IDLE,
	LINK_PREPARING, /* a statement's first use here */
	LINK_RUNNING,
};

static const char *const state_names[] = {
	"waiting to connect again", "connecting", "checking the schema", "greeting", "idle",
	"preparing a statement",    "running",
};

struct db_link {
	struct loop *loop;	     /* borrows */
	const struct config *config; /* borrows */
	const char *greeting;
	struct db_link_owner *owner; /* borrows */

	enum link_state state;
	PGconn *conn;	      /* owns; NULL while waiting */
	struct event *reader; /* owns; socket events, made anew when the socket changes */
	struct event *writer;
	int socket;
	struct timer timer; /* backoff, connect and call deadline: one wait at a time */
	struct task told;   /* ready() outside of whoever made us idle */
	int64_t backoff;
	int64_t lane_id;
	bool complained;     /* the outage was logged */
	const char *trouble; /* static; see db_link_trouble() */

	struct db_call *call; /* weak: NULL when forgotten */
	bool sent;	      /* the call's own bytes were handed to libpq */
	bool warned;	      /* a WARNING came while it ran */
	PGresult *result;     /* owns: the call's, the last one seen */

	const struct db_statement *preparing; /* in PREPARING, whoever asked for it */
	const struct db_statement *prepared[STATEMENTS_MAX];
	int prepared_count;
};

static void link_set_state(struct db_link *link, enum link_state state)
{
	log_debug("database link", log_str("from", state_names[link->state]),
		  log_str("to", state_names[state]));
	link->state = state;
}

static void drop_events(struct db_link *link)
{
	if (link->reader)
		event_free(link->reader);
	if (link->writer)
		event_free(link->writer);
	link->reader = link->writer = NULL;
	link->socket = -1;
}

static void drop_result(struct db_link *link)
{
	PQclear(link->result);
	link->result = NULL;
}

static void drop_conn(struct db_link *link)
{
	drop_events(link);
	timer_stop(&link->timer);
	loop_cancel(link->loop, &link->told);
	drop_result(link);
	PQfinish(link->conn);
	link->conn = NULL;
	link->prepared_count = 0;
	link->lane_id = 0;
}

/* Ends the call that ran, if anyone still waits for it. */
static void end_call(struct db_link *link, enum db_status status)
{
	struct db_call *call = link->call;

	link->call = NULL;
	if (!call)
		return;
	call->status = status;
	call->lane_id = link->lane_id;
	call->result = link->result;
	call->sqlstate[0] = '\0';
	if (status == DB_REFUSED) {
		const char *code = PQresultErrorField(link->result, PG_DIAG_SQLSTATE);

		strncpy(call->sqlstate, code ? code : "", sizeof(call->sqlstate) - 1);
		call->sqlstate[sizeof(call->sqlstate) - 1] = '\0';
	}
	call->done(call);
	/* The call's owner may have freed it, or submitted it again. */
}

static int64_t with_jitter(int64_t ms)
{
	uint16_t random = 0;

	crypto_random(&random, sizeof(random));
	return ms / 2 + ms * random / UINT16_MAX / 2 + 1;
}

static bool is_coming_up(const struct db_link *link)
{
	return link->state == LINK_CONNECTING || link->state == LINK_CHECKING ||
	       link->state == LINK_GREETING;
}

/*
 * What kind of trouble libpq tells of, in words of ours: its own may name hosts and people. It gives no
 * SQLSTATE for a connection that failed, hence the text, which is the server's and in English unless
 * its lc_messages says otherwise; then only that it did not work is known.
 */
static const char *trouble_of(const char *why)
{
	static const struct {
		const char *first, *then, *trouble;
	} known[] = {
		{ "database \"", "does not exist",
		  "the database does not exist: coworkd setup makes it" },
		{ "role \"", "does not exist", "the role does not exist: coworkd setup makes it" },
		{ "permission denied for database", "", "the role may not use the database" },
		{ "pg_hba.conf", "", "the server lets nobody in from here: pg_hba.conf" },
		{ "authentication failed", "", "the server does not believe who we are" },
		{ "starting up", "", "the server is starting" },
		{ "shutting down", "", "the server is stopping" },
		{ "connection slots", "", "the server has no room for more connections" },
		{ "too many c", "", "the server has no room for more connections" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *at = strstr(why, known[i].first);

		if (at && strstr(at, known[i].then))
			return known[i].trouble;
	}
	return "the server cannot be reached";
}

/*
 * The one way down. The call ends as lost if its bytes may have left, else as unsent. Order
 * matters: the owner is told first that the link is down, so that a call submitted again goes
 * elsewhere.
 */
static void link_lost(struct db_link *link, const char *why)
{
	enum db_status status = link->sent ? DB_LOST : DB_UNSENT;
	int64_t lane = link->lane_id;

	if (!link->complained) {
		log_warning("database link lost", log_str("while", state_names[link->state]),
			    log_str("why", why));
		link->complained = true;
	}
	link->trouble = is_coming_up(link) ? trouble_of(why) : NULL;
	drop_conn(link);
	link_set_state(link, LINK_WAITING);
	timer_start(link->loop, &link->timer, with_jitter(link->backoff));
	link->backoff = link->backoff * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : link->backoff * 2;
	link->sent = link->warned = false;
	link->owner->down(link->owner, link);
	link->lane_id = lane;
	end_call(link, status);
	link->lane_id = 0;
}

/* libpq's messages may span lines and name no secrets; the log escapes them. */
static const char *conn_why(struct db_link *link)
{
	const char *text = link->conn ? PQerrorMessage(link->conn) : "out of memory";

	return *text ? text : "the server closed the connection";
}

static void on_told(struct task *task)
{
	struct db_link *link = container_of(task, struct db_link, told);

	link->owner->ready(link->owner, link);
}

static void become_idle(struct db_link *link)
{
	link->sent = link->warned = false;
	timer_stop(&link->timer);
	link_set_state(link, LINK_IDLE);
	loop_defer(link->loop, &link->told);
}

/* Flushes; waits for writability (and always for readability) while bytes are left. */
static void link_flush(struct db_link *link)
{
	int left = PQflush(link->conn);

	if (left < 0)
		link_lost(link, conn_why(link));
	else if (left > 0)
		event_add(link->writer, NULL);
}

static bool is_prepared(const struct db_link *link, const struct db_statement *statement)
{
	for (int i = 0; i < link->prepared_count; i++)
		if (link->prepared[i] == statement)
			return true;
	return false;
}

static void send_call(struct db_link *link)
{
	struct db_call *call = link->call;

	if (!call) { /* forgotten while its statement was prepared */
		become_idle(link);
		return;
	}
	if (call->prepare && !call->prepare(call, link->lane_id, PQbackendPID(link->conn))) {
		become_idle(link);
		end_call(link, DB_UNSENT);
		return;
	}
	link_set_state(link, LINK_RUNNING);
	link->sent = true;
	link->warned = false; /* what the server said before is not about this call */
	if (!PQsendQueryPrepared(link->conn, call->statement->name, call->statement->params,
				 call->params, NULL, NULL, 0) ||
	    (call->row && !PQsetSingleRowMode(link->conn)))
		link_lost(link, conn_why(link));
	else
		link_flush(link);
}

void db_link_run(struct db_link *link, struct db_call *call)
{
	const struct db_statement *statement = call->statement;

	link->call = call;
	call->link = link;
	loop_cancel(link->loop, &link->told);
	timer_start(link->loop, &link->timer, CALL_TIMEOUT_MS);
	if (is_prepared(link, statement)) {
		send_call(link);
		return;
	}
	link->preparing = statement;
	link_set_state(link, LINK_PREPARING);
	if (!PQsendPrepare(link->conn, statement->name, statement->sql, statement->params, NULL))
		link_lost(link, conn_why(link));
	else
		link_flush(link);
}

/* Whether the server itself said ERROR: then the transaction is rolled back for certain. */
static bool is_refusal(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return severity && strcmp(severity, "ERROR") == 0;
}

/*
 * Details quote whole rows, and the messages of data errors (22, 23) what people wrote: neither
 * goes into the log. Table and constraint say enough.
 */
static void log_refusal(const struct db_link *link)
{
	const char *code = PQresultErrorField(link->result, PG_DIAG_SQLSTATE);
	bool quotes = code && (strncmp(code, "22", 2) == 0 || strncmp(code, "23", 2) == 0 ||
			       strncmp(code, "P0", 2) == 0);

	log_warning(
		"database error",
		log_str("statement", link->call ? link->call->statement->name : "-"),
		log_str("sqlstate", code),
		log_str("table", PQresultErrorField(link->result, PG_DIAG_TABLE_NAME)),
		log_str("constraint", PQresultErrorField(link->result, PG_DIAG_CONSTRAINT_NAME)),
		log_str("why",
			quotes ? "-" : PQresultErrorField(link->result, PG_DIAG_MESSAGE_PRIMARY)));
}

/* The server is ready again after a call. */
static void finish_call(struct db_link *link)
{
	ExecStatusType status = PQresultStatus(link->result);

	if (PQtransactionStatus(link->conn) != PQTRANS_IDLE) {
		link_lost(link, "a transaction was left open");
	} else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		if (link->warned) {
			link_lost(link, "the server warned while committing");
			return;
		}
		become_idle(link);
		end_call(link, DB_DONE);
		drop_result(link);
	} else if (link->result && is_refusal(link->result)) {
		log_refusal(link);
		become_idle(link);
		end_call(link, DB_REFUSED);
		drop_result(link);
	} else {
		link_lost(link, conn_why(link));
	}
}

static void finish_prepare(struct db_link *link)
{
	if (PQresultStatus(link->result) == PGRES_COMMAND_OK) {
		assert(link->prepared_count < STATEMENTS_MAX);
		link->prepared[link->prepared_count++] = link->preparing;
		drop_result(link);
		send_call(link);
	} else if (link->result && is_refusal(link->result)) {
		log_refusal(link);
		become_idle(link);
		end_call(link, DB_REFUSED);
	} else {
		link_lost(link, conn_why(link));
	}
}

/* Classes 42 and 3F: the schema is not there, or not for us. Other errors pass: look again. */
static bool is_missing(const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return is_refusal(result) && code &&
	       (strncmp(code, "42", 2) == 0 || strncmp(code, "3F", 2) == 0);
}

static void finish_check(struct db_link *link)
{
	int version = 0;

	if (PQresultStatus(link->result) == PGRES_TUPLES_OK) {
		if (PQntuples(link->result) == 1)
			version = (int)strtol(PQgetvalue(link->result, 0, 0), NULL, 10);
	} else if (!is_missing(link->result)) {
		link_lost(link, conn_why(link));
		return;
	}
	if (version != admin_schema_version()) {
		link->owner->wrong_schema(link->owner, version);
		link_lost(link, "the schema is of another version");
		return;
	}
	link_set_state(link, LINK_GREETING);
	if (!PQsendQuery(link->conn, link->greeting))
		link_lost(link, conn_why(link));
	else
		link_flush(link);
}

static void finish_greeting(struct db_link *link)
{
	ExecStatusType status = PQresultStatus(link->result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		link_lost(link, conn_why(link));
		return;
	}
	if (status == PGRES_TUPLES_OK) {
		if (PQntuples(link->result) != 1) { /* a lane must have its number */
			link_lost(link, "the server gave no row");
			return;
		}
		link->lane_id = strtoll(PQgetvalue(link->result, 0, 0), NULL, 10);
	}
	link->backoff = BACKOFF_FIRST_MS;
	link->complained = false;
	become_idle(link);
}

static void link_finish(struct db_link *link)
{
	switch (link->state) {
	case LINK_CHECKING:
		finish_check(link);
		break;
	case LINK_GREETING:
		finish_greeting(link);
		break;
	case LINK_PREPARING:
		finish_prepare(link);
		break;
	case LINK_RUNNING:
		finish_call(link);
		break;
	default:
		break;
	}
}

/* One row of a long result; the clock of the call starts anew, for the server is at work. */
static void give_row(struct db_link *link)
{
	struct db_call *call = link->call;

	timer_start(link->loop, &link->timer, CALL_TIMEOUT_MS);
	if (!call || !call->row)
		return;
	call->result = link->result;
	call->row(call);
}

/* Takes all results that are here. An ERROR after a result (at commit) replaces it. */
static void link_read(struct db_link *link)
{
	PGnotify *notify;
	int rows = 0;

	if (!PQconsumeInput(link->conn)) {
		link_lost(link, conn_why(link));
		return;
	}
	while ((notify = PQnotifies(link->conn))) {
		link->owner->hint(link->owner, notify->extra);
		PQfreemem(notify);
	}
	/* On readable while bytes are left, input was consumed first: now flush again. */
	if (event_pending(link->writer, EV_WRITE, NULL)) {
		int left = PQflush(link->conn);

		if (left < 0) {
			link_lost(link, conn_why(link));
			return;
		}
		if (left == 0)
			event_del(link->writer);
	}
	if (link->state == LINK_IDLE) {
		if (PQstatus(link->conn) != CONNECTION_OK)
			link_lost(link, conn_why(link));
		return;
	}
	while (!PQisBusy(link->conn)) {
		PGresult *result;

		if (rows ==
		    ROWS_A_TURN) { /* what is left is in libpq's memory: no event will tell */
			event_active(link->reader, EV_READ, 0);
			return;
		}
		result = PQgetResult(link->conn);
		if (!result) {
			if (PQstatus(link->conn) != CONNECTION_OK)
				link_lost(link, conn_why(link));
			else
				link_finish(link);
			return;
		}
		PQclear(link->result);
		link->result = result;
		if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
			rows++;
			give_row(link);
		}
	}
}

static void on_readable(evutil_socket_t fd, short what, void *data)
{
	link_read(data);
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
	link_flush(data);
}

static void on_notice(void *data, const PGresult *notice)
{
	struct db_link *link = data;
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity && strcmp(severity, "WARNING") == 0) {
		link->warned = true;
		log_warning("database warning",
			    log_str("why", PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY)));
	}
}

/* The socket is connected for good: plain read and write events from here on. */
static int arm(struct db_link *link, void (*readable)(evutil_socket_t, short, void *),
	       void (*writable)(evutil_socket_t, short, void *))
{
	struct event_base *base = loop_base(link->loop);

	drop_events(link);
	link->socket = PQsocket(link->conn);
	link->reader = event_new(base, link->socket, EV_READ | EV_PERSIST, readable, link);
	link->writer = event_new(base, link->socket, EV_WRITE, writable, link);
	return link->reader && link->writer ? 0 : -ENOMEM;
}

static void connect_done(struct db_link *link)
{
	PQsetnonblocking(link->conn, 1);
	PQsetNoticeReceiver(link->conn, on_notice, link);
	if (arm(link, on_readable, on_writable) < 0 || event_add(link->reader, NULL) < 0) {
		link_lost(link, "out of memory");
		return;
	}
	link_set_state(link, LINK_CHECKING);
	timer_start(link->loop, &link->timer, link->config->connect_timeout);
	if (!PQsendQueryParams(link->conn, "SELECT coalesce(max(version), 0) FROM cowork.migration",
			       0, NULL, NULL, NULL, NULL, 0))
		link_lost(link, conn_why(link));
	else
		link_flush(link);
}

static void on_connecting(evutil_socket_t fd, short what, void *data);

/* One step of PQconnectPoll; the socket may be another one after each. */
static void connect_poll(struct db_link *link)
{
	PostgresPollingStatusType step = PQconnectPoll(link->conn);
	int failed = 0;

	switch (step) {
	case PGRES_POLLING_OK:
		connect_done(link);
		return;
	case PGRES_POLLING_READING:
		failed = arm(link, on_connecting, on_connecting) < 0 ||
			 event_add(link->reader, NULL) < 0;
		break;
	case PGRES_POLLING_WRITING:
		failed = arm(link, on_connecting, on_connecting) < 0 ||
			 event_add(link->writer, NULL) < 0;
		break;
	default:
		link_lost(link, conn_why(link));
		return;
	}
	if (failed)
		link_lost(link, "out of memory");
}

static void on_connecting(evutil_socket_t fd, short what, void *data)
{
	connect_poll(data);
}

static void link_connect(struct db_link *link)
{
	/* The role's own settings say most of this too; a link must not depend on how it was made.
	 */
	static const char *const keywords[] = { "dbname",
						"client_encoding",
						"fallback_application_name",
						"keepalives_idle",
						"keepalives_interval",
						"keepalives_count",
						"tcp_user_timeout",
						NULL };
	const char *const values[] = {
		link->config->conninfo, "UTF8", "coworkd", "5", "2", "3", "10000", NULL
	};

	link_set_state(link, LINK_CONNECTING);
	timer_start(link->loop, &link->timer, link->config->connect_timeout);
	link->conn = PQconnectStartParams(keywords, values, 1);
	if (!link->conn || PQstatus(link->conn) == CONNECTION_BAD) {
		link_lost(link, conn_why(link));
		return;
	}
	/* PQconnectPoll's contract: at first wait for writability. */
	if (arm(link, on_connecting, on_connecting) < 0 || event_add(link->writer, NULL) < 0)
		link_lost(link, "out of memory");
}

static void on_timer(struct timer *timer)
{
	struct db_link *link = container_of(timer, struct db_link, timer);

	if (link->state == LINK_WAITING)
		link_connect(link);
	else
		link_lost(link, "it took too long");
}

struct db_link *db_link_new(struct loop *loop, const struct config *config, const char *greeting,
			    struct db_link_owner *owner)
{
	struct db_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->loop = loop;
	link->config = config;
	link->greeting = greeting;
	link->owner = owner;
	link->socket = -1;
	link->backoff = BACKOFF_FIRST_MS;
	link->timer.fire = on_timer;
	link->told.run = on_told;
	link->state = LINK_WAITING;
	timer_start(loop, &link->timer, 0);
	return link;
}

struct db_link *db_link_free(struct db_link *link)
{
	if (!link)
		return NULL;
	drop_conn(link);
	free(link);
	return NULL;
}

bool db_link_idle(const struct db_link *link)
{
	return link->state == LINK_IDLE;
}

const char *db_link_trouble(const struct db_link *link)
{
	return link->trouble;
}

const char *db_link_state(const struct db_link *link)
{
	return state_names[link->state];
}

int64_t db_link_lane(const struct db_link *link)
{
	return link->lane_id;
}

int db_link_pid(const struct db_link *link)
{
	return link->conn ? PQbackendPID(link->conn) : 0;
}

void db_link_forget(struct db_link *link, const struct db_call *call)
{
	if (link->call == call)
		link->call = NULL;
}

void db_link_drop(struct db_link *link)
{
	link->backoff = BACKOFF_FIRST_MS;
	link->sent = false;
	link_lost(link, "closed by us");
}
