/*
 * The locale and the language of messages.
 *
 * gettext looks at LANGUAGE only where the locale of messages is not plain C, and a locale that was
 * never generated cannot be set at all; LANG=ko_KR.UTF-8 then would mean English in a terminal
 * without widths. So C.UTF-8, which is always there, takes its place, and LANGUAGE says the rest.
 * Numbers stay those of C: they are data.
 */

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/i18n.h"

#define LANG_MAX 64

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* What the locale of messages is to be, by the rules of POSIX. */
static const char *messages_locale(void)
{
	const char *locale = environment("LC_ALL");

	if (!locale)
		locale = environment("LC_MESSAGES");
	return locale ? locale : environment("LANG");
}

/* Whether it names no language: "C", "C.UTF-8", "POSIX". */
static bool is_plain(const char *locale)
{
	return !locale || strcmp(locale, "POSIX") == 0 ||
	       (locale[0] == 'C' && (locale[1] == '\0' || locale[1] == '.'));
}

const char *i18n_language(void)
{
	const char *locale = messages_locale(), *language = environment("LANGUAGE");

	/* Whoever sets LC_ALL=C wants what programs read; LANGUAGE is then not looked at. */
	if (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
		return NULL;
	if (language)
		return language;
	return is_plain(locale) ? NULL : locale;
}

/* The value of --lang, wherever it stands: messages about the other words are in it, too. */
static const char *asked_language(int argc, char *const argv[])
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--lang=", 7) == 0)
			return argv[i] + 7;
		if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

static const char *locale_folder(void)
{
	const char *folder = environment("COWORK_LOCALEDIR");

	return folder ? folder : COWORK_LOCALEDIR;
}

/* Whether there is a catalogue of it: the two that dates are told in need none. */
bool i18n_knows(const char *language)
{
	static const char *const known[] = { "en", "ko" };
	int len = (int)strcspn(language, "-_.@");
	char path[4096];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((int)strlen(known[i]) == len && strncmp(known[i], language, (size_t)len) == 0)
			return true;
	if (len == 0 || memchr(language, '/', (size_t)len))
		return false;
	snprintf(path, sizeof(path), "%s/%.*s/LC_MESSAGES/cowork.mo", locale_folder(), len,
		 language);
	return access(path, R_OK) == 0;
}

/* "ko", "ko-KR" and "ko_KR" as LANGUAGE and the locale that lets it count. */
static void use_language(const char *asked)
{
	char name[LANG_MAX];
	size_t len = strnlen(asked, sizeof(name));

	if (len == 0 || len == sizeof(name))
		return;
	memcpy(name, asked, len + 1);
	for (char *p = strchr(name, '-'); p; p = strchr(p, '-'))
		*p = '_';
	(void)setenv("LANGUAGE", name, 1);
	if (is_plain(messages_locale()))
		(void)setenv("LC_ALL", "C.UTF-8", 1);
}

void i18n_init(int argc, char *const argv[])
{
	const char *asked = asked_language(argc, argv);
	const char *language;

	if (asked && i18n_knows(asked))
		use_language(asked);
	language = i18n_language();
	if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
		(void)setlocale(LC_ALL, "C");
		(void)setlocale(LC_CTYPE, "C.UTF-8");
		if (language) {
			(void)setlocale(LC_MESSAGES, "C.UTF-8");
			(void)setenv("LANGUAGE", language, 1);
		}
	}
	(void)setlocale(LC_NUMERIC, "C");
#if COWORK_NLS
	(void)bindtextdomain("cowork", locale_folder());
	(void)bind_textdomain_codeset("cowork", "UTF-8");
	(void)textdomain("cowork");
#endif
}

/* The catalogue tells its own language in the entry of the empty text. */
bool i18n_translated(void)
{
#if COWORK_NLS
	return *gettext("") != '\0';
#else
	return false;
#endif
}
