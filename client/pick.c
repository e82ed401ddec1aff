/*
 * The choice of a space. What is free is asked once; the list, its pages and its filter are ours.
 */

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/keys.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/pick.h"
#include "client/place.h"
#include "client/wish.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/utf8.h"

#define PAGE	   9
#define FILTER_MAX 64
#define LIST_MAX   (1024 * 1024)

struct picker {
	struct client *client;
	const struct cJSON *spaces; /* of the answer */
	char filter[FILTER_MAX];
	size_t first;			/* of the page, among those that pass the filter */
	const struct cJSON *page[PAGE]; /* what the numbers stand for */
	size_t count, passed;
};

bool pick_possible(const struct client *client)
{
	return client->out.terminal && client->out.talk_terminal && isatty(STDIN_FILENO) &&
	       !client->options.no_input;
}

/* "A-12 (by the window, 2F)  desk  1", without anything that could steer the terminal. */
static void describe(struct picker *picker, const struct cJSON *space, struct buf *out)
{
	const char *code = json_str(space, "code"), *kind = json_str(space, "kind");
	const char *name = place_name(picker->client, space), *area = json_str(space, "area");
	const char *floor = json_str(space, "floor");
	struct buf raw = BUF_INIT(4096);
	int64_t capacity;

	buf_add_str(&raw, code ? code : "");
	if (name && code && strcasecmp(name, code) != 0)
		buf_printf(&raw, "  %s", name);
	buf_printf(&raw, "  %s", kind ? kind : "");
	if (json_int(space, "capacity", &capacity) && capacity > 1)
		buf_printf(&raw, " (%lld)", (long long)capacity);
	if (area && *area)
		buf_printf(&raw, "  %s", area);
	if (floor && *floor)
		buf_printf(&raw, "  %s", floor);
	if (raw.data)
		text_line(out, raw.data);
	buf_deinit(&raw);
}

static bool passes(struct picker *picker, const struct cJSON *space)
{
	struct buf text = BUF_INIT(16384);
	bool found;

	describe(picker, space, &text);
	found = text.data && strcasestr(text.data, picker->filter);
	buf_deinit(&text);
	return found;
}

/* Fills the page with what passes the filter from picker->first on. */
static void turn(struct picker *picker)
{
	picker->count = picker->passed = 0;
	for (const struct cJSON *found = json_first(picker->spaces); found;
	     found = json_next(found)) {
		const struct cJSON *space = json_get(found, "space");

		if (!passes(picker, space))
			continue;
		if (picker->passed++ >= picker->first && picker->count < PAGE)
			picker->page[picker->count++] = space;
	}
}

static void show(struct picker *picker)
{
	for (size_t i = 0; i < picker->count; i++) {
		struct buf line = BUF_INIT(16384);

		describe(picker, picker->page[i], &line);
		fprintf(stderr, "  %zu  %s\n", i + 1, line.data ? line.data : "");
		buf_deinit(&line);
	}
	if (picker->passed == 0)
		fprintf(stderr, _("  nothing fits \"%s\"\n"), picker->filter);
	fputs(picker->passed > picker->first + picker->count
		      ? _("A number picks, n shows more, / filters, q leaves: ")
		      : _("A number picks, / filters, q leaves: "),
	      stderr);
}

/* One key. True when the choice has ended: *ret_space is it, or NULL with *ret_status. */
static bool take_key(struct picker *picker, int key, const struct cJSON **ret_space,
		     int *ret_status)
{
	*ret_space = NULL;
	*ret_status = key == -EINTR ? STATUS_INTERRUPTED : STATUS_SAID_NO;
	if (key < 0 || key == 'q' || key == 'Q' || key == KEY_ESCAPE)
		return true;
	if (key > '0' && (size_t)(key - '0') <= picker->count) {
		*ret_space = picker->page[key - '1'];
		*ret_status = STATUS_OK;
		return true;
	}
	if (key == 'n' && picker->passed > picker->first + picker->count) {
		picker->first += PAGE;
	} else if (key == '/') {
		fputs("\r\033[K/", stderr);
		picker->first = 0;
		if (keys_line(picker->filter, sizeof(picker->filter)) == -EINTR) {
			*ret_status = STATUS_INTERRUPTED;
			return true;
		}
	} else {
		return false;
	}
	fputc('\n', stderr);
	turn(picker);
	show(picker);
	return false;
}

static int choose_by_key(struct picker *picker, const struct cJSON **ret_space)
{
	struct keys keys;
	int status;

	if (keys_begin(&keys) < 0) {
		complain(_("the terminal cannot be read key by key"));
		return STATUS_IO;
	}
	turn(picker);
	show(picker);
	while (!take_key(picker, keys_next(), ret_space, &status))
		;
	keys_end(&keys);
	fputc('\n', stderr);
	return status;
}

