/*
 * See db_link.h. The life of a link:
 *
 *	WAITING -> CONNECTING -> CHECKING -> RIGHTS -> GREETING -> IDLE -> a call (db_link_call.c) -> IDLE ...
 *	   ^________________________ db_link_lost() from anywhere ______________|
 */

#include "daemon/db_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/crypto.h"
#include "common/macros.h"
#include "daemon/admin.h"
#include "daemon/db_link_internal.h"
#include "daemon/log.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS	 5000
/* Rows handed on before the loop has its turn: a few hundred microseconds' work. */
#define ROWS_A_TURN 128

static const char *const state_names[] = {
	"waiting to connect again",
	"connecting",
	"checking the schema",
	"checking the rights",
	"greeting",
	"idle",
	"preparing a statement",
	"looking",
	"running",
	"rolling back",
};

void db_link_set_state(struct db_link *link, enum link_state state)
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

void db_link_drop_result(struct db_link *link)
{
	PQclear(link->result);
	link->result = NULL;
}

static void drop_conn(struct db_link *link)
{
	drop_events(link);
	timer_stop(&link->timer);
	timer_stop(&link->more);
	loop_cancel(link->loop, &link->told);
	db_link_drop_result(link);
	PQfinish(link->conn);
	link->conn = NULL;
	link->prepared_count = 0;
	link->lane_id = 0;
}

void db_link_end_call(struct db_link *link, enum db_status status)
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
	       link->state == LINK_RIGHTS || link->state == LINK_GREETING;
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
		{ DB_LINK_LACKS_RIGHTS, "",
		  "the role lacks rights: coworkd setup gives them back" },
		{ DB_LINK_WRONG_SCHEMA, "",
		  "the schema is of another version: coworkd migrate, or the coworkd it belongs "
		  "to" },
		{ "is not permitted to log in", "", "the role may not log in" },
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
void db_link_lost(struct db_link *link, const char *why)
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
	db_link_set_state(link, LINK_WAITING);
	timer_start(link->loop, &link->timer, with_jitter(link->backoff));
	link->backoff = link->backoff * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : link->backoff * 2;
	link->sent = link->warned = false;
	link->owner->down(link->owner, link);
	link->lane_id = lane;
	db_link_end_call(link, status);
	link->lane_id = 0;
}

/* libpq's messages may span lines and name no secrets; the log escapes them. */
const char *db_link_why(struct db_link *link)
{
	const char *text = link->conn ? PQerrorMessage(link->conn) : "out of memory";

	return *text ? text : "the server closed the connection";
}

static void on_told(struct task *task)
{
	struct db_link *link = container_of(task, struct db_link, told);

	link->owner->ready(link->owner, link);
}

void db_link_rest(struct db_link *link)
{
	link->sent = link->warned = false;
	timer_stop(&link->timer);
	db_link_set_state(link, LINK_IDLE);
	loop_defer(link->loop, &link->told);
}

void db_link_flush(struct db_link *link)
{
	int left = PQflush(link->conn);

	if (left < 0)
		db_link_lost(link, db_link_why(link));
	else if (left > 0)
		event_add(link->writer, NULL);
}

bool db_link_is_refusal(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return severity && strcmp(severity, "ERROR") == 0;
}

/* Classes 42 and 3F: the schema is not there, or not for us. Other errors pass: look again. */
static bool is_missing(const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return db_link_is_refusal(result) && code &&
	       (strncmp(code, "42", 2) == 0 || strncmp(code, "3F", 2) == 0);
}

bool db_link_is_denied(const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return code && strcmp(code, DB_LINK_DENIED) == 0;
}

static void ask_version(struct db_link *link)
{
	db_link_set_state(link, LINK_CHECKING);
	if (!PQsendQueryParams(link->conn, "SELECT coalesce(max(version), 0) FROM cowork.migration",
			       0, NULL, NULL, NULL, NULL, 0))
		db_link_lost(link, db_link_why(link));
	else
		db_link_flush(link);
}

static void refuse_schema(struct db_link *link, int version)
{
	link->owner->wrong_schema(link->owner, version);
	db_link_lost(link, DB_LINK_WRONG_SCHEMA);
}

static void finish_check(struct db_link *link)
{
	int version = 0;

	/* Not even that may be read: what else is missing is told with it. */
	link->denied = db_link_is_denied(link->result);
	if (link->denied) {
		db_link_drop_result(link);
		db_link_check_rights(link);
		return;
	}

	if (PQresultStatus(link->result) == PGRES_TUPLES_OK) {
		if (PQntuples(link->result) == 1)
			version = (int)strtol(PQgetvalue(link->result, 0, 0), NULL, 10);
	} else if (!is_missing(link->result)) {
		db_link_lost(link, db_link_why(link));
		return;
	}
	if (version != admin_schema_version()) {
		refuse_schema(link, version);
		return;
	}
	db_link_drop_result(link);
	db_link_check_rights(link);
}

