/*
 * A growing run of bytes. Room is doubled, never beyond the ceiling and the NUL behind it. Embedded
 * in whatever writes or collects bytes; that owner calls buf_deinit().
 */

#include "common/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64

void buf_deinit(struct buf *buf)
{
	free(buf->data);
	*buf = BUF_INIT(buf->max);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = buf->starved = false;
	if (buf->data)
		buf->data[0] = '\0';
}

bool buf_grow(struct buf *buf, size_t len)
{
	size_t size = buf->size ? buf->size : FIRST_SIZE;
	char *data;

	if (buf->failed)
		return false;
	if (buf->len > buf->max || len > buf->max - buf->len || len >= SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return false;
	}
	if (buf->data && buf->len + len < buf->size)
		return true;
	while (size <= buf->len + len)
		size *= 2;
	data = realloc(buf->data, size);
	if (!data) {
		buf->failed = buf->starved = true;
		return false;
	}
	buf->data = data;
	buf->size = size;
	buf->data[buf->len] = '\0';
	return true;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!len || !buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	char *at = buf_extend(buf, 1);

	if (at)
		*at = c;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		buf->failed = true;
	if (len <= 0 || !buf_reserve(buf, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

char *buf_steal(struct buf *buf)
{
	char *data = NULL;

	if (buf_reserve(buf, 0)) {
		data = buf->data;
		data[buf->len] = '\0';
		buf->data = NULL;
	}
	buf_deinit(buf);
	return data;
}
