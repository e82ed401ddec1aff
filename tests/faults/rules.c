/*
 * Rules of the fault proxy: read from text, matched against the place a connection is at. The first
 * rule that fits decides; its count goes down, and at the end it is removed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

static const char *const action_names[] = {
	[ACT_CUT] = "cut",
	[ACT_RESET] = "reset",
	[ACT_STALL] = "stall",
	[ACT_LATE] = "late",
};

/* Where a batch can be hurt, in the order of its life. */
static const struct random_place {
	const char *name;
	enum place_kind kind;
	enum side side;
	char type;
} random_places[] = {
	{ "unsent", PLACE_BEFORE, FRONTEND, 'B' }, /* nothing of it has left */
	{ "bind_half", PLACE_HALF, FRONTEND, 'B' },
	{ "unsynced", PLACE_BEFORE, FRONTEND, 'S' }, /* executed but not committed */
	{ "sent", PLACE_AFTER, FRONTEND, 'S' },
	{ "row_half", PLACE_HALF, BACKEND, 'D' },
	{ "uncommitted", PLACE_BEFORE, BACKEND,
	  'Z' },				      /* the result delivered, the commit unknown */
	{ "answered", PLACE_ANSWERED, BACKEND, 'Z' }, /* committed, and nothing delivered */
};

#define RANDOM_PLACES (sizeof(random_places) / sizeof(random_places[0]))

const char *rules_random_name(unsigned index)
{
	return index < RANDOM_PLACES ? random_places[index].name : NULL;
}

const char *rules_action_name(enum action action)
{
	return action_names[action];
}

static enum action action_named(const char *word)
{
	for (unsigned i = ACT_CUT; i <= ACT_LATE; i++) {
		if (strcmp(action_names[i], word) == 0)
			return (enum action)i;
	}
	return ACT_NONE;
}

/* "F:S", or with number "F:1024". */
static bool read_where(struct rule *rule, const char *word, bool number)
{
	char *end;

	if (!word || (word[0] != 'F' && word[0] != 'B') || word[1] != ':' || word[2] == 0)
		return false;
	rule->side = word[0] == 'F' ? FRONTEND : BACKEND;
	if (!number) {
		rule->type = word[2];
		return word[3] == 0;
	}
	rule->offset = strtoull(word + 2, &end, 10);
	return *end == 0 && rule->offset > 0;
}

static bool read_place(struct rule *rule, char **save)
{
	const char *word = strtok_r(NULL, " ", save);

	if (!word)
		return false;
	if (strcmp(word, "answered") == 0) {
		rule->kind = PLACE_ANSWERED;
		rule->type = '*';
		rule->side = BACKEND;
		return true;
	}
	if (strcmp(word, "byte") == 0) {
		rule->kind = PLACE_BYTE;
		return read_where(rule, strtok_r(NULL, " ", save), true);
	}
	if (strcmp(word, "before") == 0)
		rule->kind = PLACE_BEFORE;
	else if (strcmp(word, "half") == 0)
		rule->kind = PLACE_HALF;
	else if (strcmp(word, "after") == 0)
		rule->kind = PLACE_AFTER;
	else
		return false;
	return read_where(rule, strtok_r(NULL, " ", save), false);
}

static bool read_number(const char *word, const char *name, unsigned *ret)
{
	size_t len = strlen(name);
	char *end;
	unsigned long value;

	if (strncmp(word, name, len) != 0)
		return false;
	value = strtoul(word + len, &end, 10);
	*ret = (unsigned)value;
	return *end == 0 && value > 0 && value <= 1000000000;
}

const char *rules_add(struct rules *rules, const char *text)
{
	struct rule rule = { .nth = 1, .times = 1, .random = -1 };
	char line[256], *save = NULL;
	const char *word;

	if (rules->count == RULES_MAX)
		return "too many rules";
	if (strlen(text) >= sizeof(line))
		return "too long";
	snprintf(line, sizeof(line), "%s", text);
	word = strtok_r(line, " ", &save);
	rule.action = word ? action_named(word) : ACT_NONE;
	if (rule.action == ACT_NONE)
		return "no such action";
	if (!read_place(&rule, &save))
		return "no such place";
	while ((word = strtok_r(NULL, " ", &save))) {
		if (strcmp(word, "batch") == 0)
			rule.batch = true;
		else if (!read_number(word, "nth=", &rule.nth) &&
			 !read_number(word, "times=", &rule.times) &&
			 !read_number(word, "conn=", &rule.conn))
			return "unknown word";
	}
	rules->rule[rules->count++] = rule;
	return NULL;
}

/* "a,b" into the bits of the names; false if one is unknown. */
static bool read_set(char *words, const char *(*name)(unsigned), unsigned first, unsigned *ret)
{
	char *save = NULL;

	*ret = 0;
	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		unsigned i = first;

		while (name(i) && strcmp(name(i), word) != 0)
			i++;
		if (!name(i))
			return false;
		*ret |= 1u << i;
	}
	return *ret != 0;
}

