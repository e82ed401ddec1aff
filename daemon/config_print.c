/*
 * The configuration shown: --dump-config (what is in force and where it came from) and
 * --example-config (every option, explained, at its default). Both print files that can be loaded.
 */

#include "daemon/config.h"

#include <string.h>
#include <strings.h>

#include "daemon/config_values.h"

#define MASK	  "********"
#define HELP_WIDE 90

static bool opens_section(size_t index)
{
	return index == 0 ||
	       strcmp(config_options[index - 1].section, config_options[index].section) != 0;
}

/* The end of a value of keyword/value form: a quoted one ends at its quote, a bare one at a blank.
 */
static const char *skip_value(const char *p)
{
	bool quoted = *p == '\'';

	if (quoted)
		p++;
	while (*p && (quoted ? *p != '\'' : !strchr(" \t&", *p)))
		p += p[0] == '\\' && p[1] ? 2 : 1;
	return quoted && *p ? p + 1 : p;
}

/*
 * A libpq connection string with its passwords masked. Every key that ends in "password" counts, in
 * both forms ("password = 'a b'" and "?password=..."), and the one in
 * postgresql://user:password@host.
 */
static void print_masked(const char *text, FILE *out)
{
	static const char word[] = "password";
	const char *authority = strstr(text, "://");
	const char *at = authority ? strrchr(authority, '@') : NULL;
	const char *colon = at ? strchr(authority + 3, ':') : NULL;
	const char *p = text;

	while (*p) {
		const char *value;

		if (colon && colon < at && p == colon) {
			fputs(":" MASK, out);
			p = at;
			continue;
		}
		value = p + strlen(word);
		if (strncasecmp(p, word, strlen(word)) != 0 || value[strspn(value, " \t")] != '=') {
			fputc(*p++, out);
			continue;
		}
		value += strspn(value, " \t") + 1;
		value += strspn(value, " \t");
		fprintf(out, "%.*s%s", (int)(value - p), p, MASK);
		p = skip_value(value);
	}
}

void config_dump(const struct config_file *file, FILE *out)
{
	struct config values = file->values; /* borrows the texts */
	char text[CONFIG_VALUE_TEXT_MAX];

	for (size_t i = 0; i < config_count(); i++) {
		const struct config_option *o = &config_options[i];

		if (opens_section(i))
			fprintf(out, "%s[%s]\n", i ? "\n" : "", o->section);
		if (file->lines[i])
			fprintf(out, "# %s:%d\n", file->path, file->lines[i]);
		else
			fputs("# default\n", out);
		fprintf(out, "%s = ", o->key);
		if (!config_value_is_text(o))
			fputs(config_value_format(o, *config_number_at(&values, o), text), out);
		else if (o->flags & CONFIG_SECRET)
			print_masked(*config_text_at(&values, o), out);
		else
			fputs(*config_text_at(&values, o), out);
		fputc('\n', out);
	}
}

/* The help in comment lines of readable width. */
static void print_help(const char *help, FILE *out)
{
	while (*help) {
		size_t len = strlen(help);

		if (len > HELP_WIDE) {
			len = HELP_WIDE;
			while (len > 0 && help[len] != ' ')
				len--;
			if (len == 0)
				len = strcspn(help, " ");
		}
		fprintf(out, "# %.*s\n", (int)len, help);
		help += len;
		help += strspn(help, " ");
	}
}

static void print_limits(const struct config_option *option, FILE *out)
{
	char low[CONFIG_VALUE_TEXT_MAX], high[CONFIG_VALUE_TEXT_MAX];

	if (option->type == CONFIG_CHOICE) {
		fputs("# One of", out);
		for (size_t i = 0; option->choices[i]; i++)
			fprintf(out, "%s %s", i ? "," : "", option->choices[i]);
		fputs(".\n", out);
	} else if (!config_value_is_text(option)) {
		fprintf(out, "# From %s to %s.\n", config_value_format(option, option->min, low),
			config_value_format(option, option->max, high));
	}
	if (option->flags & CONFIG_RESTART)
		fputs("# A change takes effect at restart.\n", out);
}

void config_example(FILE *out)
{
	fputs("# Configuration of coworkd; see coworkd.conf(5). Every option stands at its "
	      "default.\n"
	      "# key = value; '#' or ';' begins a comment at the start of a line and nowhere "
	      "else.\n",
	      out);
	for (size_t i = 0; i < config_count(); i++) {
		const struct config_option *o = &config_options[i];

		if (opens_section(i))
			fprintf(out, "\n[%s]\n", o->section);
		else
			fputc('\n', out);
		print_help(o->help, out);
		print_limits(o, out);
		fprintf(out, "#%s = %s\n", o->key, o->standard);
	}
}
