#pragma once

/*
 * Line frames: bytes in, complete lines out. A line is complete only with its LF
 * (cowork-protocol(7)). The cap is checked before anything is stored, so a peer can make us hold at
 * most `max` + 1 bytes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

struct frame_reader {
	struct buf buf; /* bytes of lines not yet handed out */
	size_t start;	/* where the next line begins in buf */
	size_t scanned; /* bytes behind start known to hold no LF */
	size_t max;	/* longest line, without its LF */
};

enum frame_status {
	FRAME_LINE,	/* a line was handed out */
	FRAME_MORE,	/* no complete line yet */
	FRAME_TOO_LONG, /* the next line is over the cap; the stream cannot be followed further */
};

void frame_init(struct frame_reader *reader, size_t max);
void frame_deinit(struct frame_reader *reader);
/* Changes the cap; lines already complete under the old cap but over the new one are TOO_LONG. */
void frame_set_max(struct frame_reader *reader, size_t max);

/*
 * How many bytes may be fed now (at most `max` + 1 minus what is held of the unfinished line and
 * complete lines waiting); 0 while lines wait to be taken.
 */
size_t frame_room(const struct frame_reader *reader);
/* Takes `len` <= frame_room() bytes; 0, -EMSGSIZE if more than room, -ENOMEM. */
int frame_feed(struct frame_reader *reader, const char *data, size_t len);

/*
 * The next line without LF (and without a CR before it), NUL terminated, borrowed until the next
 * call on the reader.
 */
enum frame_status frame_next(struct frame_reader *reader, char **ret_line, size_t *ret_len);

/* Whether neither a line nor the beginning of one is held. */
bool frame_empty(const struct frame_reader *reader);
/* Whether an unfinished line has begun (for the deadline on a line). */
bool frame_partial(const struct frame_reader *reader);
