/*
 * What PostgreSQL answers, wrong in every way: all rooms of the daemon above db.h, with answers of
 * the input's. A script of lines:
 *
 *	@N		who asks: the role of number N
 *	=NAME		an answer to the statement NAME, its rows in the lines behind it; the last
 *			answer to a statement stands for all that follow
 *	|VALUE|VALUE	a row; "~" is NULL
 *	!NAME SQLSTATE	an answer: refused, with everything
 *	?NAME		an answer: the link is lost
 *	>JSON		a request, asked when the answers before it are known
 *	:SITE REV	another instance's hint
 *
 * Held against it: a request is answered once, by one line that is a reply; and nothing that the
 * database may say makes us fall.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/day_texts.h"
#include "daemon/directory.h"
#include "daemon/dispatch.h"
#include "daemon/feed.h"
#include "daemon/log.h"
#include "daemon/request.h"
#include "daemon/upkeep.h"
#include "daemon/watch.h"
#include "daemon/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MAX    64
#define COLUMNS_MAX 12
#define ANSWERS_MAX 96
#define CALLS_MAX   200 /* answered for one line: a daemon that asks for ever is stopped */

struct answer {
	const char *name;
	enum db_status status;
	char sqlstate[6];
	bool used; /* and the last one of its name: it stands */
	int row_count;
	char *rows[ROWS_MAX][COLUMNS_MAX];
};

static struct answer answers[ANSWERS_MAX];
static size_t answer_count;
static TAILQ_HEAD(, db_call) calls;
static const struct answer *given; /* to the call whose done() runs */
static int given_row;		   /* in single-row mode, else 0 */

static struct loop *loop;
static struct config config;
static struct services *services;
static struct session session;
static TAILQ_HEAD(, request) requests;
static struct reply_sink sink;

/* ---- the database, as the rooms above see it ---- */

bool db_up(const struct db *db)
{
	return true;
}

const char *db_state(const struct db *db)
{
	return "up";
}

void db_submit(struct db *db, enum db_pool_kind kind, struct db_call *call)
{
	call->pool = (struct db_pool *)&calls;
	TAILQ_INSERT_TAIL(&calls, call, entry);
}

void db_forget(struct db_call *call)
{
	if (call->pool)
		TAILQ_REMOVE(&calls, call, entry);
	call->pool = NULL;
}

void db_drop_link(struct db_call *call)
{
}

void db_hint(struct db *db, int site_id, int64_t rev)
{
}

int db_rows(const struct db_call *call)
{
	return given ? given->row_count : 0;
}

const char *db_value(const struct db_call *call, int row, int column)
{
	/* As libpq has it: what the server did not send is NULL. */
	if (!given || row + given_row >= given->row_count || column >= COLUMNS_MAX)
		return NULL;
	return given->rows[row + given_row][column];
}

int db_value_len(const struct db_call *call, int row, int column)
{
	const char *value = db_value(call, row, column);

	return value ? (int)strlen(value) : 0;
}

int64_t db_value_int(const struct db_call *call, int row, int column)
{
	const char *value = db_value(call, row, column);

	return value ? strtoll(value, NULL, 10) : 0;
}

static const struct answer *find_answer(const char *name)
{
	struct answer *found = NULL;

	for (size_t i = 0; i < answer_count; i++) {
		if (strcmp(answers[i].name, name) != 0)
			continue;
		found = &answers[i];
		if (!found->used)
			break;
	}
	if (found)
		found->used = true;
	return found;
}

static void give(struct db_call *call, void (*to)(struct db_call *call),
		 const struct answer *answer)
{
	given = answer && answer->row_count > 0 ? answer : NULL;
	to(call);
	given = NULL;
}

