/*
 * The terminal between the beginning and the end of a choice.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/interrupt.h"
#include "client/keys.h"

int keys_begin(struct keys *keys)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &keys->old) < 0)
		return -errno;
	raw = keys->old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0 ? -errno : 0;
}

void keys_end(const struct keys *keys)
{
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &keys->old);
}

int keys_next(void)
{
	unsigned char key;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, &key, 1);

		if (n == 1)
			/* Ctrl-D; 0 where it was typed before keys came one by one. */
			return key == 4 || key == 0 ? -ENOENT : key;
		if (n == 0)
			return -ENOENT;
		if (errno != EINTR || interrupt_pending())
			return -errno;
	}
}

/* Takes back the last character and what was shown of it. */
static void rub_out(char *text, size_t *len)
{
	while (*len > 0 && ((unsigned char)text[*len - 1] & 0xc0) == 0x80)
		(*len)--;
	if (*len > 0)
		(*len)--;
	text[*len] = '\0';
	/* The whole line anew: how wide the character was does not matter then. */
	fprintf(stderr, "\r\033[K/%s", text);
}

int keys_line(char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (;;) {
		int key = keys_next();

		if (key < 0)
			return key;
		if (key == '\n' || key == '\r')
			return 0;
		if (key == KEY_ESCAPE) {
			out[0] = '\0';
			return 0;
		}
		if (key == 0x7f || key == '\b') {
			rub_out(out, &len);
		} else if (key >= ' ' && len + 1 < size) {
			out[len++] = (char)key;
			out[len] = '\0';
			fputc(key, stderr);
		}
	}
}
