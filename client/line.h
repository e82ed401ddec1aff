#pragma once

/*
 * The command line as the shell would take it again: as it was typed, or with other words in it.
 * Every command that is suggested to a person is made here.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct client;

/* Words of the command line that belong together; each is in argv or the end of a "--name=value"
 * there. Borrows. */
struct words {
	const char *const *words;
	size_t count;
	bool value; /* of an option: one word of the shell, whatever it holds */
};

/* Something else in place of words. */
struct edit {
	struct words words;
	const char *by; /* borrows; NULL: they go, and the option with them whose value they are */
};

/*
 * The command with each edit made once, where its first word stands; `more` is text for its end,
 * quoted where it needs that, or NULL. malloc'd, NULL when out of memory.
 */
char *line_with(const struct client *client, const struct edit *edits, size_t count,
		const char *more);
/* The same command, meaning the same on any day, with `--key KEY` at its end unless it stands
 * there already or is NULL. */
char *line_with_key(const struct client *client, const char *key);
/* Appends the code of a space as a command takes it behind its name: with --space where it would be
 * read as a time. */
void line_add_space(struct buf *line, const char *code);
/* Appends words with blanks between them, each quoted where it needs that. */
void line_add_words(struct buf *line, const char *text);
