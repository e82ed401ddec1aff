/*
 * Standard output and standard error of the client.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/glyphs.h"
#include "client/i18n.h"
#include "client/out.h"
#include "client/pager.h"
#include "client/status.h"
#include "common/utf8.h"

/* The longest line of talk; what the server says is no longer than this. */
#define TALK_MAX (1024 * 1024)
/* Of what stands before the lines below a complaint. */
#define LABEL_COLUMNS 6
#define COLUMNS_LEAST 20
#define COLUMNS_MOST  1000

/* Talk has no struct out: what out_init() was told of it. */
static bool talk_ascii;
static const char *talk_lang; /* of --lang: what is suggested is to speak it, too */

static bool wants_color(const struct options *options, bool terminal)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");
	const char *term = getenv("TERM");

	if (options->no_color || (no && *no) || (term && strcmp(term, "dumb") == 0))
		return false;
	return terminal || (force && *force && strcmp(force, "0") != 0);
}

/* Of a terminal that nobody could read on, the narrowest one that somebody can. */
static int terminal_columns(int fd)
{
	const char *columns = getenv("COLUMNS");
	char *end = NULL;
	long asked = columns ? strtol(columns, &end, 10) : 0;
	struct winsize size;

	if (end && *end == '\0' && asked > 0 && asked <= COLUMNS_MOST)
		return asked > COLUMNS_LEAST ? (int)asked : COLUMNS_LEAST;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_col <= COLUMNS_MOST)
		return size.ws_col > COLUMNS_LEAST ? size.ws_col : COLUMNS_LEAST;
	return 80;
}

void out_init(struct out *out, const struct options *options)
{
	*out = (struct out){
		.format = options->format,
		.header = options->header,
		.terminal = isatty(STDOUT_FILENO),
		.talk_terminal = isatty(STDERR_FILENO),
		.quiet = options->quiet,
		.verbose = options->verbose,
		.columns = terminal_columns(STDOUT_FILENO),
	};
	if (out->format == FORMAT_AUTO)
		out->format = out->terminal ? FORMAT_TABLE : FORMAT_TSV;
	out->ndjson = out->format == FORMAT_NDJSON;
	out->names = out->format == FORMAT_NAME;
	if (out->ndjson)
		out->format = FORMAT_JSON;
	if (out->names)
		out->format = FORMAT_TSV;
	out->color = wants_color(options, out->terminal);
	out->talk_ascii = talk_ascii = options->ascii || glyphs_environment();
	talk_lang = options->lang;
	out->ascii = talk_ascii && out->format == FORMAT_TABLE;
}

void out_page(const struct out *out)
{
	if (out->format == FORMAT_TABLE)
		pager_begin();
}

static void remember(struct out *out)
{
	if (!out->error)
		out->error = errno ? errno : EIO;
}

void out_write(struct out *out, const char *data, size_t len)
{
	struct buf plain = BUF_INIT(2 * TALK_MAX);

	if (out->ascii) {
		glyphs_plain(&plain, data, len);
		data = plain.data;
		len = plain.len;
	}
	errno = 0;
	if (!out->error && len > 0 && fwrite(data, 1, len, stdout) != len)
		remember(out);
	buf_deinit(&plain);
}

void out_str(struct out *out, const char *safe)
{
	out_write(out, safe, strlen(safe));
}

void out_printf(struct out *out, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	if (out->error)
		return;
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		out->error = ENOMEM;
		return;
	}
	out_write(out, text, (size_t)len);
	free(text);
}

bool out_alive(const struct out *out)
{
	return out->error == 0;
}

void out_flush(struct out *out)
{
	errno = 0;
	if (!out->error && fflush(stdout) != 0)
		remember(out);
}

int out_finish(struct out *out)
{
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout))
		remember(out);
	pager_end();
	if (!out->error || (out->error == EPIPE && pager_used()))
		return STATUS_OK;
	if (out->error == EPIPE)
		return STATUS_PIPE;
	complain(_("the output cannot be written: %s"), strerror(out->error));
	return STATUS_IO;
}

