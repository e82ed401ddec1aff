/*
 * Completion from the client's own tables: commands, options, and the words that a metavar of a
 * usage sentence stands for. The words before the cursor are walked as the real parser would, but
 * nothing is an error.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "client/command.h"
#include "client/complete.h"
#include "client/i18n.h"
#include "client/kinds.h"
#include "client/topics.h"
#include "common/macros.h"

#define OUT_MAX (1024 * 1024)

/* What the walk over the words found. */
struct place {
	const char *noun; /* "space", when its verb is still missing */
	const struct command *command;
	size_t positions;	       /* words that stand in positions already */
	bool only_positions;	       /* behind "--" */
	bool lost;		       /* no such command */
	char value[ARGUMENT_NAME_MAX]; /* the option before the cursor wants this */
};

/* Words a metavar stands for; for commands that begin so, or all. */
static const struct {
	const char *metavar, *command, *words;
} known[] = {
	{ "KIND", "import", NULL },
	{ "KIND", "export", NULL },
	{ "KIND", NULL, "desk room booth office event" },
	{ "WHAT", NULL, "desk room booth office event" },
	{ "WHEN", NULL, "today tomorrow now mon tue wed thu fri sat sun next" },
	{ "START", NULL, "today tomorrow now mon tue wed thu fri sat sun next" },
	{ "TIME", NULL, "today tomorrow now mon tue wed thu fri sat sun eow eom" },
	{ "DAY", NULL, "today tomorrow mon tue wed thu fri sat sun" },
	{ "FORMAT", NULL, "table tsv json ndjson name" },
	{ "LANG", NULL, "en ko" },
	{ "ROLE", "staff", "front_desk site_admin operator auditor service" },
	{ "ROLE", NULL, "member tenant_admin" },
	{ "SCOPE", NULL, "full read" },
	{ "STATE", NULL, "active disabled" },
	{ "NAME", "config set", "server ca fingerprint site tz" },
};

void complete_offer(struct complete *complete, const char *word, const char *about)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./_-";

	if (strncasecmp(word, complete->word, strlen(complete->word)) != 0 ||
	    word[strspn(word, plain)] != '\0')
		return;
	buf_add(&complete->out, complete->before, complete->before_len);
	buf_add_str(&complete->out, word);
	if (about && *about) {
		buf_add_char(&complete->out, '\t');
		text_line(&complete->out, about);
	}
	buf_add_char(&complete->out, '\n');
}

static void offer_words(struct complete *complete, const char *words)
{
	while (*words) {
		char word[64];
		size_t len = strcspn(words, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, words);
		complete_offer(complete, word, NULL);
		words += len + (words[len] == ' ');
	}
}

static void offer_kinds(struct complete *complete)
{
	for (size_t i = 0; kinds[i].name; i++)
		complete_offer(complete, kinds[i].name, NULL);
}

static void offer_contexts(struct complete *complete)
{
	const struct config *config = &complete->client->config;

	for (size_t i = 0; i < config->count; i++)
		complete_offer(complete, config->contexts[i].name, config->contexts[i].server);
}

/* First words of commands or, behind a noun, its verbs. */
static void offer_commands(struct complete *complete, const char *noun)
{
	const char *last = "";
	size_t len = noun ? strlen(noun) : 0;

	for (size_t i = 0; command_at(i); i++) {
		const char *name = command_at(i)->name;
		size_t first = strcspn(name, " ");
		char word[64];

		if (noun) {
			if (strncmp(name, noun, len) == 0 && name[len] == ' ')
				complete_offer(complete, name + len + 1, _(command_at(i)->summary));
			continue;
		}
		if (strncmp(name, last, first) == 0 && last[strcspn(last, " ")] != '\0' &&
		    strcspn(last, " ") == first)
			continue;
		last = name;
		snprintf(word, sizeof(word), "%.*s", (int)first, name);
		complete_offer(complete, word, name[first] ? NULL : _(command_at(i)->summary));
	}
}

static void offer_topics(struct complete *complete)
{
	offer_commands(complete, NULL);
	for (size_t i = 0; topics[i].name; i++)
		complete_offer(complete, topics[i].name, NULL);
	complete_offer(complete, "options", NULL);
}

