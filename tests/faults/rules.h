#pragma once

/*
 * What to do where: rules placed exactly, and a seeded random choice for every batch.
 *
 * A rule as text:  ACTION PLACE [batch] [nth=N] [times=N] [conn=N]
 *   ACTION  cut | reset | stall | late
 *   PLACE   before SIDE:TYPE | half SIDE:TYPE | after SIDE:TYPE    a message, TYPE its letter or *
 *           byte SIDE:N          as soon as N bytes of a connection have been forwarded
 *           answered             a batch has its whole answer here, none of which left
 *   SIDE    F the frontend's (the one who connected), B the backend's
 *   batch   only within a lane's batch;  conn=N: only the N-th connection accepted
 *   nth=N   let N - 1 fitting places pass first;  times=N: act N times (default 1), then be gone
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

#define RULES_MAX 64

enum place_kind {
	PLACE_BEFORE,
	PLACE_HALF,
	PLACE_AFTER,
	PLACE_ANSWERED,
	PLACE_BYTE,
};

/* Where a connection is at the moment. */
struct place {
	enum place_kind kind;
	enum side side;
	char type;
	bool batch;
	unsigned conn;
};

struct rule {
	enum action action;
	enum place_kind kind;
	enum side side;
	char type;
	bool batch;
	unsigned conn;
	unsigned nth;
	unsigned times;
	uint64_t offset;
	int random; /* index of the random place it came from, or -1 */
};

struct rules {
	struct rule rule[RULES_MAX];
	unsigned count;
	double chance; /* of a fault in a batch; 0: none */
	uint64_t seed;
	unsigned random_places, random_actions; /* bit sets of what the random mode may choose */
};

/* The text's rule is added. NULL, or what is wrong with the text. */
const char *rules_add(struct rules *rules, const char *text);
/* random P SEED [places=a,b] [actions=a,b]; places: names of rules_random_name(). NULL, or what is
 * wrong. */
const char *rules_random(struct rules *rules, const char *text);
/* What is to be done here. Uses up the rule's count; the counter of its random place is returned
 * too (or -1). */
enum action rules_match(struct rules *rules, const struct place *place, int *ret_random);
/* The first byte rule of this side in (from, to]: its offset; 0 if there is none. Uses nothing up.
 */
uint64_t rules_byte(const struct rules *rules, enum side side, unsigned conn, uint64_t from,
		    uint64_t to);
/* The rule found by rules_byte() is used up. */
enum action rules_take_byte(struct rules *rules, enum side side, unsigned conn, uint64_t offset);
/* A batch begins on this connection: the random mode may place a rule in it. */
void rules_batch_begins(struct rules *rules, unsigned conn);
/* The connection is gone: what the random mode had placed on it goes too. */
void rules_forget(struct rules *rules, unsigned conn);
/* A number below n, by the seed. */
uint64_t rules_random_below(struct rules *rules, uint64_t n);
/* The names of the places the random mode chooses from; NULL past the end. */
const char *rules_random_name(unsigned index);
const char *rules_action_name(enum action action);
