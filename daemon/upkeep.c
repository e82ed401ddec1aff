/* See upkeep.h. */

#include "daemon/upkeep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/macros.h"
#include "common/token.h"
#include "daemon/db.h"
#include "daemon/log.h"
#include "daemon/services.h"

#define PERIOD_MS  60000
#define MORE_MS	   200 /* while a purge was full */
#define PURGE_ROWS "2000"
#define PURGE_FULL 2000

#define SEEN_MAX 256 /* more logins than that in a minute are noted the next time */

struct upkeep {
	struct services *services; /* borrows */
	struct timer timer;
	struct db_call call;
	struct db_call analyze;
	bool analyzing;
	struct db_call seen;
	bool seeing;
	char tokens[SEEN_MAX][TOKEN_ID_MAX];
	int token_count;
	char token_list[SEEN_MAX * TOKEN_ID_MAX + 2]; /* as an array of SQL */
	int64_t grown; /* events since the tables were last looked at */
};

static const struct db_statement PURGE = {
	.name = "purge",
	.sql = "SELECT cowork.purge($1::int)",
	.params = 1,
};

/* Looked at after so many events, and again after each such look: few looks, and early ones. */
#define GROWN_EVENTS 400

static const struct db_statement ANALYZE = {
	.name = "analyze_grown",
	.sql = "SELECT cowork.analyze_grown()",
	.params = 0,
};

static void on_analyzed(struct db_call *call)
{
	struct upkeep *upkeep = container_of(call, struct upkeep, analyze);

	upkeep->analyzing = false;
	if (call->status == DB_DONE && db_rows(call) == 1 && db_value_int(call, 0, 0) > 0)
		log_info("tables that grew were analysed",
			 log_int("tables", db_value_int(call, 0, 0)));
}

void upkeep_grew(struct upkeep *upkeep, int64_t events)
{
	upkeep->grown += events;
	if (upkeep->grown < GROWN_EVENTS || upkeep->analyzing)
		return;
	upkeep->grown = 0;
	upkeep->analyzing = true;
	upkeep->analyze.statement = &ANALYZE;
	upkeep->analyze.done = on_analyzed;
	db_submit(upkeep->services->db, DB_READS, &upkeep->analyze);
}

static void on_purged(struct db_call *call)
{
	struct upkeep *upkeep = container_of(call, struct upkeep, call);
	int64_t rows = call->status == DB_DONE && db_rows(call) == 1 ? db_value_int(call, 0, 0) : 0;

	if (rows > 0)
		log_info("old receipts and fences deleted", log_int("rows", rows));
	timer_start(upkeep->services->loop, &upkeep->timer,
		    rows >= PURGE_FULL ? MORE_MS : PERIOD_MS);
}

static const struct db_statement SEEN = {
	.name = "token_seen",
	.sql = "SELECT cowork.token_seen($1::text[])",
	.params = 1,
};

void upkeep_token_seen(struct upkeep *upkeep, const char *id)
{
	for (int i = 0; i < upkeep->token_count; i++)
		if (strcmp(upkeep->tokens[i], id) == 0)
			return;
	if (upkeep->token_count < SEEN_MAX)
		snprintf(upkeep->tokens[upkeep->token_count++], TOKEN_ID_MAX, "%s", id);
}

static void on_seen(struct db_call *call)
{
	container_of(call, struct upkeep, seen)->seeing = false;
}

/* Ids are base 32, so the array needs no quotes. */
static void note_tokens(struct upkeep *upkeep)
{
	size_t used = 0;

	if (upkeep->token_count == 0 || upkeep->seeing || !db_up(upkeep->services->db))
		return;
	for (int i = 0; i < upkeep->token_count; i++)
		used += (size_t)snprintf(upkeep->token_list + used,
					 sizeof(upkeep->token_list) - used, "%c%s", i ? ',' : '{',
					 upkeep->tokens[i]);
	snprintf(upkeep->token_list + used, sizeof(upkeep->token_list) - used, "}");
	upkeep->token_count = 0;
	upkeep->seeing = true;
	upkeep->seen.statement = &SEEN;
	upkeep->seen.params[0] = upkeep->token_list;
	upkeep->seen.done = on_seen;
	db_submit(upkeep->services->db, DB_CONTROL, &upkeep->seen);
}

static void on_timer(struct timer *timer)
{
	struct upkeep *upkeep = container_of(timer, struct upkeep, timer);

	note_tokens(upkeep);
	upkeep->call.statement = &PURGE;
	upkeep->call.params[0] = PURGE_ROWS;
	upkeep->call.done = on_purged;
	db_submit(upkeep->services->db, DB_CONTROL, &upkeep->call);
}

struct upkeep *upkeep_new(struct services *services)
{
	struct upkeep *upkeep = calloc(1, sizeof(*upkeep));

	if (!upkeep)
		return NULL;
	upkeep->services = services;
	upkeep->timer.fire = on_timer;
	timer_start(services->loop, &upkeep->timer, 1000);
	return upkeep;
}

struct upkeep *upkeep_free(struct upkeep *upkeep)
{
	if (!upkeep)
		return NULL;
	timer_stop(&upkeep->timer);
	db_forget(&upkeep->call);
	db_forget(&upkeep->analyze);
	db_forget(&upkeep->seen);
	free(upkeep);
	return NULL;
}
