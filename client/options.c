/*
 * The options every command takes: one table drives parsing and help.
 */

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/i18n.h"
#include "client/options.h"
#include "common/macros.h"
#include "common/uuid7.h"

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_JSON, /* --json or --json=FIELDS */
	OPTION_FORMAT,
	OPTION_COUNT,	/* 0 or more */
	OPTION_SECONDS, /* microseconds in C */
	OPTION_UUID,
	OPTION_LANG,
};

struct option_row {
	const char *name;
	char letter;
	enum option_kind kind;
	size_t offset;
	const char *show;
	const char *help;
};

#define ROW(option, short_name, type, member, text, about)                                         \
	{                                                                                          \
		.name = option, .letter = short_name, .kind = type,                                \
		.offset = offsetof(struct options, member), .show = text, .help = about            \
	}

static const struct option_row rows[] = {
	ROW("json", 0, OPTION_JSON, fields, "--json[=FIELDS]", N_("print the result as JSON")),
	ROW("output", 'o', OPTION_FORMAT, format, "-o, --output FORMAT",
	    N_("table, tsv, json, ndjson or name; else table or tsv")),
	ROW("fields", 'f', OPTION_TEXT, fields, "-f, --fields FIELDS",
	    N_("which fields, e.g. ref,space,local.start")),
	ROW("header", 0, OPTION_FLAG, header, "--header", N_("begin TSV with a line of names")),
	ROW("limit", 0, OPTION_COUNT, limit, "--limit N", N_("at most N rows of a list; 0: all")),
	ROW("context", 0, OPTION_TEXT, context, "--context NAME", N_("use this context")),
	ROW("site", 0, OPTION_TEXT, site, "--site SITE", N_("the site's code")),
	ROW("server", 0, OPTION_TEXT, server, "--server HOST[:PORT]", N_("the daemon to talk to")),
	ROW("ca", 0, OPTION_TEXT, ca, "--ca FILE", N_("trust certificates of this PEM file")),
	ROW("tz", 0, OPTION_TEXT, tz, "--tz ZONE", N_("show times in this zone")),
	ROW("lang", 0, OPTION_LANG, lang, "--lang LANG", N_("speak this language: en or ko")),
	ROW("dry-run", 0, OPTION_FLAG, dry_run, "--dry-run",
	    N_("let the server check, and change nothing")),
	ROW("key", 0, OPTION_UUID, key, "--key UUID",
	    N_("ask again for the answer to the request with this key")),
	ROW("timeout", 0, OPTION_SECONDS, timeout_usec, "--timeout SECONDS",
	    N_("give up after this long; 30 without it")),
	ROW("no-input", 0, OPTION_FLAG, no_input, "--no-input", N_("never ask on the terminal")),
	ROW("quiet", 'q', OPTION_FLAG, quiet, "-q, --quiet", N_("no notes on standard error")),
	ROW("verbose", 'v', OPTION_FLAG, verbose, "-v, --verbose", N_("more notes")),
	ROW("ascii", 0, OPTION_FLAG, ascii, "--ascii", N_("draw with ASCII only")),
	ROW("no-color", 0, OPTION_FLAG, no_color, "--no-color", N_("no colours")),
	ROW("help", 'h', OPTION_FLAG, help, "-h, --help", N_("explain the command")),
	ROW("version", 0, OPTION_FLAG, version, "--version", N_("print the version")),
};

_printf_(2, 3) static int problem(struct usage_problem *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->text, sizeof(out->text), format, args);
	va_end(args);
	return -EINVAL;
}

static int set_format(enum format *format, const char *value, struct usage_problem *out)
{
	static const char *const names[] = { "table", "tsv", "json", "ndjson", "name" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], value) == 0) {
			*format = (enum format)(FORMAT_TABLE + i);
			return 0;
		}
	return problem(out,
		       _("there is no format \"%s\"; there are table, tsv, json, ndjson and name"),
		       value);
}

static int set_number(int64_t *number, const struct option_row *row, const char *value,
		      struct usage_problem *out)
{
	bool seconds = row->kind == OPTION_SECONDS;
	char *end;
	double parsed = strtod(value, &end);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' || parsed > 1e6 ||
	    (seconds && parsed < 0.001) ||
	    (!seconds && strspn(value, "0123456789") != strlen(value)))
		return problem(out, _("--%s wants a number, not \"%s\""), row->name, value);
	*number = seconds ? (int64_t)(parsed * 1e6) : (int64_t)parsed;
	return 0;
}

static int set_value(struct options *options, const struct option_row *row, const char *value,
		     struct usage_problem *out)
{
	char *member = (char *)options + row->offset;
	char uuid[UUID_TEXT_MAX];

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_JSON:
		options->format = FORMAT_JSON;
		if (value)
			options->fields = value;
		return 0;
	case OPTION_FORMAT:
		return set_format((enum format *)member, value, out);
	case OPTION_COUNT:
	case OPTION_SECONDS:
		return set_number((int64_t *)member, row, value, out);
	case OPTION_UUID:
		if (uuid_parse(value, uuid) < 0)
			return problem(out, _("--%s wants a UUID"), row->name);
		break;
	case OPTION_LANG:
		if (*value && !i18n_knows(value))
			return problem(out,
				       _("there is no language \"%s\" here; there are en and ko"),
				       value);
		break;
	case OPTION_TEXT:
		break;
	}
	if (*value == '\0')
		return problem(out, _("--%s must not be empty"), row->name);
	*(const char **)member = value;
	return 0;
}

static bool takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_JSON;
}

static int take_long(struct options *options, char **words, int count, struct usage_problem *out)
{
	const char *name = words[0] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int used = 1, r;

		if (strlen(rows[i].name) != len || strncmp(rows[i].name, name, len) != 0)
			continue;
		if (value && rows[i].kind == OPTION_FLAG)
			return problem(out, _("--%s takes no value"), rows[i].name);
		if (!value && takes_value(&rows[i])) {
			if (count < 2)
				return problem(out, _("--%s wants a value"), rows[i].name);
			value = words[1];
			used = 2;
		}
		r = set_value(options, &rows[i], value, out);
		return r < 0 ? r : used;
	}
	return 0;
}

static const struct option_row *row_of_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

/* -q, -qv, -f FIELDS, -fFIELDS. */
static int take_short(struct options *options, char **words, int count, struct usage_problem *out)
{
	for (const char *p = words[0] + 1; *p; p++) {
		const struct option_row *row = row_of_letter(*p);
		const char *value = p[1] ? p + 1 : count > 1 ? words[1] : NULL;
		int r;

		if (!row)
			return 0;
		if (takes_value(row) && !value)
			return problem(out, _("-%c wants a value"), row->letter);
		r = set_value(options, row, value, out);
		if (r < 0)
			return r;
		if (takes_value(row))
			return p[1] ? 1 : 2;
	}
	return 1;
}

int options_take(struct options *options, char **words, int count,
		 struct usage_problem *ret_problem)
{
	const char *word = words[0];

	if (word[0] != '-' || word[1] == '\0')
		return 0;
	if (word[1] == '-')
		return take_long(options, words, count, ret_problem);
	return take_short(options, words, count, ret_problem);
}

bool options_describe(unsigned i, const char **ret_name, const char **ret_help)
{
	if (i >= ARRAY_SIZE(rows))
		return false;
	*ret_name = rows[i].show;
	*ret_help = _(rows[i].help);
	return true;
}

const char *options_name(unsigned i)
{
	return i < ARRAY_SIZE(rows) ? rows[i].name : NULL;
}
