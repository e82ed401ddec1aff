/*
 * Loading the configuration: the file is read whole, its lines are judged by next_line() and split
 * by inih, its values judged one by one and then together. The first problem ends it, so that each
 * message stands for itself.
 *
 * inih knows neither line numbers nor what it cuts or joins; therefore next_line() hands it only
 * lines that it cannot misread.
 */

#include "daemon/config.h"

#include <errno.h>
#include <ini.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/macros.h"
#include "common/utf8.h"
#include "daemon/config_nearest.h"
#include "daemon/config_values.h"
#include "daemon/db_conninfo.h"

#define CONFIG_FILE_MAX ((size_t)1 << 20)

/* One load; lives on the stack of config_load(). */
struct load {
	struct config_file *file;
	const char *name; /* of the file, for messages */
	const char *text; /* the whole file */
	size_t len, at;	  /* its length, and where the next line begins */
	int line;	  /* number of the line handed out last */
	bool failed;
	struct config_problem *problem;
};

static _printf_(2, 3) int fail(struct load *load, const char *format, ...)
{
	size_t used = sizeof(load->problem->text);
	int n = snprintf(load->problem->text, used, "%s:%d: ", load->name, load->line);
	va_list args;

	load->failed = true;
	if (n < 0 || (size_t)n >= used)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(load->problem->text + n, used - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

/* Reading */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int check_characters(struct load *load, const char *line, size_t len)
{
	if (len > CONFIG_LINE_MAX)
		return fail(load, "the line is longer than %d bytes", CONFIG_LINE_MAX);
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < ' ' && !is_blank(line[i])) || line[i] == 0x7f)
			return fail(load, "control character 0x%02x in the line", line[i]);
	if (!utf8_valid(line, len))
		return fail(load, "the line is not UTF-8");
	return 0;
}

static int check_section(struct load *load, const char *line, size_t len)
{
	const char *end = memchr(line, ']', len);
	char name[64], hint[CONFIG_HINT_MAX];

	if (!end)
		return fail(load, "\"]\" is missing after the section's name");
	if (end + 1 != line + len)
		return fail(load, "nothing may follow \"]\"");
	snprintf(name, sizeof(name), "%.*s", (int)(end - line - 1), line + 1);
	if (!config_has_section(name))
		return fail(load, "unknown section [%s]; %s", name,
			    config_nearest_section(name, hint));
	return 0;
}

/* Whether inih will read the line as a person does. `len` is without blanks at the end. */
static int check_shape(struct load *load, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len), *colon = memchr(line, ':', len);
	size_t indent = 0;

	while (indent < len && is_blank(line[indent]))
		indent++;
	if (indent == len || line[indent] == '#' || line[indent] == ';')
		return 0;
	if (indent > 0)
		return fail(load, "the line begins with white space; a value ends with its line");
	if (*line == '[')
		return check_section(load, line, len);
	if (!equals && !colon)
		return fail(load, "neither [section] nor key = value");
	if (!equals || (colon && colon < equals))
		return fail(load, "write key = value, with \"=\" instead of \":\"");
	if (equals == line)
		return fail(load, "there is no key before \"=\"");
	return 0;
}

/* An ini_reader: the next line with its LF, or NULL at the end or after a problem. */
static char *next_line(char *out, int size, void *stream)
{
	struct load *load = stream;
	const char *line = load->text + load->at, *end;
	size_t len;

	if (load->failed || load->at == load->len)
		return NULL;
	end = memchr(line, '\n', load->len - load->at);
	len = end ? (size_t)(end - line) : load->len - load->at;
	load->at += len + (end != NULL);
	load->line++;
	if (check_characters(load, line, len) < 0)
		return NULL;
	while (len > 0 && is_blank(line[len - 1]))
		len--;
	if (check_shape(load, line, len) < 0)
		return NULL;
	snprintf(out, (size_t)size, "%.*s\n", (int)len, line);
	return out;
}

/* Values */

static int set_value(struct config_file *file, int index, const char *text, int line,
		     struct config_reason *reason)
{
	const struct config_option *option = &config_options[index];
	int64_t number = 0;
	char **at, *copy;
	int r = config_value_parse(option, text, &number, reason);