static void finish_rights(struct db_link *link)
{
	if (!db_link_has_rights(link))
		return;
	db_link_drop_result(link);
	if (link->denied && !link->asked_again) { /* they may have been given meanwhile */
		link->asked_again = true;
		ask_version(link);
		return;
	}
	if (link->denied) { /* it is not ours, then */
		refuse_schema(link, 0);
		return;
	}
	db_link_set_state(link, LINK_GREETING);
	if (!PQsendQuery(link->conn, link->greeting))
		db_link_lost(link, db_link_why(link));
	else
		db_link_flush(link);
}

static void finish_greeting(struct db_link *link)
{
	ExecStatusType status = PQresultStatus(link->result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		db_link_lost(link, db_link_why(link));
		return;
	}
	if (status == PGRES_TUPLES_OK) {
		if (PQntuples(link->result) != 1) { /* a lane must have its number */
			db_link_lost(link, "the server gave no row");
			return;
		}
		link->lane_id = strtoll(PQgetvalue(link->result, 0, 0), NULL, 10);
	}
	db_link_drop_result(link);
	link->backoff = BACKOFF_FIRST_MS;
	link->complained = false;
	db_link_rest(link);
}

static void link_finish(struct db_link *link)
{
	switch (link->state) {
	case LINK_CHECKING:
		finish_check(link);
		break;
	case LINK_RIGHTS:
		finish_rights(link);
		break;
	case LINK_GREETING:
		finish_greeting(link);
		break;
	default:
		db_link_call_answered(link);
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
		db_link_lost(link, db_link_why(link));
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
			db_link_lost(link, db_link_why(link));
			return;
		}
		if (left == 0)
			event_del(link->writer);
	}
	if (link->state == LINK_IDLE) {
		if (PQstatus(link->conn) != CONNECTION_OK)
			db_link_lost(link, db_link_why(link));
		return;
	}
	while (!PQisBusy(link->conn)) {
		PGresult *result;

		/* What is left is in libpq's memory: no event will tell. By a timer, for an event that
		 * makes itself active comes before libevent looks at a socket again. */
		if (rows == ROWS_A_TURN) {
			timer_start(link->loop, &link->more, 0);
			return;
		}
		result = PQgetResult(link->conn);
		if (!result && PQstatus(link->conn) != CONNECTION_OK) {
			db_link_lost(link, db_link_why(link));
			return;
		}
		if (!result && PQpipelineStatus(link->conn) != PQ_PIPELINE_OFF)
			continue; /* one of several statements has ended; their Sync comes last */
		if (!result || PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			link_finish(link);
			return;
		}
		db_link_keep_result(link, result);
		if (PQresultStatus(link->result) == PGRES_SINGLE_TUPLE) {
			rows++;
			give_row(link);
		}
	}
}

static void on_readable(evutil_socket_t fd, short what, void *data)
{
	link_read(data);
}

static void on_more(struct timer *timer)
{
	link_read(container_of(timer, struct db_link, more));
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
	db_link_flush(data);
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
		db_link_lost(link, "out of memory");
		return;
	}
	timer_start(link->loop, &link->timer, link->config->connect_timeout);
	link->asked_again = false;
	ask_version(link);
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
		db_link_lost(link, db_link_why(link));
		return;
	}
	if (failed)
		db_link_lost(link, "out of memory");
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

	db_link_set_state(link, LINK_CONNECTING);
	timer_start(link->loop, &link->timer, link->config->connect_timeout);
	link->conn = PQconnectStartParams(keywords, values, 1);
	if (!link->conn || PQstatus(link->conn) == CONNECTION_BAD) {
		db_link_lost(link, db_link_why(link));
		return;
	}
	/* PQconnectPoll's contract: at first wait for writability. */
	if (arm(link, on_connecting, on_connecting) < 0 || event_add(link->writer, NULL) < 0)
		db_link_lost(link, "out of memory");
}

static void on_timer(struct timer *timer)
{
	struct db_link *link = container_of(timer, struct db_link, timer);

	if (link->state == LINK_WAITING)
		link_connect(link);
	else
		db_link_lost(link, "it took too long");
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
	link->more.fire = on_more;
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

void db_link_forget(struct db_link *link, const struct db_call *call)
{
	if (link->call == call)
		link->call = NULL;
}

void db_link_drop(struct db_link *link)
{
	link->backoff = BACKOFF_FIRST_MS;
	link->sent = false;
	db_link_lost(link, "closed by us");
}
