#pragma once

/*
 * Single keys and lines from the terminal, for lists to choose from.
 */

#include <stddef.h>
#include <termios.h>

struct keys {
	struct termios old;
};

#define KEY_ESCAPE 0x1b

/* Keys come one by one and are not shown, until keys_end(). 0 or a negative errno. */
int keys_begin(struct keys *keys);
void keys_end(const struct keys *keys);
/* The next byte, -EINTR after Ctrl-C, -ENOENT at the end of the input. */
int keys_next(void);
/* A line of at most size - 1 bytes, shown as it is typed; Escape leaves it empty. 0 or as
 * keys_next(). */
int keys_line(char *out, size_t size);
