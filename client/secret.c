/* See secret.h. */

#include "client/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/client.h"
#include "client/i18n.h"
#include "client/interrupt.h"
#include "common/crypto.h"
#include "common/utf8.h"

#define ASK_AGAIN 5

bool secret_can_ask(const struct client *client)
{
	return isatty(STDIN_FILENO) && !client->options.no_input;
}

/* One line, byte by byte: what stands behind it is for somebody else. */
static int read_line(int fd, char *out, size_t size)
{
	size_t used = 0;
	char c;

	for (;;) {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR && !interrupt_pending())
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 && used == 0)
			return -ENOENT;
		if (n == 0 || c == '\n')
			break;
		if (used + 1 == size)
			return -EMSGSIZE;
		out[used++] = c;
	}
	if (used > 0 && out[used - 1] == '\r')
		used--;
	out[used] = '\0';
	return 0;
}

int secret_ask_line(const char *question, char *out, size_t size)
{
	fputs(question, stderr);
	return read_line(STDIN_FILENO, out, size);
}

int secret_ask(const char *question, char *out, size_t size)
{
	struct termios old, hidden;
	int r;

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return -errno;
	hidden = old;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	/* Before the question: this throws away what is typed earlier. */
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	r = secret_ask_line(question, out, size);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	return r;
}

static int read_file(const char *file, char *out, size_t size)
{
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_line(fd, out, size);

	if (fd > STDIN_FILENO)
		close(fd);
	return r;
}

static int tell(int r, const char *file)
{
	if (r == 0)
		return STATUS_OK;
	if (r == -EINTR)
		return STATUS_INTERRUPTED;
	if (r == -EMSGSIZE) {
		complain(_("that is too long for a password"));
		return STATUS_DATA;
	}
	if (r == -ENOENT && (!file || strcmp(file, "-") == 0))
		complain(_("no password was given"));
	else
		complain("%s: %s", file ? file : _("standard input"), strerror(-r));
	return STATUS_NOINPUT;
}

int secret_password(const struct client *client, const char *file, const char *question,
		    char out[SECRET_PASSWORD_MAX])
{
	int r;

	if (!file && secret_can_ask(client))
		r = secret_ask(question, out, SECRET_PASSWORD_MAX);
	else
		r = read_file(file ? file : "-", out, SECRET_PASSWORD_MAX);
	if (r == 0 && !*out) {
		complain(_("no password was given"));
		return STATUS_NOINPUT;
	}
	return tell(r, file);
}

/* The server judges it too; this spares a second time of typing. */
static bool long_enough(const char *password)
{
	if (utf8_valid(password, strlen(password)) && utf8_count(password) >= SECRET_PASSWORD_LEAST)
		return true;
	complain(_("a password has at least %d characters"), SECRET_PASSWORD_LEAST);
	return false;
}

static int ask_twice(bool may_skip, char out[SECRET_PASSWORD_MAX])
{
	char again[SECRET_PASSWORD_MAX] = "";
	int r = 0;

	for (int tries = 0; tries < ASK_AGAIN && r == 0; tries++) {
		bool same;

		r = secret_ask(may_skip ? _("New password (not shown; empty: none): ")
					: _("New password (not shown): "),
			       out, SECRET_PASSWORD_MAX);
		if (r == 0 && may_skip && !*out)
			return 0;
		if (r < 0 || !long_enough(out))
			continue;
		r = secret_ask(_("Once more: "), again, sizeof(again));
		same = r == 0 && strcmp(out, again) == 0;
		crypto_wipe(again, sizeof(again));
		if (same)
			return 0;
		if (r == 0)
			complain(_("they are not the same"));
	}
	out[0] = '\0';
	return r < 0 ? r : -ENOENT;
}

int secret_new_password(const struct client *client, const char *file, bool may_skip,
			char out[SECRET_PASSWORD_MAX])
{
	int r;

	if (!file && secret_can_ask(client))
		return tell(ask_twice(may_skip, out), NULL);
	r = secret_password(client, file, "", out);
	if (r == STATUS_OK && !long_enough(out))
		r = STATUS_DATA;
	return r;
}
