/*
 * A server that is none of ours, before the whole client: the first byte picks a command, the lines
 * of the rest are what the server says, whatever it is asked. At their end the connection is lost.
 *
 * Held against it: the command ends, with a status of the client's own; and of what it prints no
 * byte can talk to a terminal.
 */

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "client/connection.h"
#include "client/interrupt.h"
#include "common/civil.h"
#include "common/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 12
#define OPENS_MAX 6 /* then Ctrl-C: some commands would go on for ever */

static const char *const commands[][WORDS_MAX] = {
	{ "cowork" },
	{ "cowork", "book", "desk", "tomorrow", "9-17" },
	{ "cowork", "book", "A-01", "mon", "9-10", "--title", "t" },
	{ "cowork", "list" },
	{ "cowork", "list", "--json" },
	{ "cowork", "list", "--tsv" },
	{ "cowork", "list", "--fields", "ref,when,space,member,state,title" },
	{ "cowork", "show", "R-7F3KAT" },
	{ "cowork", "show", "R-7F3KAT", "--json" },
	{ "cowork", "cancel", "R-7F3KAT" },
	{ "cowork", "move", "R-7F3KAT", "mon", "10:00", "for", "2h" },
	{ "cowork", "undo" },
	{ "cowork", "history", "R-7F3KAT" },
	{ "cowork", "free" },
	{ "cowork", "free", "desk", "tomorrow", "9-17" },
	{ "cowork", "day", "A-01" },
	{ "cowork", "week" },
	{ "cowork", "week", "A-01" },
	{ "cowork", "who" },
	{ "cowork", "when", "next", "tue", "am" },
	{ "cowork", "space", "list" },
	{ "cowork", "space", "show", "A-01" },
	{ "cowork", "site", "list" },
	{ "cowork", "site", "show", "KSQ" },
	{ "cowork", "member", "find", "maya" },
	{ "cowork", "member", "list" },
	{ "cowork", "tenant", "list" },
	{ "cowork", "staff", "list" },
	{ "cowork", "token", "list" },
	{ "cowork", "block", "list" },
	{ "cowork", "floor", "list" },
	{ "cowork", "area", "list" },
	{ "cowork", "status" },
	{ "cowork", "doctor" },
	{ "cowork", "whoami" },
	{ "cowork", "watch" },
	{ "cowork", "watch", "--json" },
	{ "cowork", "export", "bookings" },
	{ "cowork", "export", "spaces" },
	{ "cowork", "login", "maya@example.org" },
	{ "cowork", "__complete", "4", "cowork", "show", "R" },
	{ "cowork", "__complete", "3", "cowork", "book", "A" },
};

static const uint8_t *at, *end;
static int opens;
static int64_t clock_usec;
static FILE *printed;
static int errors = -1; /* the real standard error: who completes a line is silent there */
static char *text;
static size_t text_len;

/* ---- what the client's room of connections would do ---- */

int __wrap_connection_open(const struct connection_target *target, int64_t deadline,
			   struct connection **ret, struct connection_report *ret_report);
struct connection *__wrap_connection_close(struct connection *connection);
int __wrap_connection_queue(struct connection *connection, const void *data, size_t len);
int __wrap_connection_next(struct connection *connection, int64_t deadline, char **ret_line,
			   size_t *ret_len);
int __wrap_interrupt_init(void);
bool __wrap_interrupt_pending(void);
int __wrap_interrupt_sleep(int64_t usec);
int64_t __wrap_monotonic_now(void);

int __wrap_connection_open(const struct connection_target *target, int64_t deadline,
			   struct connection **ret, struct connection_report *ret_report)
{
	*ret_report = (struct connection_report){ .stage = CONNECTION_OPEN };
	if (opens++ >= OPENS_MAX)
		return -EINTR;
	*ret = (struct connection *)&opens;
	return 0;
}

