#pragma once

/*
 * Reads a command's words by its usage sentence, which is the grammar:
 *
 *	REF [SPACE] [WHEN...] [--note TEXT] [--past] --name TEXT
 *
 * Capitals are positions, groups in brackets may be left out (the number of words decides which,
 *and a name that an option has given already is not taken from a position), one that ends in "..."
 * takes one word or more, an option followed by capitals takes a value, and one outside brackets
 * must be given.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client/options.h"

#define ARGUMENTS_MAX	  32
#define ARGUMENT_NAME_MAX 32

struct argument {
	char name[ARGUMENT_NAME_MAX]; /* as a parameter: "name_alt" for --name-alt, "ref" for REF */
	const char *value;	      /* borrows from the words; "" for an option without value */
	bool position;		      /* not an option */
};

struct arguments {
	struct argument items[ARGUMENTS_MAX];
	size_t count;
	const char *many[ARGUMENTS_MAX]; /* the words of "WHEN..." */
	size_t many_count;
};

/* One place of a usage sentence. */
struct usage_slot {
	char name[ARGUMENT_NAME_MAX];  /* as in struct argument */
	char shown[ARGUMENT_NAME_MAX]; /* as written: "--name-alt", "REF" */
	char value[ARGUMENT_NAME_MAX]; /* of an option: "TEXT"; empty: it takes none */
	bool option;
	bool many;	/* "WHEN..." */
	unsigned group; /* 0: must be given; else the number of its bracket */
};

/* The i-th place of a usage sentence; false behind the last. For completion. */
bool usage_slot(const char *usage, size_t i, struct usage_slot *ret);

/*
 * Reads words, taking the options every command has into *options. 0, or -EINVAL with *ret_problem.
 * The usage sentence is ours: a malformed one asserts.
 */
int arguments_parse(const char *usage, char **words, int count, struct options *options,
		    struct arguments *ret, struct usage_problem *ret_problem);

/* The value of a name, or NULL; of one with "..." its first word. */
const char *arguments_get(const struct arguments *arguments, const char *name);
bool arguments_has(const struct arguments *arguments, const char *name);
/* Whether it was given, and not as an option. */
bool arguments_has_position(const struct arguments *arguments, const char *name);
/* Where the value of a name stands, as the one word of a list; NULL if it was not given. */
const char *const *arguments_slot(const struct arguments *arguments, const char *name);
