/*
 * A call on its way over a link, see db_link_internal.h:
 *
 *	IDLE -> (PREPARING ->) RUNNING -> IDLE                 one flight: the Sync commits
 *	IDLE -> (PREPARING ->) LOOKING -> RUNNING -> IDLE      two flights: BEGIN and a look, then
 *	                           |---> UNDOING -> IDLE       the work and COMMIT
 *
 * A call's answer counts only when the server is ready again (ReadyForQuery): in the extended
 * protocol the commit comes after the result. A WARNING during a call (a cancelled wait for a
 * standby is one) means that the commit is uncertain: the call ends as lost.
 */

#include <assert.h>
#include <string.h>

#include "daemon/db_link_internal.h"
#include "daemon/log.h"

static bool is_prepared(const struct db_link *link, const struct db_statement *statement)
{
	for (int i = 0; i < link->prepared_count; i++)
		if (link->prepared[i] == statement)
			return true;
	return false;
}

static bool send_statement(struct db_link *link)
{
	const struct db_call *call = link->call;

	return PQsendQueryPrepared(link->conn, call->statement->name, call->statement->params,
				   call->params, NULL, NULL, 0);
}

static bool send_word(struct db_link *link, const char *sql)
{
	return PQsendQueryParams(link->conn, sql, 0, NULL, NULL, NULL, NULL, 0);
}

/* Of a transaction that only looks nothing can come: `sent` stays false. */
static bool send_look(struct db_link *link)
{
	db_link_set_state(link, LINK_LOOKING);
	return PQenterPipelineMode(link->conn) && send_word(link, "BEGIN") &&
	       send_statement(link) && PQpipelineSync(link->conn);
}

static bool send_whole(struct db_link *link)
{
	db_link_set_state(link, LINK_RUNNING);
	link->sent = true;
	link->warned = false; /* what the server said before is not about this call */
	return send_statement(link) && (!link->call->row || PQsetSingleRowMode(link->conn));
}

static bool send_work(struct db_link *link)
{
	db_link_set_state(link, LINK_RUNNING);
	link->sent = true;
	link->warned = link->committed = false;
	return send_statement(link) && send_word(link, "COMMIT") && PQpipelineSync(link->conn);
}

static void flush_if(struct db_link *link, bool sent)
{
	if (sent)
		db_link_flush(link);
	else
		db_link_lost(link, db_link_why(link));
}

static void send_call(struct db_link *link)
{
	struct db_call *call = link->call;

	if (!call) { /* forgotten while its statement was prepared */
		db_link_rest(link);
		return;
	}
	if (call->prepare && !call->prepare(call, link->lane_id, PQbackendPID(link->conn))) {
		db_link_rest(link);
		db_link_end_call(link, DB_UNSENT);
		return;
	}
	flush_if(link, call->again ? send_look(link) : send_whole(link));
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
	db_link_set_state(link, LINK_PREPARING);
	flush_if(link, PQsendPrepare(link->conn, statement->name, statement->sql, statement->params,
				     NULL));
}

void db_link_keep_result(struct db_link *link, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	/* BEGIN comes before the rows; COMMIT, and what was skipped after an error, behind them. */
	if (link->result && PQpipelineStatus(link->conn) != PQ_PIPELINE_OFF &&
	    (status == PGRES_COMMAND_OK || status == PGRES_PIPELINE_ABORTED)) {
		link->committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
		PQclear(result);
		return;
	}
	PQclear(link->result);
	link->result = result;
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
	if (db_link_is_denied(link->result))
		db_link_tell_denied(link, link->call ? link->call->statement->name : "-");
}

