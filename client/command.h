#pragma once

/*
 * The table of commands: name, usage (which is also the grammar), summary, examples, run.
 */

#include "client/arguments.h"

struct client;
struct command;

enum command_flags {
	COMMAND_LOGIN = 1 << 0,	   /* needs a token */
	COMMAND_SITE = 1 << 1,	   /* thin rows: belongs to a site */
	COMMAND_MUTATION = 1 << 2, /* thin rows: takes key, attempt, dry_run */
	COMMAND_LIST = 1 << 3,	   /* thin rows: answers with a list */
};

typedef int command_run(struct client *client, const struct command *command,
			const struct arguments *arguments);

struct command {
	const char *name;  /* one or two words */
	const char *usage; /* see arguments.h */
	const char *summary;
	const char *more;     /* a paragraph or NULL */
	const char *examples; /* lines or NULL */
	command_run *run;
	unsigned flags;
	const char *method; /* thin rows: what is called */
	const char *noun;   /* thin rows: the view of the answer */
	const char *done;   /* thin mutations: "added" */
};

/* Two tables behind one index: commands.c and nouns.c. */
extern const struct command command_table[];
extern const size_t command_table_count;
extern const struct command noun_table[];
extern const size_t noun_table_count;
/* The i-th of all, or NULL behind the last. */
const struct command *command_at(size_t i);

/*
 * Finds the command in the words, taking options before it: the number of words used, with
 * *ret_command NULL when there is no command at all; or -EINVAL with *ret_problem.
 */
int command_find(char **words, int count, struct options *options,
		 const struct command **ret_command, struct usage_problem *ret_problem);

/* Help on one command, on all, on a topic; exit statuses. */
int command_help(struct client *client, const struct command *command);
int command_overview(struct client *client);

/* Thin rows: positions and options become parameters by their names. */
command_run noun_run;
