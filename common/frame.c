/*
 * Line frames. frame_feed() appends what the peer sent, as much as frame_room() allows;
 * frame_next() cuts lines off the front. Every byte is searched for LF once, however small the
 * pieces are that a line arrives in. Embedded in whatever reads the stream.
 */

#include "common/frame.h"

#include <errno.h>
#include <string.h>

/* What an idle reader may keep; more is given back, for there may be thousands of them. */
#define IDLE_SIZE 4096

void frame_init(struct frame_reader *reader, size_t max)
{
	*reader = (struct frame_reader){ .max = max };
}

void frame_deinit(struct frame_reader *reader)
{
	buf_deinit(&reader->buf);
	frame_init(reader, reader->max);
}

void frame_set_max(struct frame_reader *reader, size_t max)
{
	reader->max = max;
}

static size_t held(const struct frame_reader *reader)
{
	return reader->buf.len - reader->start;
}

/* The LF that ends the next line, or NULL. */
static char *find_end(const struct frame_reader *reader)
{
	size_t from = reader->start + reader->scanned;

	return from < reader->buf.len
		       ? memchr(reader->buf.data + from, '\n', reader->buf.len - from)
		       : NULL;
}

size_t frame_room(const struct frame_reader *reader)
{
	if (held(reader) > reader->max || find_end(reader))
		return 0;
	return reader->max + 1 - held(reader);
}

int frame_feed(struct frame_reader *reader, const char *data, size_t len)
{
	struct buf *buf = &reader->buf;

	if (len > frame_room(reader))
		return -EMSGSIZE;
	if (reader->start) {
		size_t rest = held(reader);

		memmove(buf->data, buf->data + reader->start, rest);
		buf->len = rest;
		reader->start = 0;
	}
	buf->max = reader->max + 1;
	buf_add(buf, data, len);
	return buf->failed ? -ENOMEM : 0;
}

enum frame_status frame_next(struct frame_reader *reader, char **ret_line, size_t *ret_len)
{
	char *line, *end = find_end(reader);
	size_t len = held(reader);

	if (!end && len <= reader->max) {
		reader->scanned = len;
		if (!len && reader->buf.size > IDLE_SIZE)
			frame_deinit(reader);
		return FRAME_MORE;
	}
	line = reader->buf.data + reader->start;
	if (!end || (size_t)(end - line) > reader->max)
		return FRAME_TOO_LONG;
	len = (size_t)(end - line);
	reader->start += len + 1;
	reader->scanned = 0;
	if (len && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	*ret_line = line;
	*ret_len = len;
	return FRAME_LINE;
}

bool frame_empty(const struct frame_reader *reader)
{
	return held(reader) == 0;
}

bool frame_partial(const struct frame_reader *reader)
{
	return held(reader) && reader->buf.data[reader->buf.len - 1] != '\n';
}
