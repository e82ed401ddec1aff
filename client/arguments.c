/*
 * The usage sentence as grammar: it is split into slots once per run, the words are sorted into
 * options and positions, and the positions are given to the slots.
 */

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/arguments.h"
#include "client/i18n.h"
#include "common/macros.h"
#include "common/nearest.h"

#define SLOTS_MAX 40

struct grammar {
	struct usage_slot slots[SLOTS_MAX];
	size_t count;
	unsigned groups;
};

_printf_(2, 3) static int problem(struct usage_problem *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->text, sizeof(out->text), format, args);
	va_end(args);
	return -EINVAL;
}

static void add_slot(struct grammar *grammar, const char *word, size_t len, unsigned group)
{
	struct usage_slot *last = grammar->count ? &grammar->slots[grammar->count - 1] : NULL;
	struct usage_slot *slot;
	const char *name = word;

	/* "TEXT" right behind "--note" of the same bracket is the option's value. */
	assert(grammar->count < SLOTS_MAX && len < ARGUMENT_NAME_MAX);
	if (word[0] != '-' && last && last->option && !last->value[0] && last->group == group &&
	    word[-1] == ' ') {
		memcpy(last->value, word, len);
		return;
	}
	slot = &grammar->slots[grammar->count++];
	*slot = (struct usage_slot){ .option = word[0] == '-', .group = group };
	memcpy(slot->shown, word, len);
	name += slot->option ? 2 : 0;
	if (len > 3 && strncmp(word + len - 3, "...", 3) == 0) {
		slot->many = true;
		len -= 3;
		slot->shown[len] = '\0';
	}
	for (size_t i = 0; name + i < word + len; i++)
		slot->name[i] = name[i] == '-' ? '_' : (char)tolower((unsigned char)name[i]);
}

static void read_usage(const char *usage, struct grammar *grammar)
{
	unsigned group = 0;

	*grammar = (struct grammar){ 0 };
	while (*usage) {
		size_t len = strcspn(usage, " []");

		if (*usage == '[')
			group = ++grammar->groups; /* one slot at least, so below SLOTS_MAX */
		else if (*usage == ']')
			group = 0;
		else if (len > 0)
			add_slot(grammar, usage, len, group);
		usage += len ? len : 1;
	}
}

bool usage_slot(const char *usage, size_t i, struct usage_slot *ret)
{
	struct grammar grammar;

	read_usage(usage, &grammar);
	if (i < grammar.count)
		*ret = grammar.slots[i];
	return i < grammar.count;
}

static struct usage_slot *find_option(struct grammar *grammar, const char *shown, size_t len)
{
	for (size_t i = 0; i < grammar->count; i++) {
		struct usage_slot *slot = &grammar->slots[i];

		if (slot->option && strlen(slot->shown) == len &&
		    strncmp(slot->shown, shown, len) == 0)
			return slot;
	}
	return NULL;
}

static int add_argument(struct arguments *arguments, const struct usage_slot *slot,
			const char *value, struct usage_problem *out)
{
	struct argument *argument;

	if (arguments_has(arguments, slot->name))
		return problem(out, _("%s is given twice"), slot->shown);
	assert(arguments->count < ARGUMENTS_MAX);
	argument = &arguments->items[arguments->count++];
	memcpy(argument->name, slot->name, sizeof(argument->name));
	argument->value = value;
	argument->position = !slot->option;
	return 0;
}

/* The option at words[0] by the command's own grammar: words used, 0 if it has none such, -EINVAL.
 */
static int take_own(struct grammar *grammar, char **words, int count, struct arguments *arguments,
		    struct usage_problem *out)
{
	size_t len = strcspn(words[0], "=");
	struct usage_slot *slot = find_option(grammar, words[0], len);
	const char *value = words[0][len] ? words[0] + len + 1 : NULL;
	int used = 1, r;

	if (!slot)
		return 0;
	if (value && !slot->value[0])
		return problem(out, _("%s takes no value"), slot->shown);
	if (!value && slot->value[0]) {
		if (count < 2)
			return problem(out, _("%s wants a value"), slot->shown);
		value = words[1];
		used = 2;
	}
	r = add_argument(arguments, slot, value ? value : "", out);
	return r < 0 ? r : used;
}

static int unknown_option(const struct grammar *grammar, const char *word,
			  struct usage_problem *out)
{
	struct nearest nearest = NEAREST_INIT(word);
	char name[ARGUMENT_NAME_MAX];

	for (size_t i = 0; i < grammar->count; i++)
		if (grammar->slots[i].option)
			nearest_try(&nearest, grammar->slots[i].shown);
	for (unsigned i = 0; options_name(i); i++) {
		snprintf(name, sizeof(name), "--%s", options_name(i));
		nearest_try(&nearest, name);
	}
	if (nearest_found(&nearest))
		return problem(out, _("there is no option %s here; did you mean %s?"), word,
			       nearest.best);
	return problem(out, _("there is no option %s here"), word);
}

static size_t group_size(const struct grammar *grammar, unsigned group)
{
	size_t size = 0;

	for (size_t i = 0; i < grammar->count; i++)
		size += !grammar->slots[i].option && grammar->slots[i].group == group;
	return size;
}

/* The bracketed groups that hold positions; at most 8. */
static size_t position_groups(const struct grammar *grammar, unsigned groups[8])
{
	size_t count = 0;

	for (unsigned g = 1; g <= grammar->groups; g++)
		if (group_size(grammar, g) > 0) {
			assert(count < 8);
			groups[count++] = g;
		}
	return count;
}

