#pragma once

/*
 * Reads a command's words by its usage sentence, which is the grammar:
 *
 *	REF [SPACE] [START END] [--note TEXT] [--past] --name TEXT
 *
 * Capitals are positions, groups in brackets may be left out (the number of words decides which),
 * an option followed by capitals takes a value, and one outside brackets must be given.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client/options.h"

#define ARGUMENTS_MAX	  32
#define ARGUMENT_NAME_MAX 32

struct argument {
	char name[ARGUMENT_NAME_MAX]; /* as a parameter: "name_alt" for --name-alt, "ref" for REF */
	const char *value;	      /* borrows from the words; "" for an option without value */
};

struct arguments {
	struct argument items[ARGUMENTS_MAX];
	size_t count;
};

/*
 * Reads words, taking the options every command has into *options. 0, or -EINVAL with *ret_problem.
 * The usage sentence is ours: a malformed one asserts.
 */
int arguments_parse(const char *usage, char **words, int count, struct options *options,
		    struct arguments *ret, struct usage_problem *ret_problem);

/* The value of a name, or NULL. */
const char *arguments_get(const struct arguments *arguments, const char *name);
bool arguments_has(const struct arguments *arguments, const char *name);