/* Ends the transaction that is open, with nothing done; the call has its end with it. */
static void undo(struct db_link *link, enum db_status status)
{
	bool denied = status == DB_REFUSED && db_link_is_denied(link->result);

	db_link_set_state(link, LINK_UNDOING);
	link->sent = false;
	if (!PQexitPipelineMode(link->conn) || !PQsendQuery(link->conn, "ROLLBACK")) {
		db_link_lost(link, db_link_why(link));
		return;
	}
	db_link_flush(link);
	db_link_end_call(link, status);
	db_link_drop_result(link);
	if (denied)
		link->owner->denied(link->owner);
}

static void refuse_call(struct db_link *link)
{
	bool denied = db_link_is_denied(link->result);

	log_refusal(link);
	db_link_rest(link);
	db_link_end_call(link, DB_REFUSED);
	db_link_drop_result(link);
	if (denied)
		link->owner->denied(link->owner);
}

static bool is_refused(const struct db_link *link)
{
	return link->result && db_link_is_refusal(link->result);
}

/* What the first flight found is here, and the transaction open: now the second, or the end. */
static void finish_look(struct db_link *link)
{
	PGTransactionStatusType transaction = PQtransactionStatus(link->conn);
	bool found = PQresultStatus(link->result) == PGRES_TUPLES_OK;

	if (found && transaction == PQTRANS_INTRANS) {
		struct db_call *call = link->call;
		bool more;

		if (call) {
			call->lane_id = link->lane_id;
			call->result = link->result;
		}
		more = call && call->again(call);
		db_link_drop_result(link);
		if (more)
			flush_if(link, send_work(link));
		else
			undo(link, DB_UNSENT);
	} else if (is_refused(link) && transaction == PQTRANS_INERROR) {
		log_refusal(link);
		undo(link, DB_REFUSED);
	} else {
		db_link_lost(link, db_link_why(link));
	}
}

/* The server is ready again after a call. */
static void finish_call(struct db_link *link)
{
	ExecStatusType status = PQresultStatus(link->result);
	PGTransactionStatusType transaction = PQtransactionStatus(link->conn);
	bool two = PQpipelineStatus(link->conn) != PQ_PIPELINE_OFF;

	if (two && transaction == PQTRANS_INERROR && is_refused(link)) {
		log_refusal(link);
		undo(link, DB_REFUSED);
	} else if (transaction != PQTRANS_IDLE) {
		db_link_lost(link, "a transaction was left open");
	} else if (two && !PQexitPipelineMode(link->conn)) {
		db_link_lost(link, db_link_why(link));
	} else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		/* Only of a lane it matters whether it has committed. */
		bool warned = link->warned && link->lane_id > 0;

		if (warned || (two && !link->committed)) {
			db_link_lost(link, warned ? "the server warned while committing"
						  : "the server did not say COMMIT");
			return;
		}
		db_link_rest(link);
		db_link_end_call(link, DB_DONE);
		db_link_drop_result(link);
	} else if (is_refused(link)) {
		refuse_call(link);
	} else {
		db_link_lost(link, db_link_why(link));
	}
}

static void finish_prepare(struct db_link *link)
{
	if (PQresultStatus(link->result) == PGRES_COMMAND_OK) {
		assert(link->prepared_count < STATEMENTS_MAX);
		link->prepared[link->prepared_count++] = link->preparing;
		db_link_drop_result(link);
		send_call(link);
	} else if (is_refused(link)) {
		refuse_call(link);
	} else {
		db_link_lost(link, db_link_why(link));
	}
}

static void finish_undo(struct db_link *link)
{
	if (PQtransactionStatus(link->conn) != PQTRANS_IDLE) {
		db_link_lost(link, "a transaction could not be rolled back");
		return;
	}
	db_link_drop_result(link);
	db_link_rest(link);
}

void db_link_call_answered(struct db_link *link)
{
	switch (link->state) {
	case LINK_PREPARING:
		finish_prepare(link);
		break;
	case LINK_LOOKING:
		finish_look(link);
		break;
	case LINK_RUNNING:
		finish_call(link);
		break;
	case LINK_UNDOING:
		finish_undo(link);
		break;
	default:
		break;
	}
}