static void answer_call(struct db_call *call)
{
	const struct answer *answer = find_answer(call->statement->name);
	bool sent = !call->prepare || call->prepare(call, 7, 4711);

	call->pool = NULL;
	call->lane_id = 7;
	call->status = !sent || !answer ? DB_UNSENT : answer->status;
	snprintf(call->sqlstate, sizeof(call->sqlstate), "%s", answer ? answer->sqlstate : "");
	if (call->status == DB_DONE && call->again) {
		given = answer->row_count > 0 ? answer : NULL;
		sent = call->again(call);
		given = NULL;
		answer = find_answer(call->statement->name);
		call->status = sent ? answer->status : DB_UNSENT;
	}
	if (call->status == DB_DONE && call->row) {
		for (given_row = 0; given_row < answer->row_count; given_row++)
			give(call, call->row, answer);
		given_row = 0;
		answer = NULL;
	}
	give(call, call->done, call->status == DB_DONE ? answer : NULL);
}

static void answer_all(void)
{
	struct db_call *call;

	loop_pass(loop);
	for (int i = 0; i < CALLS_MAX && (call = TAILQ_FIRST(&calls)); i++) {
		TAILQ_REMOVE(&calls, call, entry);
		answer_call(call);
		loop_pass(loop);
	}
}

/* What is said of it is not looked at. */
void __wrap_log_write(enum log_level level, const char *message, const struct log_field *fields);

void __wrap_log_write(enum log_level level, const char *message, const struct log_field *fields)
{
}

/* ---- the daemon, as dispatch and the rooms below see it ---- */

static void on_committed(struct lane_events *events, int site_id, int64_t rev,
			 const struct cJSON *list)
{
	upkeep_grew(services->upkeep, (int64_t)json_count(list));
}

static void on_people_changed(struct directory_events *events, int64_t person_id, int64_t tenant_id)
{
}

static void on_reply(struct reply_sink *at, struct request *request, const char *line, size_t len)
{
	struct rpc_response response;
	struct json_problem problem;
	struct cJSON *tree;
	const char *reason;

	TAILQ_REMOVE(&requests, request, entry);
	assert(len > 0 && line[len - 1] == '\n' && !memchr(line, '\n', len - 1));
	assert(json_parse(line, len - 1, &json_limits_reply, &tree, &problem) == 0);
	assert(rpc_read_response(tree, &response, &reason) == 0);
	assert(rpc_id_equal(&response.id, &request->id));
	json_free(tree);
}

static void on_hold(struct reply_sink *at, bool hold)
{
}

static bool has_room(struct outlet *outlet)
{
	return true;
}

static bool take_notification(struct outlet *outlet, const char *line, size_t len)
{
	struct json_problem problem;
	struct cJSON *tree;

	assert(len > 0 && line[len - 1] == '\n');
	assert(json_parse(line, len - 1, &json_limits_reply, &tree, &problem) == 0);
	json_free(tree);
	return true;
}

static struct directory_events directory_events = { .changed = on_people_changed };

static void open_rooms(void)
{
	services = calloc(1, sizeof(*services));
	assert(services);
	services->loop = loop;
	services->config = &config;
	services->lane_events.committed = on_committed;
	services->sites = sites_new(loop, NULL);
	services->feed = feed_new(loop, NULL, services->sites);
	services->directory = directory_new(loop, NULL, services->feed,
					    sites_operator(services->sites), &directory_events);
	services->people = directory_people(services->directory);
	services->day_texts = day_texts_new(DAY_TEXTS_BYTES);
	services->upkeep = upkeep_new(services);
	services->watches = watches_new(services);
	services->workers = workers_new(loop, 1);
	assert(services->day_texts && services->watches && services->workers);
	session = (struct session){ .greeted = true,
				    .outlet = { .has_room = has_room, .send = take_notification },
				    .peer = "127.0.0.1" };
	sink = (struct reply_sink){ .reply = on_reply, .hold = on_hold };
}

static void close_rooms(void)
{
	struct request *request;
	struct site *site;

	while ((request = TAILQ_FIRST(&requests))) {
		TAILQ_REMOVE(&requests, request, entry);
		request_abandon(request);
	}
	watches_leave(&session);
	session_end(&session, NULL, false);
	workers_free(services->workers);
	day_texts_free(services->day_texts);
	upkeep_free(services->upkeep);
	watches_free(services->watches);
	directory_free(services->directory);
	site = sites_operator(services->sites);
	for (; site; site = sites_next(services->sites, site->id == SITE_OPERATOR ? NULL : site))
		site->lane = lane_free(site->lane);
	feed_free(services->feed);
	sites_free(services->sites);
	free(services);
	while (!TAILQ_EMPTY(&calls)) /* nobody's any more */
		TAILQ_REMOVE(&calls, TAILQ_FIRST(&calls), entry);
	loop_pass(loop);
}

