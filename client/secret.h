#pragma once

/*
 * What is never on a command line: asked for on a terminal without showing it, or read from a file.
 */

#include <stdbool.h>
#include <stddef.h>

struct client;

#define SECRET_PASSWORD_MAX   513 /* 128 characters of four bytes, and NUL */
#define SECRET_PASSWORD_LEAST 10  /* characters of a new one */

/* Whether somebody is there to be asked. */
bool secret_can_ask(const struct client *client);
/* Asks and shows what is typed: a line without its end. 0, -EINTR, -ENOENT at the end of input,
 * -EMSGSIZE, or the errno of reading. */
int secret_ask_line(const char *question, char *out, size_t size);
/* The same without showing it. */
int secret_ask(const char *question, char *out, size_t size);

/*
 * A password: the first line of `file` ("-": standard input), or asked for. An exit status, after
 * telling what is wrong.
 */
int secret_password(const struct client *client, const char *file, const char *question,
		    char out[SECRET_PASSWORD_MAX]);
/*
 * A new password likewise; asked for twice, until both are the same and long enough. `may_skip`: an
 * empty line is an answer, and leaves `out` empty.
 */
int secret_new_password(const struct client *client, const char *file, bool may_skip,
			char out[SECRET_PASSWORD_MAX]);
