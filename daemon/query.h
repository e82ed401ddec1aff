#pragma once

/*
 * A read on its way through the pool of reading links: what all methods that show or list share.
 *
 * The statement gives rows of (rev, facts, cursor): the site's rev in the same snapshot, the facts
 * as JSON (NULL where nothing fits: a left join on the site), and for lists the text to go on
 * after.
 */

#include "daemon/db.h"
#include "daemon/request.h"

struct noun;

#define QUERY_LIMIT	100 /* rows of a page unless asked */
#define QUERY_LIMIT_MAX 500

/* The parameters every list has. */
struct page_params {
	struct field_int limit;
	const char *cursor;
};

#define PAGE_FIELDS(type)                                                                          \
	{ "limit",                                                                                 \
	  FIELD_INT,                                                                               \
	  offsetof(type, page.limit),                                                              \
	  FIELD_META,                                                                              \
	  1,                                                                                       \
	  QUERY_LIMIT_MAX,                                                                         \
	  .help = "rows of a page; 100 unless told" },                                             \
	{                                                                                          \
		"cursor", FIELD_STRING, offsetof(type, page.cursor), FIELD_META, 1, 512,           \
			.help = "of the page before"                                               \
	}

struct query {
	struct request *request;
	struct db_call call;
	const char *missing; /* show: the parameter to name when there is no such thing */
	const char *of; /* list: the parameter to name when the statement gives no row at all, not
			   even one without facts: what it names is not there */
	const struct page_params *page; /* list */
	int64_t limit;
	void (*done)(struct query *query); /* instead of the usual reply: consumes the request */
};

/* The statement's parameters; text borrowed or in the request's arena. Up to DB_PARAMS_MAX. */
void query_param(struct query *query, int index, const char *text);
void query_param_int(struct query *query, int index, int64_t value);

/* One thing of the method's noun, or not_found naming `missing`. */
void query_show(struct request *request, struct query *query, const struct db_statement *statement,
		const char *missing);
/*
 * A page of the method's noun. The statement's last two parameters are the cursor's text (NULL:
 * from the beginning) and the number of rows; query_list() sets them.
 */
void query_list(struct request *request, struct query *query, const struct db_statement *statement,
		const struct page_params *page);
/* Any statement; `done` consumes the request after a DB_DONE. */
void query_run(struct request *request, struct query *query, const struct db_statement *statement,
	       void (*done)(struct query *query));

/* Cursors are opaque to clients: hex of the text to go on after. Member "cursor". */
void query_write_cursor(struct jsonw *w, const char *text, struct arena *arena);
/* The text of a cursor, NULL for none. False: it has answered the request. */
bool query_read_cursor(struct request *request, const char *cursor, char **ret);
