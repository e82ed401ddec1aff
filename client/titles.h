#pragma once

/*
 * What columns and states are called on screens. In TSV and JSON they have the names of the wire.
 */

#include <stddef.h>

#define TITLE_MAX 64

/* "REF" of "ref", "LAST USED" of "space.last_used"; in the reader's language. */
const char *title_of(const char *path, char out[TITLE_MAX]);
/* The name of a line in a card: "ref", or its title in another language. */
const char *title_label(const char *path, char out[TITLE_MAX]);
/* What a cell of that column says: a state or role as a word of the reader's language; else the text. */
const char *title_value(const char *path, const char *text);
