#pragma once

/*
 * One request on its way through the rooms: conn -> dispatch -> method -> (lane or db) -> reply.
 *
 * It is answered exactly once, by request_reply_*() or request_fail*(), which consume it. A client
 * that leaves or a deadline that passes answers it too: the waits it is in are taken back by
 * `cancel`.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/field.h"
#include "common/rpc.h"
#include "daemon/auth.h"
#include "daemon/services.h"
#include "daemon/session.h"

struct cJSON;
struct method;
struct request;

#define REQUEST_ARENA_MAX      (1024 * 1024)
#define REQUEST_RETRY_AFTER_MS 500
#define REQUEST_REPLY_MAX      (1024 * 1024) /* cowork-protocol(7): a line out */

/* Where the answer goes: the connection, or a test's own. */
struct reply_sink {
	/* `line` ends in LF, or is empty where there was no memory for any; borrowed during the
	 * call. The request is freed right after. */
	void (*reply)(struct reply_sink *sink, struct request *request, const char *line,
		      size_t len);
	/* The lines behind this request's wait (true) or go on (false). */
	void (*hold)(struct reply_sink *sink, bool hold);
};

/* Rooms a request passes; each stamps the time it let the request go. */
enum room {
	ROOM_READ,     /* the line was complete */
	ROOM_DISPATCH, /* found, authorised, decoded */
	ROOM_QUEUE,    /* waited for its turn in a lane or pool */
	ROOM_DATABASE, /* answered by PostgreSQL */
	ROOM_COUNT,
};

/* The parameters every mutation has; first member of its struct. */
struct mutation {
	const char *key;
	struct field_int attempt;
	bool dry_run;
};

/* The parameters every site-bound method has. */
struct site_params {
	const char *site;
	struct field_int min_rev;
};

struct request {
	struct services *services; /* borrows */
	struct reply_sink *sink;   /* weak: NULL when the client has left */
	struct session *session;   /* weak, likewise */
	struct actor *actor;	   /* owns a reference; NULL before login */
	struct arena *arena;	   /* owns */
	struct cJSON *tree;	   /* owns: the line as parsed */
	struct rpc_id id;
	const struct method *method; /* NULL until found */
	void *data;		     /* decoded parameters, in the arena */
	struct site *site;	     /* NULL: not site-bound */
	enum scope scope;	     /* how far may() lets this one go */
	char name[24];		     /* request id in log and error data */
	int64_t stamps[ROOM_COUNT];  /* monotonic */
	struct timer deadline;
	struct sites_wait sites_wait;
	bool sites_asked;
	bool held;
	bool reading;

	/*
	 * Set while something is waited for: takes the wait back. True when certainly nothing was
	 * done, false when the outcome is unknown.
	 */
	bool (*cancel)(struct request *request);
	void *waiting; /* for cancel(): the struct command or struct query, in the arena */

	struct buf out; /* the reply being written */
	enum error_kind failure;
	int64_t retry_after_ms; /* in a refusal; 0: REQUEST_RETRY_AFTER_MS */
	struct jsonw writer;

	TAILQ_ENTRY(request) entry; /* on the connection */
};

/*
 * Takes over `tree`. The line's envelope was read into *envelope. NULL when out of memory (the tree
 * is freed then).
 */
struct request *request_new(struct services *services, struct reply_sink *sink,
			    struct session *session, struct cJSON *tree,
			    const struct rpc_request *envelope);
/* The client is gone: takes waits back and frees. */
void request_abandon(struct request *request);
/* The client asks for it ($/cancel): answers `cancelled` if certainly nothing was done. */
void request_cancel(struct request *request);

/* Lines behind this one on its connection wait until request_release() or the answer. */
void request_hold(struct request *request);
void request_release(struct request *request);

/* It waits for a read whose answer may be large: a connection has limits.reads_in_flight of these,
 * until their answers. */
void request_reading(struct request *request);

void request_stamp(struct request *request, enum room room);

/* begin gives a writer inside "result" that waits for one value; end sends and frees the request.
 */
struct jsonw *request_reply_begin(struct request *request);
void request_reply_end(struct request *request);
/* An empty object as result. */
void request_reply_empty(struct request *request);

/*
 * A refusal. `message` may be NULL for the kind's own text. begin leaves the writer in `data`,
 * where members may be added.
 */
struct jsonw *request_fail_begin(struct request *request, enum error_kind kind,
				 const char *message);
void request_fail_end(struct request *request);
void request_fail(struct request *request, enum error_kind kind, const char *message);
/* A wrong parameter: names the field and the rule. */
void request_fail_field(struct request *request, enum error_kind kind, const char *field,
			const char *rule, const char *message);

/* Writes an error line for a line that never became a request, e.g. what was not JSON. */
void request_write_error(struct buf *out, const struct rpc_id *id, enum error_kind kind,
			 const char *message);