static const char *action_at(unsigned index)
{
	return index <= ACT_LATE ? action_names[index] : NULL;
}

const char *rules_random(struct rules *rules, const char *text)
{
	char line[256], *save = NULL, *word, *end;
	double chance;

	if (strlen(text) >= sizeof(line))
		return "too long";
	snprintf(line, sizeof(line), "%s", text);
	word = strtok_r(line, " ", &save);
	chance = word ? strtod(word, &end) : -1;
	if (!word || *end != 0 || chance < 0 || chance > 1)
		return "the chance is a number from 0 to 1";
	word = strtok_r(NULL, " ", &save);
	if (!word)
		return "a seed is needed";
	rules->seed = strtoull(word, NULL, 10);
	rules->random_places = (1u << RANDOM_PLACES) - 1;
	rules->random_actions = 1u << ACT_CUT | 1u << ACT_RESET;
	while ((word = strtok_r(NULL, " ", &save))) {
		bool ok = false;

		if (strncmp(word, "places=", 7) == 0)
			ok = read_set(word + 7, rules_random_name, 0, &rules->random_places);
		else if (strncmp(word, "actions=", 8) == 0)
			ok = read_set(word + 8, action_at, ACT_CUT, &rules->random_actions);
		if (!ok)
			return "unknown word";
	}
	rules->chance = chance;
	return NULL;
}

static void remove_rule(struct rules *rules, unsigned at)
{
	rules->count--;
	memmove(&rules->rule[at], &rules->rule[at + 1],
		(rules->count - at) * sizeof(rules->rule[0]));
}

static enum action use_up(struct rules *rules, unsigned at)
{
	enum action action = rules->rule[at].action;

	if (--rules->rule[at].times == 0)
		remove_rule(rules, at);
	return action;
}

enum action rules_match(struct rules *rules, const struct place *place, int *ret_random)
{
	*ret_random = -1;
	for (unsigned i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rule[i];

		if (rule->kind != place->kind || rule->side != place->side ||
		    (rule->batch && !place->batch))
			continue;
		if ((rule->type != '*' && rule->type != place->type) ||
		    (rule->conn && rule->conn != place->conn))
			continue;
		if (rule->nth > 1) {
			rule->nth--;
			continue;
		}
		*ret_random = rule->random;
		return use_up(rules, i);
	}
	return ACT_NONE;
}

static bool byte_fits(const struct rule *rule, enum side side, unsigned conn)
{
	return rule->kind == PLACE_BYTE && rule->side == side &&
	       (!rule->conn || rule->conn == conn);
}

uint64_t rules_byte(const struct rules *rules, enum side side, unsigned conn, uint64_t from,
		    uint64_t to)
{
	uint64_t first = 0;

	for (unsigned i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];

		if (byte_fits(rule, side, conn) && rule->offset > from && rule->offset <= to &&
		    (first == 0 || rule->offset < first))
			first = rule->offset;
	}
	return first;
}

enum action rules_take_byte(struct rules *rules, enum side side, unsigned conn, uint64_t offset)
{
	for (unsigned i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rule[i];

		if (!byte_fits(rule, side, conn) || rule->offset != offset)
			continue;
		if (rule->nth > 1) {
			rule->nth--;
			continue;
		}
		return use_up(rules, i);
	}
	return ACT_NONE;
}

/* splitmix64: one seed gives one sequence, on every machine. */
static uint64_t next_random(struct rules *rules)
{
	uint64_t z = rules->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t rules_random_below(struct rules *rules, uint64_t n)
{
	return n > 0 ? next_random(rules) % n : 0;
}

/* One of the set bits. */
static unsigned choose(struct rules *rules, unsigned set)
{
	unsigned left = (unsigned)(next_random(rules) % (unsigned)__builtin_popcount(set));
	unsigned bit = 0;

	for (;; bit++) {
		if (!(set & 1u << bit))
			continue;
		if (left-- == 0)
			return bit;
	}
}

void rules_batch_begins(struct rules *rules, unsigned conn)
{
	const struct random_place *place;
	unsigned chosen;

	if (rules->chance <= 0 || rules->count == RULES_MAX)
		return;
	if ((double)(next_random(rules) >> 11) / (double)(UINT64_C(1) << 53) >= rules->chance)
		return;
	chosen = choose(rules, rules->random_places);
	place = &random_places[chosen];
	rules->rule[rules->count++] = (struct rule){
		.action = (enum action)choose(rules, rules->random_actions),
		.kind = place->kind,
		.side = place->side,
		.type = place->type,
		.batch = true,
		.conn = conn,
		.nth = 1,
		.times = 1,
		.random = (int)chosen,
	};
}

void rules_forget(struct rules *rules, unsigned conn)
{
	for (unsigned i = rules->count; i-- > 0;) {
		if (rules->rule[i].random >= 0 && rules->rule[i].conn == conn)
			remove_rule(rules, i);
	}
}
