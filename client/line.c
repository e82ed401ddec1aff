/*
 * Writes command lines for people to copy. Words are told apart by where they stand in argv, so
 * that a space and a title of the same letters are not mixed up.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/line.h"
#include "common/when.h"

#define LINE_MAX_BYTES (256 * 1024)

/* The edit that a word of argv is part of; *ret_from is where in the word that begins. */
static const struct edit *edit_of(const char *word, const struct edit *edits, size_t count,
				  size_t *ret_from)
{
	size_t len = strlen(word);

	for (size_t e = 0; e < count; e++)
		for (size_t i = 0; i < edits[e].words.count; i++) {
			const char *at = edits[e].words.words[i];

			if (at >= word && at <= word + len) {
				*ret_from = (size_t)(at - word);
				return &edits[e];
			}
		}
	return NULL;
}

void line_add_words(struct buf *line, const char *text)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, " ");
		char *word = strndup(at, len);

		if (at != text)
			buf_add_char(line, ' ');
		if (word)
			text_quote(line, word);
		else
			line->failed = true;
		free(word);
		at += len + (at[len] == ' ');
	}
}

void line_add_space(struct buf *line, const char *code)
{
	if (when_is_word(code))
		buf_add_str(line, "--space ");
	text_quote(line, code);
}

/* "--from=" and a value that is one word of the shell, whatever it holds. */
static void add_value(struct buf *line, const char *option, size_t len, const char *value)
{
	struct buf whole = BUF_INIT(LINE_MAX_BYTES);

	buf_add(&whole, option, len);
	buf_add_str(&whole, value);
	if (whole.data)
		text_quote(line, whole.data);
	buf_deinit(&whole);
}

/* Whether the word is an option whose value is the next word, and goes with it. */
static bool goes_too(const struct client *client, int i, const struct edit *edits, size_t count)
{
	const struct edit *edit;
	size_t from = 0;

	if (client->argv[i][0] != '-' || i + 1 >= client->argc)
		return false;
	edit = edit_of(client->argv[i + 1], edits, count, &from);
	return edit && !edit->by && from == 0;
}

char *line_with(const struct client *client, const struct edit *edits, size_t count,
		const char *more)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	const struct edit *last = NULL;

	buf_add_str(&line, "cowork");
	for (int i = 1; i < client->argc; i++) {
		const char *word = client->argv[i];
		size_t from = 0;
		const struct edit *edit = edit_of(word, edits, count, &from);
		bool again = edit && edit == last;

		last = edit ? edit : last;
		if (again || (edit && !edit->by) || goes_too(client, i, edits, count))
			continue;
		buf_add_char(&line, ' ');
		if (!edit)
			text_quote(&line, word);
		else if (from > 0 || edit->words.value)
			add_value(&line, word, from, edit->by);
		else
			line_add_words(&line, edit->by);
	}
	if (more)
		buf_printf(&line, " %s", more);
	return buf_steal(&line);
}

char *line_with_key(const struct client *client, const char *key)
{
	const struct edit *absolute = client->absolute.by ? &client->absolute : NULL;
	char more[64];

	snprintf(more, sizeof(more), "--key %s", key ? key : "");
	return line_with(client, absolute, absolute ? 1 : 0,
			 key && !client->options.key ? more : NULL);
}
