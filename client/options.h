#pragma once

/*
 * The options every command takes, before or after its name.
 */

#include <stdbool.h>
#include <stdint.h>

enum format {
	FORMAT_AUTO, /* a table on a terminal, TSV elsewhere */
	FORMAT_TABLE,
	FORMAT_TSV,
	FORMAT_JSON,
	FORMAT_NDJSON, /* JSON, the rows of a list one a line */
	FORMAT_NAME,   /* only what a row is called */
};

struct options {
	enum format format;
	const char *fields;  /* all texts borrow from argv */
	bool header;	     /* a first line of names in TSV */
	int64_t limit;	     /* rows of a list; 0: all, -1: not given */
	const char *context; /* NULL: not given, here and below */
	const char *site;
	const char *server;
	const char *ca;
	const char *tz;
	const char *lang;
	const char *key;      /* of the mutation */
	int64_t timeout_usec; /* for the whole command */
	bool dry_run;
	bool no_input;
	bool quiet;
	bool verbose;
	bool ascii;
	bool no_color;
	bool help;
	bool version;
};

#define OPTIONS_INIT ((struct options){ .limit = -1, .timeout_usec = INT64_C(30000000) })

struct usage_problem {
	char text[320]; /* one sentence */
};

/*
 * Takes the option at words[0] if it is one of these: the number of words used, 0 if it is not one,
 * or -EINVAL with *ret_problem.
 */
int options_take(struct options *options, char **words, int count,
		 struct usage_problem *ret_problem);

/* For help: the name of option `i` with its value, e.g. "-f, --fields FIELDS", and what it does;
 * false behind the last. */
bool options_describe(unsigned i, const char **ret_name, const char **ret_help);
/* The long name of option `i`, or NULL behind the last; for suggestions and completion. */
const char *options_name(unsigned i);