void text_wrap(struct buf *out, const char *text, int columns, int used, int indent)
{
	bool first = true;

	while (*text) {
		const char *close = *text == '[' ? strchr(text, ']') : NULL;
		/* "[--floor FLOOR]" stays on one line. */
		size_t len =
			close ? (size_t)(close - text) + strcspn(close, " ") : strcspn(text, " ");
		char *word = strndup(text, len);
		int width = word ? utf8_width(word) : (int)len;

		free(word);
		if (!first && used + 1 + width > columns) {
			buf_printf(out, "\n%*s", indent, "");
			used = indent;
		} else if (!first) {
			buf_add_char(out, ' ');
			used++;
		}
		buf_add(out, text, len);
		used += width;
		first = false;
		text += len + (text[len] == ' ');
	}
}

/* A line that may be copied and run stays one line. */
static bool is_command(const char *text)
{
	return strstr(text, "cowork ") || strstr(text, " --");
}

/* The commands of a line, with three blanks between them, in the language that this one has. */
static void add_commands(struct buf *out, const char *text)
{
	bool plain = !talk_lang || strncmp(text, "cowork", 6) != 0 || strstr(text, " --lang");

	while (*text) {
		const char *gap = strstr(text, "   ");
		size_t len = gap ? (size_t)(gap - text) : strlen(text);

		buf_add(out, text, len);
		if (!plain) {
			buf_add_str(out, " --lang ");
			text_quote(out, talk_lang);
		}
		text += len;
		len = strspn(text, " ");
		buf_add(out, text, len);
		text += len;
	}
}

/*
 * One safe line to standard error, broken on a terminal; with an indent below 0 it never is. Failures
 * are not told: there is nowhere left to tell them.
 */
static void talk(int indent, const char *prefix, const char *raw)
{
	struct buf line = BUF_INIT(TALK_MAX), shown = BUF_INIT(2 * TALK_MAX);
	struct buf plain = BUF_INIT(2 * TALK_MAX), *told = &shown;

	pager_end();
	text_line(&line, raw);
	buf_add_str(&shown, prefix);
	if (indent >= 0 && line.data && isatty(STDERR_FILENO))
		text_wrap(&shown, line.data, terminal_columns(STDERR_FILENO), utf8_width(prefix),
			  indent);
	else if (line.data)
		buf_add(&shown, line.data, line.len);
	buf_add_char(&shown, '\n');
	if (talk_ascii && shown.data) {
		glyphs_plain(&plain, shown.data, shown.len);
		told = &plain;
	}
	if (!shown.failed && !told->failed)
		(void)fwrite(told->data, 1, told->len, stderr);
	buf_deinit(&line);
	buf_deinit(&shown);
	buf_deinit(&plain);
}

_printf_(3, 0) static void talk_sentence(int indent, const char *prefix, const char *format,
					 va_list args)
{
	char *raw;

	if (vasprintf(&raw, format, args) < 0)
		return;
	talk(indent, prefix, raw);
	free(raw);
}

/* What may be a command to run, or more of them. */
_printf_(3, 0) static void talk_commands(int indent, const char *prefix, const char *format,
					 va_list args)
{
	struct buf line = BUF_INIT(TALK_MAX);
	char *raw;

	if (vasprintf(&raw, format, args) < 0)
		return;
	add_commands(&line, raw);
	talk(is_command(raw) ? -1 : indent, prefix, line.data ? line.data : raw);
	buf_deinit(&line);
	free(raw);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	talk_sentence(2, "cowork: ", format, args);
	va_end(args);
}

static int add_label(char prefix[64], const char *label)
{
	int pad = LABEL_COLUMNS - utf8_width(label);

	snprintf(prefix, 64, "  %s%*s ", label, pad > 0 ? pad : 0, "");
	return *label ? LABEL_COLUMNS + 3 : -1;
}

void complain_more(const char *label, const char *format, ...)
{
	char prefix[64];
	int indent = add_label(prefix, label);
	va_list args;

	va_start(args, format);
	talk_commands(indent, prefix, format, args);
	va_end(args);
}

