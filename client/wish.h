#pragma once

/*
 * Which space of a kind: --area, --floor, --near, --has, --capacity, as free and book take them.
 */

#include <stdbool.h>

struct arguments;
struct asked;
struct params;

#define WISH_WORDS "[--area AREA] [--floor FLOOR] [--near SPACE] [--has LIST] [--capacity N]"

/* Adds those that were given; false after saying which one is wrong. */
bool wish_add(struct params *params, const struct arguments *arguments);
/* The name of one that fits only a kind and was given, e.g. "--near"; NULL for none. */
const char *wish_given(const struct arguments *arguments);
/* Notes where they stand on the command line. */
void wish_note(struct asked *asked, const struct arguments *arguments);
