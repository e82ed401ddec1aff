#pragma once

/*
 * The JSON-RPC 2.0 envelope, strict: named parameters only, no batches, ids are strings (at most 64
 * bytes) or integers below 2^53, nothing beside jsonrpc, id, method, params (or result, error).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/jsonw.h"

struct cJSON;

#define RPC_ID_MAX     64
#define RPC_METHOD_MAX 64

struct rpc_id {
	enum { RPC_ID_NONE, RPC_ID_INT, RPC_ID_STRING } kind;
	int64_t number;
	char text[RPC_ID_MAX + 1];
};

bool rpc_id_equal(const struct rpc_id *a, const struct rpc_id *b);

/* A request or notification as received. */
struct rpc_request {
	struct rpc_id id;	    /* NONE: a notification */
	const char *method;	    /* borrowed from the tree */
	const struct cJSON *params; /* borrowed; NULL if absent */
};

/*
 * Reads a request out of a parsed line. ERROR_NONE, or ERROR_request with *ret_reason (static
 * text); the id is filled whenever one could be read, so that the error can carry it.
 */
enum error_kind rpc_read_request(const struct cJSON *tree, struct rpc_request *ret,
				 const char **ret_reason);

/* What a client receives. */
struct rpc_response {
	enum { RPC_RESULT, RPC_ERROR, RPC_NOTIFICATION } type;
	struct rpc_id id;
	const struct cJSON *result; /* RESULT */
	int code;		    /* ERROR */
	const char *message;	    /* ERROR */
	const struct cJSON *data;   /* ERROR; may be NULL */
	const char *method;	    /* NOTIFICATION */
	const struct cJSON *params; /* NOTIFICATION */
};

/* 0 or -EBADMSG with *ret_reason. */
int rpc_read_response(const struct cJSON *tree, struct rpc_response *ret, const char **ret_reason);

/*
 * Writers. begin leaves the writer inside the envelope waiting for one value (params, result), end
 * closes it and adds LF. rpc_write_id writes null for NONE.
 */
void rpc_write_id(struct jsonw *w, const struct rpc_id *id);
void rpc_request_begin(struct jsonw *w, const struct rpc_id *id, const char *method);
void rpc_result_begin(struct jsonw *w, const struct rpc_id *id);
void rpc_notification_begin(struct jsonw *w, const char *method);
/* The writer waits for the members of `data`, whose kind is already written. */
void rpc_error_begin(struct jsonw *w, const struct rpc_id *id, enum error_kind kind,
		     const char *message);
void rpc_error_end(struct jsonw *w);
void rpc_end(struct jsonw *w);