	if (r < 0)
		return r;
	file->lines[index] = line;
	if (!config_value_is_text(option)) {
		*config_number_at(&file->values, option) = number;
		return 0;
	}
	copy = strdup(text);
	if (!copy) {
		snprintf(reason->text, sizeof(reason->text), "out of memory");
		return -ENOMEM;
	}
	at = config_text_at(&file->values, option);
	free(*at);
	*at = copy;
	return 0;
}

/* An ini_handler: nonzero goes on. */
static int on_pair(void *user, const char *section, const char *key, const char *value)
{
	struct load *load = user;
	struct config_reason reason;
	char hint[CONFIG_HINT_MAX];
	int index = config_find(section, key);

	if (load->failed)
		return 0;
	if (!*section)
		fail(load, "key \"%.64s\" stands before any [section]", key);
	else if (index < 0)
		fail(load, "unknown key \"%.64s\" in [%s]; %s", key, section,
		     config_nearest_key(section, key, hint));
	else if (load->file->lines[index])
		fail(load, "key \"%s\" was set already in line %d", key, load->file->lines[index]);
	else if (set_value(load->file, index, value, load->line, &reason) < 0)
		fail(load, "%s: %s", key, reason.text);
	return !load->failed;
}

/* Values together */

struct pair {
	const char *section, *low, *high;
};

/* The first may not exceed the second. */
static const struct pair pairs[] = {
	{ "limits", "connections_per_source", "connections" },
	{ "limits", "connections_before_login", "connections" },
	{ "limits", "handshake_timeout", "login_timeout" },
	{ "limits", "line_bytes_before_login", "line_bytes" },
	{ "limits", "reads_in_flight", "in_flight" },
	{ "limits", "lane_queue_per_person", "lane_queue" },
};

/* A default gives way to what was written; two written values that contradict are a problem. */
static int check_pair(struct load *load, const struct pair *pair)
{
	int low = config_find(pair->section, pair->low);
	int high = config_find(pair->section, pair->high);
	int64_t *low_at = config_number_at(&load->file->values, &config_options[low]);
	int64_t *high_at = config_number_at(&load->file->values, &config_options[high]);
	char text[2][CONFIG_VALUE_TEXT_MAX];

	if (*low_at <= *high_at)
		return 0;
	load->line = load->file->lines[low];
	if (load->line && load->file->lines[high])
		return fail(load, "%s: %s is more than %s = %s of line %d", pair->low,
			    config_value_format(&config_options[low], *low_at, text[0]), pair->high,
			    config_value_format(&config_options[high], *high_at, text[1]),
			    load->file->lines[high]);
	if (load->line)
		*high_at = *low_at;
	else
		*low_at = *high_at;
	return 0;
}

static int check_address(struct load *load)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	const char *address = load->file->values.address;

	if (*address && getaddrinfo(address, NULL, &hints, &found) == 0) {
		freeaddrinfo(found);
		return 0;
	}
	load->line = load->file->lines[config_find("listen", "address")];
	return fail(load, "address: \"%s\" must be a numeric address, as in 127.0.0.1 or ::1",
		    address);
}

static int check_conninfo(struct load *load, const struct config_option *option)
{
	char why[256];
	int r = db_conninfo_check(*config_text_at(&load->file->values, option), why, sizeof(why));

	if (r == 0)
		return 0;
	load->line = load->file->lines[option - config_options];
	return fail(load, "%s: %s; wanted is a connection string of libpq, as in %s", option->key,
		    why, option->standard);
}

static int check_together(struct load *load)
{
	int r = check_address(load);

	/* It is they that may hold a secret. */
	for (const struct config_option *o = config_options; r == 0 && o->section; o++)
		if (o->flags & CONFIG_SECRET)
			r = check_conninfo(load, o);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(pairs); i++)
		r = check_pair(load, &pairs[i]);
	return r;
}

/* Life */

struct config_file *config_new(void)
{
	struct config_file *file = calloc(1, sizeof(*file));
	struct config_reason reason;

	if (!file)
		return NULL;
	file->lines = calloc(config_count(), sizeof(*file->lines));
	if (!file->lines)
		return config_free(file);
	for (size_t i = 0; i < config_count(); i++)
		if (set_value(file, (int)i, config_options[i].standard, 0, &reason) < 0)
			return config_free(file);
	return file;
}

