#pragma once

/* What the files of a link share: its struct, and the steps of one that the other takes. */

#include <libpq-fe.h>

#include "daemon/db_link.h"

#define STATEMENTS_MAX 96
/* Above the role's statement_timeout (10 s): the server had its chance to end it by itself. */
#define CALL_TIMEOUT_MS 12000

enum link_state {
	LINK_WAITING,	 /* for the backoff timer */
	LINK_CONNECTING, /* PQconnectPoll */
	LINK_CHECKING,	 /* the schema's version */
	LINK_RIGHTS,	 /* what the role may do */
	LINK_GREETING,	 /* the pool's own first statement */
	LINK_IDLE,
	LINK_PREPARING, /* a statement's first use here */
	LINK_LOOKING,	/* the first of a call's two flights: its transaction stays open */
	LINK_RUNNING,	/* the call's only flight, or the one that commits */
	LINK_UNDOING,	/* ROLLBACK */
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
	struct timer more;  /* rows that are here already have their next turn */
	struct timer timer; /* backoff, connect and call deadline: one wait at a time */
	struct task told;   /* ready() outside of whoever made us idle */
	int64_t backoff;
	int64_t lane_id;
	bool complained;     /* the outage was logged */
	bool denied;	     /* the schema's version could not be read for want of a right */
	bool asked_again;    /* for it, since all rights were there all the same */
	const char *trouble; /* static; see db_link_trouble() */

	struct db_call *call; /* weak: NULL when forgotten */
	bool sent;	      /* bytes that may change something were handed to libpq */
	bool warned;	      /* a WARNING came while it ran */
	bool committed;	      /* of two flights: the server said COMMIT */
	PGresult *result;     /* owns: the call's, or the error in its place */

	const struct db_statement *preparing; /* in PREPARING, whoever asked for it */
	const struct db_statement *prepared[STATEMENTS_MAX];
	int prepared_count;
};

void db_link_set_state(struct db_link *link, enum link_state state);
/* The one way down. */
void db_link_lost(struct db_link *link, const char *why);
/* Why libpq failed. */
const char *db_link_why(struct db_link *link);
/* Flushes; waits for writability (and always for readability) while bytes are left. */
void db_link_flush(struct db_link *link);
/* Idle from here on; ready() is told in the next pass. */
void db_link_rest(struct db_link *link);
/* Ends the call that ran, if anyone still waits for it. */
void db_link_end_call(struct db_link *link, enum db_status status);
void db_link_drop_result(struct db_link *link);
/* Whether the server itself said ERROR: then the transaction is rolled back for certain. */
bool db_link_is_refusal(const PGresult *result);
bool db_link_is_denied(const PGresult *result);

/* A result of what the link sent: the call's rows stay, whatever stands around them; an error
 * replaces them. Takes it over. */
void db_link_keep_result(struct db_link *link, PGresult *result);
#define DB_LINK_LACKS_RIGHTS "the role lacks rights"
#define DB_LINK_WRONG_SCHEMA "the schema is of another version"
#define DB_LINK_DENIED	     "42501" /* SQLSTATE insufficient_privilege */

/* Asks which rights the role lacks; in RIGHTS the server has answered: whether it has all, or else
 * the link is down. */
void db_link_check_rights(struct db_link *link);
bool db_link_has_rights(struct db_link *link);
/* Somebody took a right away while we run: which, in words. */
void db_link_tell_denied(const struct db_link *link, const char *statement);

/* In PREPARING, LOOKING, RUNNING or UNDOING the server has answered it all. */
void db_link_call_answered(struct db_link *link);