struct connection *__wrap_connection_close(struct connection *connection)
{
	return NULL;
}

int __wrap_connection_queue(struct connection *connection, const void *data, size_t len)
{
	assert(len > 0 && ((const char *)data)[len - 1] == '\n');
	assert(!memchr(data, '\n', len - 1));
	return 0;
}

/* The line is the client's until it asks for the next: a copy, so that reading beyond it shows. */
int __wrap_connection_next(struct connection *connection, int64_t deadline, char **ret_line,
			   size_t *ret_len)
{
	static char *line;
	const uint8_t *lf;

	free(line);
	line = NULL;
	clock_usec += USEC_PER_MSEC;
	if (at >= end)
		return -ECONNRESET;
	lf = memchr(at, '\n', (size_t)(end - at));
	*ret_len = (size_t)((lf ? lf : end) - at);
	line = malloc(*ret_len + 1);
	assert(line);
	memcpy(line, at, *ret_len);
	line[*ret_len] = '\0';
	*ret_line = line;
	at = lf ? lf + 1 : end;
	return 0;
}

int __wrap_interrupt_init(void)
{
	return 0;
}

bool __wrap_interrupt_pending(void)
{
	return opens > OPENS_MAX;
}

int __wrap_interrupt_sleep(int64_t usec)
{
	clock_usec += usec;
	return opens > OPENS_MAX ? -EINTR : 0;
}

int64_t __wrap_monotonic_now(void)
{
	return clock_usec += 10;
}

/* ---- one run ---- */

static void begin_once(void)
{
	static char folder[] = "/tmp/fuzz-server-XXXXXX", file[64];
	struct token_parts parts;
	char token[TOKEN_TEXT_MAX];
	FILE *out;

	if (printed)
		return;
	assert(mkdtemp(folder) && token_new(TOKEN_ACCESS, token, &parts) == 0);
	snprintf(file, sizeof(file), "%s/token", folder);
	out = fopen(file, "w");
	assert(out && fputs(token, out) > 0 && fclose(out) == 0);
	setenv("HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	setenv("XDG_STATE_HOME", "/dev/null", 1); /* nothing is remembered between two runs */
	setenv("COWORK_TOKEN_FILE", file, 1);
	setenv("COWORK_SERVER", "localhost", 1);
	setenv("COWORK_SITE", "KSQ", 1);
	setenv("COWORK_NOW", "2026-11-22T15:00:00Z", 1);
	setenv("TZ", "UTC", 1);
	printed = open_memstream(&text, &text_len);
	errors = dup(STDERR_FILENO);
	assert(printed && errors >= 0);
}

/* What a terminal would take for an order: all of it goes through out.c, which is to make it safe. */
static void check_printed(void)
{
	fflush(printed);
	for (size_t i = 0; i < text_len; i++) {
		uint8_t c = (uint8_t)text[i];

		assert(c >= ' ' ? c != 0x7f : c == '\n' || c == '\t');
		/* C1 controls, as UTF-8 has them */
		assert(!(c == 0xc2 && i + 1 < text_len && (uint8_t)text[i + 1] < 0xa0));
	}
	rewind(printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *out = stdout, *err = stderr;
	char *argv[WORDS_MAX + 1];
	int argc = 0, status;

	if (size < 1)
		return 0;
	begin_once();
	for (const char *const *word = commands[data[0] % ARRAY_SIZE(commands)];
	     argc < WORDS_MAX && *word; word++)
		argv[argc++] = strdup(*word);
	argv[argc] = NULL;
	at = data + 1;
	end = data + size;
	opens = 0;
	clock_usec = USEC_PER_SEC;
	stdout = stderr = printed;
	status = client_main(argc, argv);
	stdout = out;
	stderr = err;
	dup2(errors, STDERR_FILENO);
	assert(status >= 0 && status < 256);
	check_printed();
	while (argc > 0)
		free(argv[--argc]);
	return 0;
}
