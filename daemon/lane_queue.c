/* See lane_queue.h. */

#include "daemon/lane_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"

/* Others are about who had a command of theirs taken this lately. */
#define ABOUT_USEC USEC_PER_SEC

struct lane_person {
	int64_t principal;
	int64_t count;
	struct lane_commands commands;
	bool heavy; /* which list it stands in */
	TAILQ_ENTRY(lane_person) entry;
	struct lane_person *next; /* in its chain */
};

void lane_queue_init(struct lane_queue *queue, uint32_t seed)
{
	*queue = (struct lane_queue){ .seed = seed };
	TAILQ_INIT(&queue->back);
	TAILQ_INIT(&queue->light);
	TAILQ_INIT(&queue->heavy);
}

void lane_queue_deinit(struct lane_queue *queue)
{
	struct lane_person *person;

	for (int i = 0; i < LANE_PERSONS; i++) {
		while ((person = queue->persons[i])) {
			queue->persons[i] = person->next;
			free(person);
		}
	}
}

/* ---- persons ---- */

/* Ids are the database's, one after another: nobody can choose theirs. */
static struct lane_person **place_of(const struct lane_queue *queue, int64_t principal)
{
	struct lane_person **at =
		(struct lane_person **)&queue->persons[(uint64_t)principal % LANE_PERSONS];

	while (*at && (*at)->principal != principal)
		at = &(*at)->next;
	return at;
}

static struct lane_persons *list_of(struct lane_queue *queue, const struct lane_person *person)
{
	return person->heavy ? &queue->heavy : &queue->light;
}

static struct lane_person *person_new(struct lane_queue *queue, int64_t principal)
{
	struct lane_person *person = calloc(1, sizeof(*person));

	if (!person)
		return NULL;
	person->principal = principal;
	TAILQ_INIT(&person->commands);
	TAILQ_INSERT_TAIL(&queue->light, person, entry);
	*place_of(queue, principal) = person;
	return person;
}

/* Its count has changed. Who has nothing left is forgotten. */
static void sort_in(struct lane_queue *queue, struct lane_person *person)
{
	bool heavy = person->count > LANE_TURN;

	if (person->count == 0) {
		*place_of(queue, person->principal) = person->next;
		TAILQ_REMOVE(list_of(queue, person), person, entry);
		free(person);
	} else if (heavy != person->heavy) {
		TAILQ_REMOVE(list_of(queue, person), person, entry);
		person->heavy = heavy;
		TAILQ_INSERT_TAIL(list_of(queue, person), person, entry);
	}
}

/* ---- keys ---- */

/* FNV-1a from a seed: whoever makes keys alike cannot know which. */
static struct lane_command **chain_of(struct lane_queue *queue, const struct lane_command *command)
{
	uint32_t hash = 2166136261U ^ queue->seed ^ (uint32_t)command->principal;

