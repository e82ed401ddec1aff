/*
 * Finding the command among the words.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/command.h"
#include "client/i18n.h"
#include "common/macros.h"
#include "common/nearest.h"

const struct command *command_at(size_t i)
{
	if (i < command_table_count)
		return &command_table[i];
	i -= command_table_count;
	return i < noun_table_count ? &noun_table[i] : NULL;
}

/* Whether some command's name is "noun verb" for this noun. */
static bool is_noun(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; command_at(i); i++)
		if (strncmp(command_at(i)->name, word, len) == 0 && command_at(i)->name[len] == ' ')
			return true;
	return false;
}

static const struct command *find_name(const char *name)
{
	for (size_t i = 0; command_at(i); i++)
		if (strcmp(command_at(i)->name, name) == 0)
			return command_at(i);
	return NULL;
}

_printf_(2, 3) static int problem(struct usage_problem *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->text, sizeof(out->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* What people call it elsewhere. */
static const char *known_as(const char *name)
{
	static const char *const words[][2] = {
		{ "bookings", "mine" },	  { "calendar", "week" }, { "check-in", "mine" },
		{ "checkin", "mine" },	  { "delete", "cancel" }, { "find", "free" },
		{ "ls", "list" },	  { "log", "history" },	  { "release", "cancel" },
		{ "reschedule", "move" }, { "reserve", "book" },  { "search", "free" },
		{ "signin", "login" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i][0], name) == 0)
			return words[i][1];
	return NULL;
}

static int unknown(const char *name, struct usage_problem *out)
{
	struct nearest nearest = NEAREST_INIT(name);

	if (known_as(name))
		return problem(out, _("there is no command \"%s\"; did you mean \"%s\"?"), name,
			       known_as(name));
	for (size_t i = 0; command_at(i); i++)
		nearest_try(&nearest, command_at(i)->name);
	if (nearest_found(&nearest))
		return problem(out, _("there is no command \"%s\"; did you mean \"%s\"?"), name,
			       nearest.best);
	return problem(out, _("there is no command \"%s\""), name);
}

static int missing_verb(const char *noun, struct usage_problem *out)
{
	size_t len = strlen(noun), used;

	used = (size_t)snprintf(out->text, sizeof(out->text), _("%s what? There are:"), noun);
	for (size_t i = 0; command_at(i) && used < sizeof(out->text); i++)
		if (strncmp(command_at(i)->name, noun, len) == 0 && command_at(i)->name[len] == ' ')
			used += (size_t)snprintf(out->text + used, sizeof(out->text) - used, " %s",
						 command_at(i)->name + len + 1);
	return -EINVAL;
}

/* Skips options that every command takes; the index of the next word, or -EINVAL. */
static int skip_options(char **words, int count, int at, struct options *options,
			struct usage_problem *out)
{
	while (at < count && words[at][0] == '-' && words[at][1]) {
		int r = options_take(options, words + at, count - at, out);

		if (r < 0)
			return r;
		if (r == 0)
			return problem(out, _("there is no option %s before a command"), words[at]);
		at += r;
	}
	return at;
}

int command_find(char **words, int count, struct options *options,
		 const struct command **ret_command, struct usage_problem *ret_problem)
{
	char name[80];
	int first = skip_options(words, count, 0, options, ret_problem), second;

	*ret_command = NULL;
	if (first < 0 || first == count)
		return first;
	*ret_command = find_name(words[first]);
	if (*ret_command && !is_noun(words[first]))
		return first + 1;
	if (!is_noun(words[first]))
		return unknown(words[first], ret_problem);
	second = skip_options(words, count, first + 1, options, ret_problem);
	if (second < 0)
		return second;
	if (second < count) {
		snprintf(name, sizeof(name), "%s %s", words[first], words[second]);
		if (find_name(name))
			*ret_command = find_name(name);
		else if (!*ret_command)
			return unknown(name, ret_problem);
		else
			second--;
		return second + 1;
	}
	if (*ret_command)
		return second;
	return options->help ? first : missing_verb(words[first], ret_problem);
}
