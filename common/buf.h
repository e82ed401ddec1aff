#pragma once

/*
 * A growing run of bytes with a ceiling. A failed append (ceiling or memory) is remembered in
 * `failed`; later appends do nothing, so a writer checks once at the end.
 */

#include <stdbool.h>
#include <stddef.h>

#include "common/macros.h"

struct buf {
	char *data; /* owns; NUL behind data[len] whenever data is not NULL */
	size_t len;
	size_t size; /* allocated */
	size_t max;  /* ceiling of len */
	bool failed;
	bool starved; /* it failed for want of memory, not at the ceiling */
};

#define BUF_INIT(ceiling) ((struct buf){ .max = (ceiling) })

/* Releases the bytes; the buffer can be used again with the same ceiling. */
void buf_deinit(struct buf *buf);
/* Empties it and forgets a failure; keeps the allocation. */
void buf_reset(struct buf *buf);

void buf_add(struct buf *buf, const void *data, size_t len);
/* buf_reserve() where there is no room yet. */
bool buf_grow(struct buf *buf, size_t len);
/* Makes room for `len` bytes more and the NUL; false after a failure. */
static inline bool buf_reserve(struct buf *buf, size_t len)
{
	/* As a rule there is some: here, for it is done for each word of an answer. */
	if (buf->data && !buf->failed && buf->len <= buf->max && len <= buf->max - buf->len &&
	    len < buf->size - buf->len)
		return true;
	return buf_grow(buf, len);
}

/* `len` bytes more, for the caller to write at what is returned; NULL where there is no room, as
 * after buf_add(). */
static inline char *buf_extend(struct buf *buf, size_t len)
{
	char *at;

	if (!buf_reserve(buf, len))
		return NULL;
	at = buf->data + buf->len;
	buf->len += len;
	buf->data[buf->len] = '\0';
	return at;
}

void buf_add_str(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) _printf_(2, 3);

/* Hands the bytes (NUL terminated, malloc'd) to the caller, or NULL after a failure; empties it. */
char *buf_steal(struct buf *buf);