	for (const char *at = command->key; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	return &queue->keys[(hash ^ hash >> 16) % LANE_KEYS];
}

static void remember_key(struct lane_queue *queue, struct lane_command *command)
{
	struct lane_command **chain = chain_of(queue, command);

	command->next_key = *chain;
	*chain = command;
}

static void forget_key(struct lane_queue *queue, struct lane_command *command)
{
	struct lane_command **at = chain_of(queue, command);

	while (*at != command)
		at = &(*at)->next_key;
	*at = command->next_key;
}

/* ---- coming and going ---- */

int lane_queue_add(struct lane_queue *queue, struct lane_command *command, int64_t now_usec)
{
	struct lane_person *person = *place_of(queue, command->principal);

	if (!person)
		person = person_new(queue, command->principal);
	if (!person)
		return -ENOMEM;
	command->person = person;
	command->queued_usec = now_usec;
	TAILQ_INSERT_TAIL(&person->commands, command, entry);
	person->count++;
	queue->count++;
	remember_key(queue, command);
	sort_in(queue, person);
	return 0;
}

void lane_queue_give_back(struct lane_queue *queue, struct lane_command *command)
{
	command->person = NULL;
	TAILQ_INSERT_HEAD(&queue->back, command, entry);
	queue->count++;
	remember_key(queue, command);
}

void lane_queue_remove(struct lane_queue *queue, struct lane_command *command)
{
	struct lane_person *person = command->person;

	queue->count--;
	forget_key(queue, command);
	if (!person) {
		TAILQ_REMOVE(&queue->back, command, entry);
		return;
	}
	command->person = NULL;
	TAILQ_REMOVE(&person->commands, command, entry);
	person->count--;
	sort_in(queue, person);
}

/* ---- a batch ---- */

void lane_queue_begin(struct lane_queue *queue, int64_t now_usec)
{
	queue->now_usec = now_usec;
	queue->light_taken = queue->heavy_taken = 0;
}

/* Somebody else than this person is about. */
static bool is_other_about(const struct lane_queue *queue, int64_t principal)
{
	for (int i = 0; i < 2; i++)
		if (queue->seen[i].usec > 0 && queue->seen[i].principal != principal &&
		    queue->now_usec - queue->seen[i].usec < ABOUT_USEC)
			return true;
	return false;
}

static bool has_room_for_heavy(const struct lane_queue *queue, const struct lane_person *person)
{
	int share = queue->light_taken / 2;
	int room = share > LANE_HEAVY_MIN ? share : LANE_HEAVY_MIN;

	return queue->heavy_taken < room || !is_other_about(queue, person->principal);
}

struct lane_command *lane_queue_next(const struct lane_queue *queue)
{
	const struct lane_person *light = TAILQ_FIRST(&queue->light);
	const struct lane_person *heavy = TAILQ_FIRST(&queue->heavy);
	/* The others never shut the heavy out, however many they are. */
	int room = LANE_BATCH_MAX - (heavy ? LANE_HEAVY_MIN : 0);

	if (!TAILQ_EMPTY(&queue->back))
		return TAILQ_FIRST(&queue->back);
	if (light && queue->light_taken < room)
		return TAILQ_FIRST(&light->commands);
	if (heavy && has_room_for_heavy(queue, heavy))
		return TAILQ_FIRST(&heavy->commands);
	return NULL;
}

static void see(struct lane_queue *queue, int64_t principal)
{
	if (queue->seen[0].principal != principal)
		queue->seen[1] = queue->seen[0];
	queue->seen[0].principal = principal;
	queue->seen[0].usec = queue->now_usec;
}

void lane_queue_take(struct lane_queue *queue, struct lane_command *command)
{
	struct lane_person *person = command->person;
	bool heavy = person && person->heavy;

	queue->light_taken += person && !heavy;
	queue->heavy_taken += heavy;
	if (person && !heavy)
		see(queue, person->principal);
	/* Behind all who are as heavy; where it becomes light, behind these. */
	if (heavy) {
		TAILQ_REMOVE(&queue->heavy, person, entry);
		TAILQ_INSERT_TAIL(&queue->heavy, person, entry);
	}
	lane_queue_remove(queue, command);
}

/* ---- questions ---- */

struct lane_command *lane_queue_any(const struct lane_queue *queue)
{
	const struct lane_person *person = TAILQ_FIRST(&queue->light);

	if (!TAILQ_EMPTY(&queue->back))
		return TAILQ_FIRST(&queue->back);
	if (!person)
		person = TAILQ_FIRST(&queue->heavy);
	return person ? TAILQ_FIRST(&person->commands) : NULL;
}

int64_t lane_queue_of(const struct lane_queue *queue, int64_t principal)
{
	const struct lane_person *person = *place_of(queue, principal);

	return person ? person->count : 0;
}

bool lane_same_key(const struct lane_command *a, const struct lane_command *b)
{
	return a->principal == b->principal && strcmp(a->key, b->key) == 0;
}

bool lane_queue_has_key(const struct lane_queue *queue, const struct lane_command *command)
{
	const struct lane_command *other = *chain_of((struct lane_queue *)queue, command);

	while (other && !lane_same_key(other, command))
		other = other->next_key;
	return other;
}

int64_t lane_queue_age(const struct lane_queue *queue, int64_t principal, int64_t now_usec)
{
	const struct lane_person *person = principal ? *place_of(queue, principal) : NULL;
	const struct lane_command *first = person	? TAILQ_FIRST(&person->commands)
					   : !principal ? lane_queue_any(queue)
							: NULL;

	return first ? now_usec - first->queued_usec : 0;
}
