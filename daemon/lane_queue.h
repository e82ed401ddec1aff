#pragma once

/*
 * What waits in a lane, in the order it will leave. Each person has a queue of their own, in which
 * the order of submission holds, and the persons have turns, so that nobody's flood is before
 * anybody's one booking:
 *
 *	back   what was on board of a batch that has to run again: all of it, as it was
 *	light  who has at most LANE_TURN waiting: everything goes, one person after another
 *	heavy  who has more: one command each, in turn
 *
 * The heavy have a batch to themselves where nobody else is about. While others are, theirs are at
 * most half as many as the others' in a batch, and a few where these have none: who comes while such
 * a batch is under way waits for it.
 * Pure: the caller has the clock.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/lane.h"

#define LANE_TURN      32 /* waiting commands of one person: a pipeline as deep as in_flight */
#define LANE_HEAVY_MIN 4  /* of the heavy in a batch, however few the others are */
#define LANE_PERSONS   256
#define LANE_KEYS      1024

TAILQ_HEAD(lane_commands, lane_command);
TAILQ_HEAD(lane_persons, lane_person);

struct lane_queue {
	struct lane_commands back;
	struct lane_persons light, heavy;
	struct lane_person *persons[LANE_PERSONS]; /* owns; chains by principal */
	struct lane_command *keys[LANE_KEYS];	   /* all that wait; chains by key */
	uint32_t seed;
	int64_t count;

	/* The batch that is being filled. */
	int light_taken, heavy_taken;
	int64_t now_usec;

	/* Who had a light command taken last, and who other than they: that somebody is about. */
	struct {
		int64_t principal, usec;
	} seen[2];
};

/* `seed`: by lot, for clients choose their keys. */
void lane_queue_init(struct lane_queue *queue, uint32_t seed);
/* Frees what it has; commands are the callers'. */
void lane_queue_deinit(struct lane_queue *queue);

/* 0 or -ENOMEM. Stamps command->queued_usec. */
int lane_queue_add(struct lane_queue *queue, struct lane_command *command, int64_t now_usec);
/* In front of everything, those given back before it included. */
void lane_queue_give_back(struct lane_queue *queue, struct lane_command *command);
/* Takes out one that waits. */
void lane_queue_remove(struct lane_queue *queue, struct lane_command *command);

/* A batch begins to be filled, of at most LANE_BATCH_MAX. */
void lane_queue_begin(struct lane_queue *queue, int64_t now_usec);
/* The command that goes next, NULL when none should; it stays until it is taken. */
struct lane_command *lane_queue_next(const struct lane_queue *queue);
void lane_queue_take(struct lane_queue *queue, struct lane_command *command);

/* Any one, for ending them all; NULL when none is left. */
struct lane_command *lane_queue_any(const struct lane_queue *queue);
/* How many of a person wait, not counting those given back. */
int64_t lane_queue_of(const struct lane_queue *queue, int64_t principal);
/* The same request, perhaps sent again. */
bool lane_same_key(const struct lane_command *a, const struct lane_command *b);
/* Whether the same person's same key waits. */
bool lane_queue_has_key(const struct lane_queue *queue, const struct lane_command *command);
/* How long the first of a person's (0: of anybody's) has waited: about how long who comes now would. */
int64_t lane_queue_age(const struct lane_queue *queue, int64_t principal, int64_t now_usec);
