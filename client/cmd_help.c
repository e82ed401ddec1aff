/*
 * help: the overview, one command, the verbs of a noun, or a topic.
 */

#include <stdio.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/topics.h"
#include "common/macros.h"
#include "common/nearest.h"

#define WIDTH 78

/* Prints text broken at spaces between `indent` and WIDTH. */
static void print_wrapped(struct out *out, const char *text, int indent)
{
	int used = indent;

	out_printf(out, "%*s", indent, "");
	while (*text) {
		/* "[--floor FLOOR]" stays on one line. */
		size_t len = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, " ");

		if (used > indent && used + 1 + (int)len > WIDTH) {
			out_printf(out, "\n%*s", indent, "");
			used = indent;
		} else if (used > indent) {
			out_str(out, " ");
			used++;
		}
		out_printf(out, "%.*s", (int)len, text);
		used += (int)len;
		text += len;
		text += strspn(text, " ");
	}
	out_str(out, "\n");
}

static void print_lines(struct out *out, const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		out_printf(out, "  %.*s\n", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

static void print_row(struct out *out, const char *name, const char *about)
{
	if (strlen(name) <= 18)
		out_printf(out, "  %-18s  %s\n", name, about);
	else
		out_printf(out, "  %s\n  %18s  %s\n", name, "", about);
}

int command_help(struct client *client, const struct command *command)
{
	struct out *out = &client->out;
	char usage[512];

	out_page(out);
	if (command->examples) {
		out_str(out, _("Examples:\n"));
		print_lines(out, command->examples);
		out_str(out, "\n");
	}
	out_str(out, _("Usage:\n"));
	snprintf(usage, sizeof(usage), "cowork %s %s", command->name, command->usage);
	print_wrapped(out, usage, 2);
	out_printf(out, "\n%s: %s.\n", command->name, _(command->summary));
	if (command->more)
		print_wrapped(out, _(command->more), 0);
	out_str(out, _("\nOptions that every command takes: cowork help options\n"));
	return STATUS_OK;
}

static void print_noun_line(struct out *out, const char *noun, size_t len)
{
	char verbs[128];
	int used = 0;

	for (size_t i = 0; i < noun_table_count; i++)
		if (strncmp(noun_table[i].name, noun, len) == 0 && noun_table[i].name[len] == ' ')
			used += snprintf(verbs + used, sizeof(verbs) - (size_t)used, "%s%s",
					 used ? ", " : "", noun_table[i].name + len + 1);
	out_printf(out, "  %-18.*s  %s\n", (int)len, noun, verbs);
}

int command_overview(struct client *client)
{
	struct out *out = &client->out;
	const char *last = "";

	out_page(out);
	out_str(out, _("cowork: desks and rooms of a coworking space\n\n"));
	out_str(out, _("Examples:\n"
		       "  cowork book A-12 tomorrow 9-17\n"
		       "  cowork mine\n"
		       "  cowork space list --site KSQ\n\nCommands:\n"));
	for (size_t i = 0; i < command_table_count; i++)
		print_row(out, command_table[i].name, _(command_table[i].summary));
	out_str(out, _("\nFor staff:\n"));
	for (size_t i = 0; i < noun_table_count; i++) {
		size_t len = strcspn(noun_table[i].name, " ");

		if (strncmp(last, noun_table[i].name, len + 1) != 0)
			print_noun_line(out, noun_table[i].name, len);
		last = noun_table[i].name;
	}
	out_str(out, _("\ncowork help COMMAND explains one. More to read about:\n  options"));
	for (size_t i = 0; topics[i].name; i++)
		out_printf(out, "%s%s", topics[i + 1].name ? ", " : _(" and "), topics[i].name);
	out_str(out, ".\n");
	return STATUS_OK;
}

static int help_options(struct client *client)
{
	const char *name, *about;

	for (unsigned i = 0; options_describe(i, &name, &about); i++)
		print_row(&client->out, name, about);
	return STATUS_OK;
}

/* The verbs of a noun; false when the word is none. */
static bool help_noun(struct client *client, const char *noun)
{
	size_t len = strlen(noun);
	bool found = false;

	for (size_t i = 0; command_at(i); i++) {
		const struct command *command = command_at(i);
		char usage[512];

		if (strncmp(command->name, noun, len) != 0 || command->name[len] != ' ')
			continue;
		snprintf(usage, sizeof(usage), "cowork %s %s", command->name, command->usage);
		print_wrapped(&client->out, usage, 2);
		out_printf(&client->out, "      %s\n", _(command->summary));
		found = true;
	}
	return found;
}

static int unknown_topic(const char *topic)
{
	struct nearest nearest = NEAREST_INIT(topic);

	for (size_t i = 0; command_at(i); i++)
		nearest_try(&nearest, command_at(i)->name);
	for (size_t i = 0; topics[i].name; i++)
		nearest_try(&nearest, topics[i].name);
	if (nearest_found(&nearest))
		complain(_("there is no help on \"%s\"; did you mean \"%s\"?"), topic,
			 nearest.best);
	else
		complain(_("there is no help on \"%s\""), topic);
	complain_more(_("try"), "cowork help");
	return STATUS_USAGE;
}

int cmd_help(struct client *client, const struct command *command,
	     const struct arguments *arguments)
{
	const char *topic = arguments_get(arguments, "topic"),
		   *verb = arguments_get(arguments, "verb");
	char name[80];

	(void)command;
	if (!topic)
		return command_overview(client);
	out_page(&client->out);
	snprintf(name, sizeof(name), "%s%s%s", topic, verb ? " " : "", verb ? verb : "");
	for (size_t i = 0; command_at(i); i++)
		if (strcmp(command_at(i)->name, name) == 0)
			return command_help(client, command_at(i));
	for (size_t i = 0; topics[i].name; i++)
		if (strcmp(topics[i].name, name) == 0) {
			out_str(&client->out, _(topics[i].text));
			return STATUS_OK;
		}
	if (strcmp(name, "options") == 0)
		return help_options(client);
	return help_noun(client, name) ? STATUS_OK : unknown_topic(name);
}