/* ---- the script ---- */

static void log_in(int role)
{
	struct actor *actor = actor_new();

	assert(actor);
	actor->person_id = 7;
	actor->login = strdup("olive@example.com");
	actor->name = strdup("Olive");
	actor->role = (enum role)(role % ROLE_COUNT);
	actor->site_id = ACTOR_ALL_SITES;
	actor->expires_usec = INT64_MAX;
	if (actor->role == ROLE_MEMBER || actor->role == ROLE_TENANT_ADMIN) {
		actor->tenant_id = 1;
		actor->tenant = strdup("acme");
	}
	session_begin(&session, actor);
	actor_unref(actor);
}

static void ask(char *line)
{
	struct rpc_request envelope = { 0 };
	struct json_problem problem;
	struct request *request;
	struct cJSON *tree;
	const char *reason;

	if (json_parse(line, strlen(line), &json_limits_request, &tree, &problem) < 0)
		return;
	if (rpc_read_request(tree, &envelope, &reason) != ERROR_NONE ||
	    envelope.id.kind == RPC_ID_NONE) {
		json_free(tree);
		return;
	}
	request = request_new(services, &sink, &session, tree, &envelope);
	assert(request);
	TAILQ_INSERT_TAIL(&requests, request, entry);
	dispatch(request, envelope.method, envelope.params);
	answer_all();
}

static struct answer *add_answer(const char *name, enum db_status status)
{
	struct answer *answer;

	if (answer_count == ANSWERS_MAX)
		return NULL;
	answer = &answers[answer_count++];
	*answer = (struct answer){ .name = name, .status = status };
	return answer;
}

static void add_row(char *line)
{
	struct answer *answer = answer_count ? &answers[answer_count - 1] : NULL;
	char *value;

	if (!answer || answer->row_count == ROWS_MAX || answer->status != DB_DONE)
		return;
	for (int i = 0; i < COLUMNS_MAX && (value = strsep(&line, "|")); i++)
		answer->rows[answer->row_count][i] = strcmp(value, "~") == 0 ? NULL : value;
	answer->row_count++;
}

static void take_line(char *line)
{
	struct answer *answer;
	int site;
	long long rev;
	char *code;

	switch (*line++) {
	case '@':
		log_in((unsigned char)*line);
		break;
	case '=':
		add_answer(line, DB_DONE);
		break;
	case '|':
		add_row(line);
		break;
	case '!':
		code = strsep(&line, " ");
		answer = add_answer(code, DB_REFUSED);
		if (answer)
			snprintf(answer->sqlstate, sizeof(answer->sqlstate), "%.5s",
				 line ? line : "");
		break;
	case '?':
		add_answer(line, DB_LOST);
		break;
	case '>':
		ask(line);
		break;
	case ':':
		if (sscanf(line, "%d %lld", &site, &rev) == 2)
			feed_hint(services->feed, site, rev);
		answer_all();
		break;
	}
}

static void begin_once(void)
{
	static struct config_file *file; /* kept: the values borrow its texts */

	if (loop)
		return;
	TAILQ_INIT(&calls);
	TAILQ_INIT(&requests);
	loop = loop_new();
	file = config_new();
	assert(loop && file);
	config = *config_values(file);
	config.password_memory = 64 * 1024;
	config.password_passes = 1;
	config.requests = CONFIG_REQUESTS_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text, *line;

	assert(text);
	begin_once();
	answer_count = 0;
	open_rooms();
	log_in(ROLE_OPERATOR);
	while ((line = strsep(&rest, "\n")))
		take_line(line);
	answer_all();
	close_rooms();
	free(text);
	return 0;
}