/* Runs the program with `input` on its standard input; its first line in `out`. Its exit status, or
 * a negative errno. */
static int run_program(const char *program, const struct buf *input, char *out, size_t size)
{
	char *const argv[] = { (char *)program,	       (char *)"--height=50%",
			       (char *)"--reverse",    (char *)"--delimiter=\t",
			       (char *)"--with-nth=2", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int to[2], from[2], status = 0, r;
	sigset_t pipe_signal;
	ssize_t n = 0;
	pid_t pid;

	if (pipe(to) < 0 || pipe(from) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, to[1]);
	posix_spawn_file_actions_addclose(&actions, from[0]);
	posix_spawnattr_init(&attributes);
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawnp(&pid, program, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(to[0]);
	close(from[1]);
	for (size_t at = 0; r == 0 && at < input->len; at += (size_t)n) {
		n = write(to[1], input->data + at, input->len - at);
		if (n < 0)
			break; /* it has chosen before it read all */
	}
	close(to[1]);
	n = r == 0 ? read(from[0], out, size - 1) : 0;
	close(from[0]);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 130;
}

static int choose_by_program(struct picker *picker, const char *program,
			     const struct cJSON **ret_space)
{
	struct buf list = BUF_INIT(LIST_MAX);
	char line[1024];
	unsigned long number = 0;
	int r;

	*ret_space = NULL;
	for (const struct cJSON *s = json_first(picker->spaces); s; s = json_next(s)) {
		buf_printf(&list, "%lu\t", ++number);
		describe(picker, json_get(s, "space"), &list);
		buf_add_char(&list, '\n');
	}
	r = run_program(program, &list, line, sizeof(line));
	buf_deinit(&list);
	if (r < 0 || r == 127) {
		complain(_("COWORK_PICKER is %s, which cannot be run"), program);
		return STATUS_CONFIG;
	}
	number = r == 0 ? strtoul(line, NULL, 10) : 0;
	for (const struct cJSON *s = json_first(picker->spaces); s && number > 0; s = json_next(s))
		if (--number == 0)
			*ret_space = json_get(s, "space");
	return *ret_space ? STATUS_OK : STATUS_SAID_NO;
}

/* What is free then. 0 or an exit status. */
static int search(struct client *client, struct call *call, const struct arguments *arguments,
		  const struct words *when)
{
	struct buf told = BUF_INIT(256);
	struct when_interval interval;
	struct phrase_clock clock;
	char text[INSTANT_TEXT_MAX];
	int r = phrase_clock_init(&clock, client, PHRASE_ASK, arguments_get(arguments, "fold"));

	if (r == STATUS_OK)
		r = phrase_interval(client, &clock, when, &interval);
	if (r == STATUS_OK) {
		params_str(&call->params, "start", instant_format(interval.start, text));
		params_str(&call->params, "end", instant_format(interval.end, text));
		phrase_echo(&told, client, &clock, &interval);
		if (!wish_add(&call->params, arguments))
			r = STATUS_USAGE;
	}
	phrase_clock_deinit(&clock);
	call->limit = PAGES_PAGE;
	if (r == STATUS_OK)
		r = call_run(client, call);
	if (r == STATUS_OK)
		note(&client->out, _("Free %s, best first"), told.data ? told.data : "");
	buf_deinit(&told);
	return r;
}

int pick_space(struct client *client, const struct arguments *arguments, const struct words *when,
	       char out[PICK_CODE_MAX])
{
	const char *program = getenv("COWORK_PICKER"), *code;
	struct picker picker = { .client = client };
	const struct cJSON *space = NULL;
	struct call call;
	int r;

	if (!call_begin_site(client, &call, "space.search", false))
		return STATUS_USAGE;
	r = search(client, &call, arguments, when);
	picker.spaces = json_get(call_result(&call), "spaces");
	if (r == STATUS_OK && json_count(picker.spaces) == 0) {
		complain(_("nothing is free then"));
		r = STATUS_NO;
	}
	if (r == STATUS_OK && program && strcmp(program, "fzf") == 0)
		r = choose_by_program(&picker, program, &space);
	else if (r == STATUS_OK)
		r = choose_by_key(&picker, &space);
	code = json_str(space, "code");
	if (r == STATUS_OK && (!code || strlen(code) >= PICK_CODE_MAX))
		r = STATUS_PROTOCOL;
	if (r == STATUS_OK)
		strcpy(out, code);
	call_done(&call);
	return r;
}
