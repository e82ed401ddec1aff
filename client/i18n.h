#pragma once

/*
 * Texts for people go through _(); xgettext finds them by it. Where the C library has no gettext
 * the English text stands.
 */

#if COWORK_NLS
#include <libintl.h>
#define _(text) gettext(text)
#else
#define _(text) (text)
#endif

/* Marks a text in a table that is translated where it is shown. */
#define N_(text) text