void complain_usage(const char *name, const char *usage)
{
	struct buf line = BUF_INIT(TALK_MAX);
	char prefix[64];
	int indent = add_label(prefix, _("usage"));

	buf_printf(&line, "cowork %s %s", name, usage);
	talk(indent, prefix, line.data ? line.data : usage);
	buf_deinit(&line);
}

void note(const struct out *out, const char *format, ...)
{
	va_list args;

	if (out->quiet)
		return;
	va_start(args, format);
	talk_sentence(2, "", format, args);
	va_end(args);
}

void note_verbose(const struct out *out, const char *format, ...)
{
	va_list args;

	if (!out->verbose)
		return;
	va_start(args, format);
	talk_sentence(2, "", format, args);
	va_end(args);
}

void hint(const struct out *out, const char *label, const char *format, ...)
{
	char prefix[64];
	va_list args;

	if (out->quiet || !out->talk_terminal || !out->terminal)
		return;
	snprintf(prefix, sizeof(prefix), "  %s: ", label);
	va_start(args, format);
	talk_commands(-1, prefix, format, args);
	va_end(args);
}

/* Appends `text` safely, with each of the bytes in `special` replaced by its text in `by`. */
static void add_replaced(struct buf *buf, const char *text, const char *special,
			 const char *const by[])
{
	struct buf part = BUF_INIT(buf->max);

	while (*text) {
		size_t len = strcspn(text, special);

		buf_reset(&part);
		buf_add(&part, text, len);
		if (len > 0 && !part.failed)
			utf8_add_safe(buf, part.data);
		text += len;
		if (*text)
			buf_add_str(buf, by[strchr(special, *text++) - special]);
	}
	if (part.failed)
		buf->failed = true;
	buf_deinit(&part);
}

void text_escape(struct buf *buf, const char *text)
{
	static const char *const by[] = { "\\t", "\\n", "\\r", "\\\\" };

	add_replaced(buf, text, "\t\n\r\\", by);
}

void out_exact(struct out *out, const char *data)
{
	static const char *const by[] = { "\n", "\r" };
	struct buf safe = BUF_INIT(2 * TALK_MAX);

	if (out->terminal) {
		add_replaced(&safe, data, "\n\r", by);
		data = safe.data ? safe.data : "";
	}
	out_str(out, data);
	buf_deinit(&safe);
}

void text_line(struct buf *buf, const char *text)
{
	static const char *const by[] = { " ", " ", " " };

	add_replaced(buf, text, "\t\n\r", by);
}

/* Whether showing it as it is does no harm. */
static bool is_safe(const char *text)
{
	struct buf safe = BUF_INIT(TALK_MAX);
	bool same;

	utf8_add_safe(&safe, text);
	same = strcmp(safe.data ? safe.data : "", text) == 0;
	buf_deinit(&safe);
	return same;
}

/* $'...' with every byte beyond plain ASCII in octal: exact and harmless. */
static void quote_bytes(struct buf *buf, const char *text)
{
	buf_add_str(buf, "$'");
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == '\'' || *text == '\\')
			buf_printf(buf, "\\%03o", (unsigned)(unsigned char)*text);
		else
			buf_add_char(buf, *text);
	buf_add_char(buf, '\'');
}

/* Whether a shell takes it as it stands: plain ASCII and syllables of Hangul. */
static bool is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./_-";
	size_t len = strlen(text), step;
	uint32_t code = 0;

	for (size_t at = 0; at < len; at += step) {
		step = utf8_next(text + at, len - at, &code);
		if (step == 0 ||
		    (code < 0x80 ? !strchr(plain, (int)code) : code < 0xac00 || code > 0xd7a3))
			return false;
	}
	return len > 0;
}

void text_quote(struct buf *buf, const char *text)
{
	if (is_plain(text)) {
		buf_add_str(buf, text);
		return;
	}
	if (!is_safe(text)) {
		quote_bytes(buf, text);
		return;
	}
	buf_add_char(buf, '\'');
	for (; *text; text++)
		if (*text == '\'')
			buf_add_str(buf, "'\\''");
		else
			buf_add_char(buf, *text);
	buf_add_char(buf, '\'');
}
