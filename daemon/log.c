/*
 * See log.h. A line is built whole in a local buffer and written by one write(2), so that lines of
 * several instances on one descriptor do not mix.
 */

#include "daemon/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/civil.h"
#include "common/macros.h"
#include "common/utf8.h"

#define LOG_LINE_MAX  4096
#define LOG_VALUE_MAX 512

const char *const log_level_names[] = { "error", "warning", "notice", "info", "debug", NULL };

static enum log_level current = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	current = level;
}

bool log_wanted(enum log_level level)
{
	return level <= current;
}

/* Whether a value can stand without quotes. */
static bool plain(const char *text)
{
	if (!*text)
		return false;
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p == '"' || *p == '=' || *p == '\\' || (unsigned char)*p >= 0x7f)
			return false;
	return true;
}

/* Everything that could end the line, the quotes, or talk to a terminal is written as \xNN. */
static void add_quoted(struct buf *line, const char *text)
{
	size_t left = strlen(text), used = 0;

	buf_add_char(line, '"');
	while (left > 0 && used < LOG_VALUE_MAX) {
		uint32_t code;
		size_t n = utf8_next(text, left, &code);

		if (n == 0 || !utf8_printable(code)) {
			buf_printf(line, "\\x%02x", (unsigned char)*text);
			n = 1;
		} else if (*text == '"' || *text == '\\') {
			buf_add_char(line, '\\');
			buf_add_char(line, *text);
		} else {
			buf_add(line, text, n);
		}
		text += n;
		left -= n;
		used += n;
	}
	if (left > 0)
		buf_add_str(line, "...");
	buf_add_char(line, '"');
}

static int priority(enum log_level level)
{
	static const int numbers[] = { 3, 4, 5, 6, 7 };

	return numbers[level];
}

/* Always of one width, so that columns stay and times sort as text. */
static const char *stamp(int64_t now, char out[INSTANT_TEXT_MAX])
{
	char seconds[INSTANT_TEXT_MAX];

	instant_format(now - now % USEC_PER_SEC, seconds);
	snprintf(out, INSTANT_TEXT_MAX, "%.*s.%06dZ", (int)strcspn(seconds, ".Z"), seconds,
		 (int)(now % USEC_PER_SEC));
	return out;
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
	/* Room of its own: out of memory is what has to be said most of all. */
	char room[LOG_LINE_MAX + 1];
	struct buf line = { .data = room, .size = sizeof(room), .max = LOG_LINE_MAX };
	char now[INSTANT_TEXT_MAX];

	if (getenv("JOURNAL_STREAM"))
		buf_printf(&line, "<%d>", priority(level));
	buf_printf(&line, "ts=%s lvl=%s msg=", stamp(instant_now(), now), log_level_names[level]);
	add_quoted(&line, message);
	for (; fields->key; fields++) {
		buf_printf(&line, " %s=", fields->key);
		if (!fields->text)
			buf_printf(&line, "%lld", (long long)fields->number);
		else if (plain(fields->text) && strlen(fields->text) <= LOG_VALUE_MAX)
			buf_add_str(&line, fields->text);
		else
			add_quoted(&line, fields->text);
	}
	/* An over-long line is cut where the buffer ended; its end still has to be a line's end. */
	line.failed = false;
	if (line.len == line.max)
		line.len--;
	buf_add_char(&line, '\n');
	if (write(STDERR_FILENO, line.data, line.len) < 0) {
		/* Nowhere is left to say so. */
	}
}
