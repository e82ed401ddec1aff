/*
 * Reads and writes the contexts through inih. inih 55 as Debian builds it reports no line numbers
 * and shortens long lines, so a reader of ours counts lines and its limits are raised.
 */

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/config.h"
#include "client/files.h"
#include "client/i18n.h"
#include "common/buf.h"
#include "common/macros.h"

#define LINE_MAX_BYTES 8192
#define SECTION_PREFIX "context "

const char *const context_keys[] = { "server",		"ca",	"fingerprint", "certificate",
				     "certificate_key", "site", "tz",	       NULL };

static char **context_slot(struct context *context, const char *key)
{
	char **const slots[] = {
		&context->server,
		&context->ca,
		&context->fingerprint,
		&context->certificate,
		&context->certificate_key,
		&context->site,
		&context->tz,
	};

	for (size_t i = 0; context_keys[i]; i++)
		if (strcmp(context_keys[i], key) == 0)
			return slots[i];
	return NULL;
}

const char *context_get(const struct context *context, const char *key)
{
	struct context copy = *context;
	char **slot = context_slot(&copy, key);

	return slot ? *slot : NULL;
}

static int set_text(char **slot, const char *value)
{
	char *copy = NULL;

	if (value) {
		copy = strdup(value);
		if (!copy)
			return -ENOMEM;
	}
	free(*slot);
	*slot = copy;
	return 0;
}

/* What can stand on one line of the file and be read back as the same text. */
static bool plain_text(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > 1024 || value[0] == ' ' || value[len - 1] == ' ')
		return false;
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return true;
}

int context_set(struct context *context, const char *key, const char *value)
{
	char **slot = context_slot(context, key);

	if (!slot || (value && !plain_text(value)))
		return -EINVAL;
	return set_text(slot, value);
}

int context_set_file(struct context *context, const char *key, const char *file)
{
	char *path = file ? realpath(file, NULL) : NULL;
	int r = file && !path ? -errno : context_set(context, key, path);

	free(path);
	return r;
}

struct context *config_find(struct config *config, const char *name)
{
	for (size_t i = 0; i < config->count; i++)
		if (strcmp(config->contexts[i].name, name) == 0)
			return &config->contexts[i];
	return NULL;
}

/* The name becomes a file name in the state folder: letters, digits, '.', '_', '-', no leading dot.
 */
static bool context_name_valid(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return len > 0 && len <= 32 && name[len] == '\0' && name[0] != '.' && name[0] != '-';
}

struct context *config_add(struct config *config, const char *name)
{
	struct context *context = config_find(config, name);

	if (context)
		return context;
	if (config->count == CONFIG_CONTEXTS_MAX || !context_name_valid(name))
		return NULL;
	context = &config->contexts[config->count];
	*context = (struct context){ .name = strdup(name) };
	if (!context->name)
		return NULL;
	config->count++;
	return context;
}

int config_set_current(struct config *config, const char *name)
{
	return set_text(&config->current, name);
}

void config_deinit(struct config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		struct context *context = &config->contexts[i];

		for (size_t k = 0; context_keys[k]; k++)
			(void)context_set(context, context_keys[k], NULL);
		free(context->name);
	}
	free(config->current);
	*config = (struct config){ 0 };
}

struct parse {
	const char *name; /* of the file */
	const char *rest; /* text not yet read */
	int line;	  /* of the line read last */
	struct config *config;
	struct config_problem *problem;
	int failed; /* first failure, a negative errno */
};

_printf_(2, 3) static void parse_fail(struct parse *parse, const char *format, ...)
{
	va_list args;
	int n;

	if (parse->failed)
		return;
	parse->failed = -EINVAL;
	n = snprintf(parse->problem->text, sizeof(parse->problem->text), "%s:%d: ", parse->name,
		     parse->line);
	if (n < 0 || (size_t)n >= sizeof(parse->problem->text))
		return;
	va_start(args, format);
	vsnprintf(parse->problem->text + n, sizeof(parse->problem->text) - (size_t)n, format, args);
	va_end(args);
}

