/* See query.h. */

#include "daemon/query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"
#include "daemon/log.h"
#include "daemon/noun.h"
#include "daemon/refusal.h"
#include "daemon/retry.h"

/* A booking with the longest texts: 2,000 + 200 + 200 + 200 signs of four bytes, and its names. */
#define ROW_MAX 32768

void query_param(struct query *query, int index, const char *text)
{
	query->call.params[index] = text;
}

void query_param_int(struct query *query, int index, int64_t value)
{
	query->call.params[index] = arena_printf(query->request->arena, "%lld", (long long)value);
}

static bool cancel_query(struct request *request)
{
	struct query *query = request->waiting;

	db_forget(&query->call);
	return true;
}

/* Who comes again when those that wait now have gone finds room. */
static void fail_busy(struct request *request, const struct db_call *call)
{
	request->retry_after_ms = retry_after(call->ahead_ms);
	request_fail(request, ERROR_busy, NULL);
}

/* What went wrong in the database; nothing was changed in any case. */
static void fail(struct request *request, const struct db_call *call)
{
	if (call->status == DB_REFUSED && strncmp(call->sqlstate, "57", 2) == 0)
		request_fail(request, ERROR_timeout, NULL);
	else if (call->status == DB_REFUSED && strncmp(call->sqlstate, "53", 2) != 0)
		request_fail(request, ERROR_internal, NULL);
	else if (call->status == DB_UNSENT && db_up(request->services->db))
		fail_busy(request, call);
	else
		request_fail(request, ERROR_db_unavailable, NULL);
}

static void on_done(struct db_call *call)
{
	struct query *query = container_of(call, struct query, call);
	struct request *request = query->request;

	request->cancel = NULL;
	request_stamp(request, ROOM_DATABASE);
	if (call->status == DB_DONE)
		query->done(query);
	else
		fail(request, call);
}

void query_run(struct request *request, struct query *query, const struct db_statement *statement,
	       void (*done)(struct query *query))
{
	query->request = request;
	query->done = done;
	query->call.statement = statement;
	query->call.done = on_done;
	request->waiting = query;
	request->cancel = cancel_query;
	request_reading(request);
	request_stamp(request, ROOM_QUEUE);
	db_submit(request->services->db, DB_READS, &query->call);
}

/* A client that saw a later rev than this database has: it must not be told older things as new. */
static bool is_behind(struct query *query)
{
	const struct request *request = query->request;
	const struct site_params *at;

	if (!(request->method->flags & METHOD_SITE) || db_rows(&query->call) == 0)
		return false;
	at = (const struct site_params *)((const char *)request->data +
					  request->method->site_offset);
	return at->min_rev.set && db_value_int(&query->call, 0, 0) < at->min_rev.value;
}

/* Writes the facts of one row as a value, or null if they do not fit; without memory the whole answer
 * fails. */
static void write_row(struct query *query, struct jsonw *w, int row)
{
	const char *text = db_value(&query->call, row, 1);
	_cleanup_(json_freep) struct cJSON *facts = NULL;
	struct json_problem problem;
	int r = json_parse(text, strlen(text), &json_limits_reply, &facts, &problem);

	if (r == 0) {
		r = noun_write(w, query->request->method->noun, facts, query->request);
	} else if (r != -ENOMEM) {
		log_error("facts are not JSON", log_str("why", problem.reason));
		jsonw_null(w);
	}
	if (r == -ENOMEM)
		query->request->out.failed = query->request->out.starved = true;
}

/* The thing that was asked for by `missing` is not there, or not for this actor. */
static void fail_missing(struct query *query)
{
	refusal_answer_missing(query->request, query->missing);
}

static void on_shown(struct query *query)
{
	struct request *request = query->request;
	struct jsonw *w;

	if (is_behind(query)) {
		request_fail(request, ERROR_behind, NULL);
		return;
	}
	if (db_rows(&query->call) == 0 || !db_value(&query->call, 0, 1)) {
		fail_missing(query);
		return;
	}
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_key(w, request->method->noun->name);
	write_row(query, w, 0);
	jsonw_kint(w, "rev", db_value_int(&query->call, 0, 0));
	jsonw_object_end(w);
	request_reply_end(request);
}

void query_show(struct request *request, struct query *query, const struct db_statement *statement,
		const char *missing)
{
	query->missing = missing;
	query_run(request, query, statement, on_shown);
}

/* Cursors are opaque: hex of the text to go on after. */
void query_write_cursor(struct jsonw *w, const char *text, struct arena *arena)
{
	size_t len = strlen(text);
	char *hex = arena_alloc(arena, 2 * len + 1);

	if (hex)
		hex_encode(text, len, hex);
	jsonw_kstr(w, "cursor", hex);
}

bool query_read_cursor(struct request *request, const char *cursor, char **ret)
{
	size_t len = cursor ? strlen(cursor) : 0;
	char *text = cursor ? arena_alloc(request->arena, len / 2 + 1) : NULL;

	*ret = text;
	if (!cursor)
		return true;
	if (!text) {
		request_fail(request, ERROR_busy, NULL);
		return false;
	}
	if (len % 2 == 0 && hex_decode(cursor, text, len / 2) == 0 && strlen(text) == len / 2 &&
	    utf8_valid(text, len / 2))
		return true;
	request_fail_field(request, ERROR_params, "cursor", "format",
			   "cursor is not one that this server gave");
	return false;
}

/* Whether one more row fits the line and the memory of a request, however long its texts are. */
static bool has_room(const struct request *request)
{
	return request->out.len + ROW_MAX < REQUEST_REPLY_MAX &&
	       arena_used(request->arena) + ROW_MAX < REQUEST_ARENA_MAX;
}

static void on_listed(struct query *query)
{
	struct request *request = query->request;
	int rows = db_rows(&query->call);
	int shown = 0;
	const char *last;
	struct jsonw *w;
	bool more;

	if (is_behind(query)) {
		request_fail(request, ERROR_behind, NULL);
		return;
	}
	if (query->of && rows == 0) {
		refusal_answer_missing(request, query->of);
		return;
	}
	if (query->missing && !query->page->cursor &&
	    (rows == 0 || !db_value(&query->call, 0, 1))) {
		fail_missing(query);
		return;
	}
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_key(w, request->method->noun->plural);
	jsonw_array(w);
	while (shown < rows && shown < query->limit && db_value(&query->call, shown, 1) &&
	       has_room(request))
		write_row(query, w, shown++);
	jsonw_array_end(w);
	jsonw_kint(w, "rev", rows > 0 ? db_value_int(&query->call, 0, 0) : 0);
	more = shown > 0 && shown < rows;
	last = more ? db_value(&query->call, shown - 1, 2) : NULL;
	if (more && !last) {
		log_error("a row has no text to go on after",
			  log_str("statement", query->call.statement->name));
		request_fail(request, ERROR_internal, NULL);
		return;
	}
	jsonw_kbool(w, "has_more", more);
	if (more)
		query_write_cursor(w, last, request->arena);
	jsonw_object_end(w);
	request_reply_end(request);
}

void query_list(struct request *request, struct query *query, const struct db_statement *statement,
		const struct page_params *page)
{
	char *after;

	query->request = request;
	query->page = page;
	query->limit = page->limit.set ? page->limit.value : QUERY_LIMIT;
	if (!query_read_cursor(request, page->cursor, &after))
		return;
	query_param(query, statement->params - 2, after);
	query_param_int(query, statement->params - 1,
			query->limit + 1); /* one more tells has_more */
	query_run(request, query, statement, on_listed);
}
