/*
 * The JSON writer. A value first writes what separates it from the one before (separate()), then
 * itself; containers push and pop one bit of state each. Embedded in whoever composes a message.
 */

#include "common/jsonw.h"

#include <assert.h>
#include <string.h>

#include "common/civil.h"
#include "common/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static uint64_t bit(const struct jsonw *w)
{
	return UINT64_C(1) << w->depth;
}

/* Before each element; the top level has no commas: a buffer may hold several messages. */
static void separate(struct jsonw *w)
{
	if (w->depth && (w->more & bit(w)))
		buf_add_char(w->out, ',');
	w->more |= bit(w);
}

static void begin_value(struct jsonw *w)
{
	if (w->key) {
		w->key = false;
		return;
	}
	assert(!w->depth || !(w->objects & bit(w))); /* a member needs its key first */
	separate(w);
}

static void open_container(struct jsonw *w, char c, bool object)
{
	begin_value(w);
	assert(w->depth < JSONW_DEPTH_MAX);
	w->depth++;
	w->more &= ~bit(w);
	w->objects = object ? w->objects | bit(w) : w->objects & ~bit(w);
	buf_add_char(w->out, c);
}

static void close_container(struct jsonw *w, char c, bool object)
{
	assert(w->depth && !w->key);
	assert(object == !!(w->objects & bit(w)));
	w->depth--;
	buf_add_char(w->out, c);
}

void jsonw_object(struct jsonw *w)
{
	open_container(w, '{', true);
}

void jsonw_object_end(struct jsonw *w)
{
	close_container(w, '}', true);
}

void jsonw_array(struct jsonw *w)
{
	open_container(w, '[', false);
}

void jsonw_array_end(struct jsonw *w)
{
	close_container(w, ']', false);
}

static void add_escaped(struct buf *out, unsigned char c)
{
	static const char named[] = "\"\\\b\f\n\r\t";
	static const char letter[] = "\"\\bfnrt";
	const char *at = c ? strchr(named, c) : NULL;

	if (at)
		buf_printf(out, "\\%c", letter[at - named]);
	else if (c)
		buf_printf(out, "\\u%04x", c);
	else /* our own parser refuses a NUL, however it is written */
		buf_add_str(out, REPLACEMENT);
}

/* How many of the first bytes are ASCII that stands for itself: as a rule all there are. */
static size_t count_plain(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && text[at] >= 0x20 && (unsigned char)text[at] < 0x80 && text[at] != '"' &&
	       text[at] != '\\')
		at++;
	return at;
}

static void add_quoted(struct buf *out, const char *text, size_t len)
{
	size_t plain = 0; /* where the bytes begin that are copied as they are */
	size_t at = count_plain(text, len);

	if (at == len) {
		char *to = buf_extend(out, len + 2);

		if (!to)
			return;
		*to++ = '"';
		memcpy(to, text, len);
		to[len] = '"';
		return;
	}
	buf_add_char(out, '"');
	while (at < len) {
		unsigned char c = (unsigned char)text[at];
		uint32_t code;
		size_t step = utf8_next(text + at, len - at, &code);

		if (step && c >= 0x20 && c != '"' && c != '\\') {
			at += step;
			continue;
		}
		buf_add(out, text + plain, at - plain);
		if (step)
			add_escaped(out, c);
		else
			buf_add_str(out, REPLACEMENT);
		plain = ++at;
	}
	buf_add(out, text + plain, at - plain);
	buf_add_char(out, '"');
}

/* A member's name, and where `room` bytes of its value go; NULL where there is none. In one go: names
 * are much of an answer. */
static char *add_member(struct jsonw *w, const char *key, size_t room)
{
	size_t len = strlen(key);
	bool more = w->more & bit(w);
	char *to;

	assert(!w->key && w->depth && (w->objects & bit(w)));
	if (count_plain(key, len) < len) {
		separate(w);
		add_quoted(w->out, key, len);
		buf_add_char(w->out, ':');
		return buf_extend(w->out, room);
	}
	w->more |= bit(w);
	to = buf_extend(w->out, more + len + 3 + room);
	if (!to)
		return NULL;
	if (more)
		*to++ = ',';
	*to++ = '"';
	memcpy(to, key, len);
	memcpy(to + len, "\":", 2);
	return to + len + 2;
}

void jsonw_key(struct jsonw *w, const char *key)
{
	add_member(w, key, 0);
	w->key = true;
}

void jsonw_str(struct jsonw *w, const char *value)
{
	if (value)
		jsonw_strn(w, value, strlen(value));
	else
		jsonw_null(w);
}

void jsonw_strn(struct jsonw *w, const char *value, size_t len)
{
	if (!value) {
		jsonw_null(w);
		return;
	}
	begin_value(w);
	add_quoted(w->out, value, len);
}

#define DIGITS_MAX 24

/* Ends at the end of `digits`; where it begins. */
static const char *write_int(char digits[DIGITS_MAX], int64_t value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char *at = digits + DIGITS_MAX;

	do
		*--at = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		*--at = '-';
	return at;
}

void jsonw_int(struct jsonw *w, int64_t value)
{
	char digits[DIGITS_MAX];
	const char *at = write_int(digits, value);

	begin_value(w);
	buf_add(w->out, at, (size_t)(digits + DIGITS_MAX - at));
}

void jsonw_bool(struct jsonw *w, bool value)
{
	begin_value(w);
	buf_add_str(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
	begin_value(w);
	buf_add_str(w->out, "null");
}

void jsonw_raw(struct jsonw *w, const char *json, size_t len)
{
	begin_value(w);
	buf_add(w->out, json, len);
}

/* The same as the key and then the value, in one go where that is so simple. */

static void add_plain_member(struct jsonw *w, const char *key, const char *value, size_t len)
{
	char *to = add_member(w, key, len);

	if (to)
		memcpy(to, value, len);
}

static void add_quoted_member(struct jsonw *w, const char *key, const char *value, size_t len)
{
	char *to = add_member(w, key, len + 2);

	if (!to)
		return;
	*to++ = '"';
	memcpy(to, value, len);
	to[len] = '"';
}

void jsonw_kstr(struct jsonw *w, const char *key, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	if (value && count_plain(value, len) == len) {
		add_quoted_member(w, key, value, len);
		return;
	}
	jsonw_key(w, key);
	jsonw_str(w, value);
}

void jsonw_kint(struct jsonw *w, const char *key, int64_t value)
{
	char digits[DIGITS_MAX];
	const char *at = write_int(digits, value);

	add_plain_member(w, key, at, (size_t)(digits + DIGITS_MAX - at));
}

void jsonw_kbool(struct jsonw *w, const char *key, bool value)
{
	add_plain_member(w, key, value ? "true" : "false", value ? 4 : 5);
}

void jsonw_kinstant(struct jsonw *w, const char *key, int64_t usec)
{
	char text[INSTANT_TEXT_MAX]; /* nothing in it is escaped */

	instant_format(usec, text);
	add_quoted_member(w, key, text, strlen(text));
}
