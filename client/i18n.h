#pragma once

/*
 * Texts for people go through _(); xgettext finds them by it and by N_(). Where the C library has
 * no gettext the English text stands. Data never passes through here: JSON, TSV, kinds and codes
 * are the same in all languages.
 */

#include <stdbool.h>

#if COWORK_NLS
#include <libintl.h>
#define _(text)		   gettext(text)
#define N_OF(one, many, n) ngettext(one, many, n)
#else
#define _(text)		   (text)
#define N_OF(one, many, n) ((n) == 1 ? (one) : (many))
#endif

/* N_OF(): the text for a number of things, as the language counts them. */

/* Marks a text in a table that is translated where it is shown. */
#define N_(text) text

/*
 * Sets the locale and the language of messages, before anything is printed: that of --lang in argv,
 * else of the environment. A locale that is not there, or not in UTF-8, becomes C.UTF-8.
 */
void i18n_init(int argc, char *const argv[]);
/* Whether people can be spoken to in the language that --lang names. */
bool i18n_knows(const char *language);
/* The language people are spoken to in, e.g. "ko" or "ko_KR.UTF-8"; NULL: none is named. */
const char *i18n_language(void);
/* Whether messages are in another language than those of the source. */
bool i18n_translated(void);