/* One alternative of a metavar: "SPACE", or a word that stands for itself as in "0|1". */
static void offer_one(struct complete *complete, const char *metavar, const char *command)
{
	if (metavar[strspn(metavar, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0') {
		complete_offer(complete, metavar, NULL);
		return;
	}
	if (strcmp(metavar, "FILE") == 0) {
		buf_add_str(&complete->out, ":file\n");
		return;
	}
	if (strcmp(metavar, "CONTEXT") == 0 ||
	    (strcmp(metavar, "NAME") == 0 && strcmp(command, "config use") == 0))
		offer_contexts(complete);
	if (strcmp(metavar, "TOPIC") == 0)
		offer_topics(complete);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *only = known[i].command;

		if (strcmp(known[i].metavar, metavar) != 0 ||
		    (only && strncmp(only, command, strlen(only)) != 0))
			continue;
		if (known[i].words)
			offer_words(complete, known[i].words);
		else
			offer_kinds(complete);
		break;
	}
	complete_ask(complete, metavar, command);
}

static void offer_metavar(struct complete *complete, const char *metavar,
			  const struct command *command)
{
	char copy[ARGUMENT_NAME_MAX], *rest = copy, *one;

	snprintf(copy, sizeof(copy), "%s", metavar);
	while ((one = strsep(&rest, "|")))
		offer_one(complete, one, command ? command->name : "");
}

/* The value that an option every command takes wants: "SITE" of "--site SITE"; "" for none. */
static bool value_of_common(const char *word, size_t len, char out[ARGUMENT_NAME_MAX])
{
	const char *show, *help, *value;

	for (unsigned i = 0; options_describe(i, &show, &help); i++) {
		const char *option = options_name(i);
		bool letter = len == 2 && show[1] == word[1] && show[2] == ',';

		if (!letter && (strlen(option) + 2 != len || strncmp(word, "--", 2) != 0 ||
				strncmp(option, word + 2, len - 2) != 0))
			continue;
		out[0] = '\0';
		value = strrchr(show, ' ');
		if (value && value[1] != '-')
			snprintf(out, ARGUMENT_NAME_MAX, "%.*s", (int)strcspn(value + 1, "["),
				 value + 1);
		if (strcmp(option, "context") == 0)
			strcpy(out, "CONTEXT");
		return true;
	}
	return false;
}

/* The same for an option of the command or of all; false when there is no such option. */
static bool value_of_option(const struct command *command, const char *word, size_t len,
			    char out[ARGUMENT_NAME_MAX])
{
	struct usage_slot slot;

	for (size_t i = 0; command && usage_slot(command->usage, i, &slot); i++)
		if (slot.option && strlen(slot.shown) == len &&
		    strncmp(slot.shown, word, len) == 0) {
			strcpy(out, slot.value);
			return true;
		}
	return value_of_common(word, len, out);
}

static void offer_options(struct complete *complete, const struct command *command)
{
	const char *show, *help;
	struct usage_slot slot;
	char word[ARGUMENT_NAME_MAX + 2];

	for (size_t i = 0; command && usage_slot(command->usage, i, &slot); i++)
		if (slot.option)
			complete_offer(complete, slot.shown, slot.value);
	for (unsigned i = 0; options_describe(i, &show, &help); i++) {
		snprintf(word, sizeof(word), "--%s", options_name(i));
		complete_offer(complete, word, help);
	}
}

/* What may stand at the next position: where it may be left out, what comes after it too. */
static void offer_position(struct complete *complete, const struct place *place)
{
	struct usage_slot slot;
	size_t seen = 0;

	for (size_t i = 0; usage_slot(place->command->usage, i, &slot); i++) {
		if (slot.option)
			continue;
		if (seen++ < place->positions && !slot.many)
			continue;
		offer_metavar(complete, slot.shown, place->command);
		if (slot.group == 0 || slot.many)
			return;
	}
}

/* ---- the walk ---- */

static const struct command *find_command(const char *noun, const char *word, bool *ret_noun)
{
	const struct command *found = NULL;
	char name[128];

	snprintf(name, sizeof(name), "%s%s%s", noun ? noun : "", noun ? " " : "", word);
	*ret_noun = false;
	for (size_t i = 0; command_at(i); i++) {
		const char *other = command_at(i)->name;

		if (strcmp(other, name) == 0)
			found = command_at(i);
		else if (strncmp(other, name, strlen(name)) == 0 && other[strlen(name)] == ' ')
			*ret_noun = true;
	}
	return found;
}

static void walk_word(struct place *place, const char *word)
{
	const struct command *found;
	bool noun;

	if (place->command && !place->noun) {
		place->positions++;
		return;
	}
	found = find_command(place->noun, word, &noun);
	if (!place->noun) {
		place->command = found;
		place->noun = noun ? word : NULL;
		place->lost = !found && !noun;
	} else {
		place->noun = NULL;
		if (found)
			place->command = found;
		else if (place->command)
			place->positions++;
		else
			place->lost = true;
	}
}

/* An option before the cursor: how many words it takes; its value may be what is wanted. */
static int walk_option(struct client *client, struct place *place, char **words, int left)
{
	struct usage_problem problem;
	struct options taken = client->options;
	int used = options_take(&taken, words, left, &problem);
	size_t len = strcspn(words[0], "=");
	char value[ARGUMENT_NAME_MAX];

	if (used > 0) {
		client->options = taken;
		return used;
	}
	if (words[0][len] || !value_of_option(place->command, words[0], len, value) || !*value)
		return 1;
	if (left == 1)
		strcpy(place->value, value);
	return 2;
}

static void walk(struct client *client, char **words, int count, struct place *place)
{
	for (int i = 0; i < count && !place->lost;) {
		if (!place->only_positions && strcmp(words[i], "--") == 0) {
			place->only_positions = true;
			i++;
		} else if (!place->only_positions && words[i][0] == '-' && words[i][1]) {
			i += walk_option(client, place, words + i, count - i);
		} else {
			walk_word(place, words[i++]);
		}
	}
}

static void offer_at(struct complete *complete, const struct place *place)
{
	size_t len = strcspn(complete->word, "=");
	char value[ARGUMENT_NAME_MAX];

	if (place->lost)
		return;
	if (place->value[0]) {
		offer_metavar(complete, place->value, place->command);
	} else if (!place->only_positions && complete->word[0] == '-' && complete->word[len]) {
		if (!value_of_option(place->command, complete->word, len, value))
			return;
		complete->before = complete->word;
		complete->before_len = len + 1;
		complete->word += len + 1;
		offer_metavar(complete, value, place->command);
	} else if (!place->only_positions && complete->word[0] == '-') {
		offer_options(complete, place->command);
	} else if (!place->command || place->noun) {
		offer_commands(complete, place->noun);
	} else {
		offer_position(complete, place);
	}
}

/* "__complete --cursor N -- cowork WORDS...": the index of "cowork", or -1. */
static int read_call(const struct client *client, int *ret_cursor)
{
	char *end;
	long cursor;

	if (client->argc < 6 || strcmp(client->argv[2], "--cursor") != 0 ||
	    strcmp(client->argv[4], "--") != 0)
		return -1;
	cursor = strtol(client->argv[3], &end, 10);
	if (*end || cursor < 1 || cursor > client->argc - 5)
		return -1;
	*ret_cursor = (int)cursor;
	return 5;
}

/* Nothing may be said on the terminal where somebody types. */
static void be_silent(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0)
		(void)dup2(nowhere, STDERR_FILENO);
	if (nowhere > STDERR_FILENO)
		close(nowhere);
}

int complete_run(struct client *client)
{
	struct complete complete = {
		.client = client, .word = "", .before = "", .out = BUF_INIT(OUT_MAX)
	};
	struct place place = { 0 };
	int cursor, at = read_call(client, &cursor);

	be_silent();
	if (at < 0)
		return STATUS_OK;
	if (at + cursor < client->argc)
		complete.word = client->argv[at + cursor];
	walk(client, client->argv + at + 1, cursor - 1, &place);
	out_init(&client->out, &client->options);
	if (client_load_config(client) == STATUS_OK) {
		offer_at(&complete, &place);
		if (complete.out.data && !complete.out.failed)
			out_write(&client->out, complete.out.data, complete.out.len);
	}
	buf_deinit(&complete.out);
	return STATUS_OK;
}
