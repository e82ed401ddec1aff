#pragma once

/*
 * A mutation on its way through a lane: what all methods that change something share. The method's
 * parameter struct embeds a struct command; start() fills in what is special about it and calls
 * command_run(), which consumes the request in the end.
 */

#include <stdbool.h>

#include "common/crypto.h"
#include "common/jsonw.h"
#include "daemon/lane.h"
#include "daemon/request.h"

struct command {
	/* Set by the method before command_run(). */
	const char *kind; /* of the lane's command; NULL: the method's own name */
	bool operator;	  /* belongs to the operator's log although the method has a site */
	/*
	 * Whether the site's calendar lets it pass, see lane.h and judging.h; what it found out is
	 * there for write(). NULL: it changes what verdicts are made of, and those behind it wait.
	 * Of commands of the operator's log NULL.
	 */
	enum lane_verdict (*judge)(struct command *command, const struct calendar *calendar,
				   const struct lane_batch *batch);
	/* Arguments beside those of the parameter table, or NULL. False: it has answered the
	 * request; not where there is judge(), for then it comes again and again. */
	bool (*write)(struct command *command, struct jsonw *w);
	/* Whose receipt it is, where nobody is logged in yet; 0: nobody's. */
	int64_t principal;
	/* Stands for the secrets of the parameters in what the request means: they are left out. */
	const char *proof;
	/* Random inputs, which are no part of what the request means, or NULL. */
	void (*extra)(struct command *command, struct jsonw *w);
	/* Members of the result beside noun and rev, or NULL. */
	void (*reply)(struct command *command, struct jsonw *w);
	size_t reply_size; /* of the database's reply beyond the usual, e.g. for notes */
	/* Writes the noun from memory, as a value, where it was made just now, or NULL. False:
	 * nothing was written, and the database's facts are read. */
	bool (*recall)(struct command *command, struct jsonw *w);
	/* Of what is made, or NULL: that it is there already is told before whatever judge() says. */
	const char *external_id;
	/* Instead of the usual reply: consumes the request. */
	void (*done)(struct command *command);

	/* For the hooks. */
	struct request *request;
	struct lane_command lane;
	struct mutation *mutation; /* NULL where the method has none of its own */
	const char *key;	   /* where there is no mutation */

	/* Its own. */
	struct buf verdict; /* the refusal being written */
	struct jsonw verdict_writer;
	char hash[SHA256_HEX_MAX];
	bool replayed;	      /* a receipt answered */
	struct db_call facts; /* reads what did not fit the lane's reply */
};

/* `mutation` is the method's, borrowed in the arena. */
void command_run(struct request *request, struct command *command, struct mutation *mutation);

/* Answers the request as usual, with what was done or refused (for methods with their own done()).
 */
void command_answer(struct command *command);
/* Answers the request with the refusal that the database gave (for methods with their own done()).
 */
void command_refuse(struct command *command);

/*
 * For judge(): the outcome of a refusal, as the database would give it and keep it. begin gives a
 * writer inside the object; end gives LANE_REFUSE.
 */
struct jsonw *command_verdict_begin(struct command *command, enum error_kind kind);
enum lane_verdict command_verdict_end(struct command *command);
/* A finished text for as long as the request lives; NULL after any failure. Takes the buffer over.
 */
const char *command_keep(struct command *command, struct buf *text);

/* Members for the arguments: what the actor may touch, as far as may() lets this request go
 * ("own"). */
void command_write_own(struct command *command, struct jsonw *w);
/* Member "refs" for the random inputs: candidates for a reference with this letter. */
void command_write_refs(struct command *command, struct jsonw *w, char letter);
/* Whether the system knows the zone; otherwise it has answered the request. */
bool command_zone_known(struct request *request, const char *zone);
/* Whether it has the form of ISO 4217 (NULL: not given); otherwise it has answered the request. */
bool command_currency_valid(struct request *request, const char *code);

/* Whether a receipt answered: it was done before. */
bool command_replayed(const struct command *command);