struct config_file *config_free(struct config_file *file)
{
	if (!file)
		return NULL;
	for (const struct config_option *o = config_options; o->section; o++)
		if (config_value_is_text(o))
			free(*config_text_at(&file->values, o));
	free(file->lines);
	free(file->path);
	free(file);
	return NULL;
}

const struct config *config_values(const struct config_file *file)
{
	return &file->values;
}

/* The file's bytes, at most CONFIG_FILE_MAX. */
static int read_whole(const char *path, char **ret, size_t *ret_len)
{
	FILE *in = fopen(path, "re");
	char *data;
	size_t len;
	int r;

	if (!in)
		return -errno;
	data = malloc(CONFIG_FILE_MAX + 1);
	if (!data) {
		fclose(in);
		return -ENOMEM;
	}
	errno = 0;
	len = fread(data, 1, CONFIG_FILE_MAX + 1, in);
	r = ferror(in) ? -(errno ? errno : EIO) : len > CONFIG_FILE_MAX ? -EFBIG : 0;
	fclose(in);
	if (r < 0) {
		free(data);
		return r;
	}
	*ret = data;
	*ret_len = len;
	return 0;
}

static int parse(struct load *load)
{
	int r;

	/* These are inih's globals; its defaults cut, join and strip (see the file's head). */
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
	ini_use_stack = false;
	ini_max_line = CONFIG_LINE_MAX + 3; /* CR, LF, NUL */
	ini_initial_alloc = ini_max_line;
	if (load->len >= 3 && !memcmp(load->text, "\xef\xbb\xbf", 3))
		load->at = 3;
	r = ini_parse_stream(next_line, load, on_pair, load);
	if (load->failed)
		return -EINVAL;
	if (r == -2)
		return -ENOMEM;
	if (r != 0)
		return fail(load, "neither [section] nor key = value");
	return check_together(load);
}

int config_parse(const char *name, const char *text, size_t len, struct config_file **ret,
		 struct config_problem *ret_problem)
{
	struct load load = { .name = name, .text = text, .len = len, .problem = ret_problem };
	int r;

	load.file = config_new();
	r = load.file && (load.file->path = strdup(name)) ? parse(&load) : -ENOMEM;
	if (r == -ENOMEM)
		snprintf(ret_problem->text, sizeof(ret_problem->text), "%s: out of memory", name);
	if (r < 0) {
		config_free(load.file);
		return r;
	}
	*ret = load.file;
	return 0;
}

int config_load(const char *path, struct config_file **ret, struct config_problem *ret_problem)
{
	char *text = NULL;
	size_t len = 0;
	int r = read_whole(path, &text, &len);

	if (r < 0) {
		snprintf(ret_problem->text, sizeof(ret_problem->text), "%s: could not be read: %s",
			 path, strerror(-r));
		return r;
	}
	r = config_parse(path, text, len, ret, ret_problem);
	free(text);
	return r;
}

/* Reload */

static bool same_value(struct config *a, struct config *b, const struct config_option *option)
{
	if (config_value_is_text(option))
		return !strcmp(*config_text_at(a, option), *config_text_at(b, option));
	return *config_number_at(a, option) == *config_number_at(b, option);
}

static int copy_value(struct config *to, struct config *from, const struct config_option *option)
{
	char *copy;

	if (!config_value_is_text(option)) {
		*config_number_at(to, option) = *config_number_at(from, option);
		return 0;
	}
	copy = strdup(*config_text_at(from, option));
	if (!copy)
		return -ENOMEM;
	free(*config_text_at(to, option));
	*config_text_at(to, option) = copy;
	return 0;
}

int config_keep_fixed(struct config_file *fresh, const struct config_file *old,
		      char out[CONFIG_FIXED_MAX])
{
	struct config kept = old->values; /* borrows old's texts; read only */
	size_t used = 0;
	int n = 0;

	*out = '\0';
	for (size_t i = 0; i < config_count(); i++) {
		const struct config_option *o = &config_options[i];

		if (!(o->flags & CONFIG_RESTART) || same_value(&fresh->values, &kept, o))
			continue;
		if (copy_value(&fresh->values, &kept, o) < 0)
			return -ENOMEM;
		fresh->lines[i] = old->lines[i];
		if (used < CONFIG_FIXED_MAX)
			used += (size_t)snprintf(out + used, CONFIG_FIXED_MAX - used, "%s%s.%s",
						 n ? " " : "", o->section, o->key);
		n++;
	}
	return n;
}