/* fgets() over the text for inih, counting lines. */
static char *parse_read(char *out, int size, void *stream)
{
	struct parse *parse = stream;
	const char *end;
	size_t len;

	if (*parse->rest == '\0')
		return NULL;
	parse->line++;
	end = strchr(parse->rest, '\n');
	len = end ? (size_t)(end - parse->rest) + 1 : strlen(parse->rest);
	if (len >= (size_t)size) {
		parse_fail(parse, _("the line is longer than %d bytes"), size - 2);
		return NULL;
	}
	memcpy(out, parse->rest, len);
	out[len] = '\0';
	parse->rest += len;
	return out;
}

static void parse_in_context(struct parse *parse, const char *name, const char *key,
			     const char *value)
{
	struct context *context = config_add(parse->config, name);
	int r;

	if (!context)
		return parse_fail(parse, _("\"%s\" is not a usable name for a context"), name);
	if (context_get(context, key))
		return parse_fail(parse, _("%s is given twice"), key);
	r = context_set(context, key, value);
	if (r == -EINVAL)
		parse_fail(parse, _("\"%s\" is not a key of a context, or its value is not usable"),
			   key);
	else if (r < 0)
		parse->failed = r;
}

static int parse_pair(void *user, const char *section, const char *key, const char *value)
{
	struct parse *parse = user;

	if (parse->failed)
		return 0;
	if (section[0] == '\0' && strcmp(key, "current") == 0) {
		if (parse->config->current)
			parse_fail(parse, _("current is given twice"));
		else if (config_set_current(parse->config, value) < 0)
			parse->failed = -ENOMEM;
	} else if (strncmp(section, SECTION_PREFIX, strlen(SECTION_PREFIX)) == 0) {
		parse_in_context(parse, section + strlen(SECTION_PREFIX), key, value);
	} else if (section[0] == '\0') {
		parse_fail(parse,
			   _("\"%s\" is not known here; only current= stands outside a section"),
			   key);
	} else {
		parse_fail(parse, _("[%s] is not a section; write [context NAME]"), section);
	}
	return parse->failed ? 0 : 1;
}

int config_parse(const char *name, const char *text, struct config *ret,
		 struct config_problem *ret_problem)
{
	struct parse parse = { .name = name, .rest = text, .config = ret, .problem = ret_problem };
	int r;

	*ret = (struct config){ 0 };
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_use_stack = false;
	ini_stop_on_first_error = true;
	ini_max_line = LINE_MAX_BYTES;
	ini_initial_alloc = LINE_MAX_BYTES;
	r = ini_parse_stream(parse_read, &parse, parse_pair, &parse);
	if (r > 0)
		parse_fail(&parse, _("this is neither [context NAME] nor key = value"));
	if (r == -2 || parse.failed == -ENOMEM) {
		parse.failed = -ENOMEM;
		snprintf(ret_problem->text, sizeof(ret_problem->text), _("%s: out of memory"),
			 name);
	}
	if (parse.failed)
		config_deinit(ret);
	return parse.failed;
}

int config_load(const char *path, struct config *ret, struct config_problem *ret_problem)
{
	struct buf text = BUF_INIT(CONFIG_FILE_MAX);
	int r;

	*ret = (struct config){ 0 };
	r = file_read(path, &text);
	if (r == 0 && text.len > 0 && strlen(text.data) != text.len)
		r = -EINVAL;
	if (r == 0)
		r = config_parse(path, text.data ? text.data : "", ret, ret_problem);
	else if (r == -ENOENT)
		r = 0;
	else
		snprintf(ret_problem->text, sizeof(ret_problem->text), "%s: %s", path,
			 strerror(-r));
	buf_deinit(&text);
	return r;
}

int config_save(const char *path, const struct config *config)
{
	struct buf text = BUF_INIT(CONFIG_FILE_MAX);
	int r;

	if (config->current)
		buf_printf(&text, "current = %s\n", config->current);
	for (size_t i = 0; i < config->count; i++) {
		const struct context *context = &config->contexts[i];

		buf_printf(&text, "\n[" SECTION_PREFIX "%s]\n", context->name);
		for (size_t k = 0; context_keys[k]; k++) {
			const char *value = context_get(context, context_keys[k]);

			if (value)
				buf_printf(&text, "%s = %s\n", context_keys[k], value);
		}
	}
	r = text.failed ? -EFBIG : file_replace(path, text.data ? text.data : "", text.len, 0600);
	buf_deinit(&text);
	return r;
}
