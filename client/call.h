#pragma once

/*
 * One request with its retries. A mutation keeps its key over all tries, so that however often it
 * is sent it happens once; when time is up and the answer is still not known, the user is given the
 * command that asks for it.
 */

#include <stdbool.h>

#include "client/params.h"
#include "client/session.h"

struct client;

struct call {
	const char *method;
	struct params params;
	bool mutation;
	const char *cursor; /* of the page wanted; NULL: the first, or no pages */
	int64_t limit;	    /* rows of a page; 0: no pages */
	const char *site;   /* whose rev the answer carries; NULL: none */
	struct reply reply; /* of the last answer */
};

/* A read or a mutation without a site; the caller adds to call->params. */
void call_begin(struct call *call, const char *method, bool mutation);
/* The same for a site: adds `site` and, for a read, `min_rev`. False after saying that no site is
 * known. */
bool call_begin_site(struct client *client, struct call *call, const char *method, bool mutation);
void call_done(struct call *call);

/* 0 with the answer in call_result(), or an exit status after telling why not. */
int call_run(struct client *client, struct call *call);
/*
 * One try, without retries and without a word; for reads. 0 with the answer, -EREMOTE when it was
 * refused (call->reply tells why), or the errors of connection_open() and session_next().
 */
int call_try(struct client *client, struct call *call);
const struct cJSON *call_result(const struct call *call);

/* How long to wait before try `attempt` (2 = the first again), in microseconds. `asked_ms` is the
 * server's retry_after_ms or 0. */
int64_t call_backoff(unsigned attempt, int64_t asked_ms);
/* The server's retry_after_ms in an error reply, or 0. */
int64_t call_retry_after(const struct reply *reply);