/* Whether one of the group's positions takes all words that are left. */
static bool takes_many(const struct grammar *grammar, unsigned group)
{
	for (size_t i = 0; i < grammar->count; i++)
		if (grammar->slots[i].many && grammar->slots[i].group == group)
			return true;
	return false;
}

/* Whether an option has given what a position of the group would give. */
static bool is_given(const struct grammar *grammar, unsigned group,
		     const struct arguments *arguments)
{
	for (size_t i = 0; i < grammar->count; i++)
		if (!grammar->slots[i].option && grammar->slots[i].group == group &&
		    arguments_has(arguments, grammar->slots[i].name))
			return true;
	return false;
}

/* Which groups are present for `count` words, the first fitting choice; false if none fits. */
static bool choose_groups(const struct grammar *grammar, size_t count,
			  const struct arguments *arguments, bool chosen[SLOTS_MAX + 1])
{
	unsigned groups[8];
	size_t n = position_groups(grammar, groups);

	for (unsigned set = 0; set < 1u << n; set++) {
		size_t size = group_size(grammar, 0);
		bool many = takes_many(grammar, 0), given = false;

		for (size_t i = 0; i < n; i++) {
			if (!(set >> i & 1))
				continue;
			size += group_size(grammar, groups[i]);
			many = many || takes_many(grammar, groups[i]);
			given = given || is_given(grammar, groups[i], arguments);
		}
		if (given || (many ? size > count : size != count))
			continue;
		for (size_t i = 0; i < n; i++)
			chosen[groups[i]] = set >> i & 1;
		return true;
	}
	return false;
}

static int bad_count(const struct grammar *grammar, const char **positions, size_t count,
		     struct usage_problem *out)
{
	const char *missing = NULL;
	size_t needed = group_size(grammar, 0), seen = 0;

	for (size_t i = 0; i < grammar->count && !missing; i++)
		if (!grammar->slots[i].option && grammar->slots[i].group == 0 && seen++ == count)
			missing = grammar->slots[i].shown;
	if (count < needed && missing)
		return problem(out, _("%s is missing"), missing);
	if (count > needed)
		return problem(out, _("\"%s\" is one word too many, or one is missing"),
			       positions[count - 1]);
	return problem(out, _("a word is missing"));
}

/* How many words the positions of the chosen groups leave for one that takes many. */
static size_t words_for_many(const struct grammar *grammar, const bool *chosen, size_t count)
{
	size_t size = group_size(grammar, 0);

	for (unsigned g = 1; g <= grammar->groups; g++)
		if (chosen[g])
			size += group_size(grammar, g);
	return count - size + 1;
}

static int place_positions(const struct grammar *grammar, const char **positions, size_t count,
			   struct arguments *arguments, struct usage_problem *out)
{
	bool chosen[SLOTS_MAX + 1] = { false };
	size_t next = 0;

	if (!choose_groups(grammar, count, arguments, chosen))
		return bad_count(grammar, positions, count, out);
	for (size_t i = 0; i < grammar->count; i++) {
		const struct usage_slot *slot = &grammar->slots[i];
		size_t words = 1;
		int r;

		if (slot->option || (slot->group && !chosen[slot->group]))
			continue;
		if (slot->many) {
			words = words_for_many(grammar, chosen, count);
			memcpy(arguments->many, positions + next, words * sizeof(*positions));
			arguments->many_count = words;
		}
		r = add_argument(arguments, slot, positions[next], out);
		if (r < 0)
			return r;
		next += words;
	}
	return 0;
}

static int check_required(const struct grammar *grammar, const struct arguments *arguments,
			  struct usage_problem *out)
{
	for (size_t i = 0; i < grammar->count; i++) {
		const struct usage_slot *slot = &grammar->slots[i];

		if (slot->option && slot->group == 0 && !arguments_has(arguments, slot->name))
			return problem(out, _("%s is missing"), slot->shown);
	}
	return 0;
}

int arguments_parse(const char *usage, char **words, int count, struct options *options,
		    struct arguments *ret, struct usage_problem *ret_problem)
{
	const char *positions[ARGUMENTS_MAX];
	size_t placed = 0;
	struct grammar grammar;
	bool only_positions = false;
	int r;

	read_usage(usage, &grammar);
	*ret = (struct arguments){ 0 };
	for (int i = 0; i < count; i += r) {
		r = 1;
		if (!only_positions && strcmp(words[i], "--") == 0) {
			only_positions = true;
		} else if (only_positions || words[i][0] != '-' || words[i][1] == '\0') {
			if (placed == ARRAY_SIZE(positions))
				return problem(ret_problem, _("too many words"));
			positions[placed++] = words[i];
		} else {
			r = take_own(&grammar, words + i, count - i, ret, ret_problem);
			if (r == 0)
				r = options_take(options, words + i, count - i, ret_problem);
			if (r == 0)
				r = unknown_option(&grammar, words[i], ret_problem);
			if (r < 0)
				return r;
		}
	}
	if (options->help)
		return 0; /* the question is what the words would be */
	r = place_positions(&grammar, positions, placed, ret, ret_problem);
	return r < 0 ? r : check_required(&grammar, ret, ret_problem);
}

const char *arguments_get(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->count; i++)
		if (strcmp(arguments->items[i].name, name) == 0)
			return arguments->items[i].value;
	return NULL;
}

bool arguments_has(const struct arguments *arguments, const char *name)
{
	return arguments_get(arguments, name) != NULL;
}

bool arguments_has_position(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->count; i++)
		if (strcmp(arguments->items[i].name, name) == 0)
			return arguments->items[i].position;
	return false;
}

const char *const *arguments_slot(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->count; i++)
		if (strcmp(arguments->items[i].name, name) == 0)
			return &arguments->items[i].value;
	return NULL;
}
