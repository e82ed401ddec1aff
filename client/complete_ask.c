/*
 * What the daemon knows, for completion: one list, cut to 20 words, kept for 30 s in a file of the
 * cache folder. Time is short: COWORK_COMPLETE_MS, 150 without it, for connection and answer; a
 * resolver that hangs is ended by a timer, silently.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "client/call.h"
#include "client/client.h"
#include "client/complete.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"

#define BUDGET_MS      150
#define BUDGET_MOST_MS 30000
/* Beyond the budget: what does not look at a deadline ends here. */
#define GRACE_MS    100
#define KEEP_S	    30
#define OFFERED_MAX 20
#define PAGE	    500
#define CACHE_MAX   (256 * 1024)

struct source {
	const char *metavar;
	const char *command; /* only for commands that begin so; NULL: all */
	const char *method, *list, *member, *about;
	bool site; /* belongs to a site */
	bool mine; /* my bookings from now on */
};

/* The first that fits counts. */
static const struct source sources[] = {
	{ "REF", "block", "block.list", "blocks", "ref", "space", .site = true },
	{ "REF", NULL, "booking.list", "bookings", "ref", "space", .site = true, .mine = true },
	{ "SPACE", NULL, "space.list", "spaces", "code", "name", .site = true },
	{ "WHAT", NULL, "space.list", "spaces", "code", "name", .site = true },
	{ "AREA", NULL, "area.list", "areas", "code", "name", .site = true },
	{ "FLOOR", NULL, "floor.list", "floors", "code", "name", .site = true },
	{ "SITE", NULL, "site.list", "sites", "code", "name" },
	{ "TENANT", NULL, "tenant.list", "tenants", "code", "name" },
	{ "LOGIN", NULL, "member.list", "members", "login", "name" },
	{ "TOKEN", NULL, "token.list", "tokens", "token", "label" },
};

static const struct source *find_source(const char *metavar, const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const char *only = sources[i].command;

		if (strcmp(sources[i].metavar, metavar) == 0 &&
		    (!only || strncmp(only, command, strlen(only)) == 0))
			return &sources[i];
	}
	return NULL;
}

static int64_t budget_ms(void)
{
	const char *text = getenv("COWORK_COMPLETE_MS");
	char *end;
	long ms = text ? strtol(text, &end, 10) : BUDGET_MS;

	return text && (*end || ms < 1 || ms > BUDGET_MOST_MS) ? BUDGET_MS : ms;
}

static void on_late(int number _unused_)
{
	_exit(STATUS_OK);
}

/* Names of files are made of contexts and sites, which are words; others are not cached. */
static bool is_plain(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-_")] == '\0';
}

/* Where the answer is kept; malloc'd, or NULL where it is not. */
static char *cache_path(const struct client *client, const struct source *source)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const char *site = source->site ? client_site_or_none(client) : "";
	bool xdg = base && base[0] == '/';
	char *path;

	/* Another server or token than the context's must not see its words. */
	if (client->options.server || getenv("COWORK_SERVER") || getenv("COWORK_TOKEN_FILE") ||
	    !is_plain(client->context_name) || !site || !is_plain(site) ||
	    (!xdg && (!home || home[0] != '/')))
		return NULL;
	if (asprintf(&path, "%s%s/cowork/complete/%s.%s.%s", xdg ? base : home,
		     xdg ? "" : "/.cache", client->context_name, site, source->method) < 0)
		return NULL;
	return path;
}

static bool read_cache(const char *path, struct buf *lines)
{
	struct stat file;
	time_t now = time(NULL);

	return path && stat(path, &file) == 0 && file.st_mtime <= now &&
	       now - file.st_mtime < KEEP_S && file_read(path, lines) == 0;
}

/* "A-12<TAB>window" lines of one answer. */
static void add_lines(const struct source *source, const struct cJSON *rows, struct buf *lines)
{
	for (const struct cJSON *row = json_first(rows); row; row = json_next(row)) {
		const char *word = json_str(row, source->member);
		const char *about = json_str(row, source->about);

		if (!word)
			continue;
		text_line(lines, word);
		if (about && *about) {
			buf_add_char(lines, '\t');
			text_line(lines, about);
		}
		buf_add_char(lines, '\n');
	}
}

static bool ask(struct client *client, const struct source *source, struct buf *lines)
{
	char now[INSTANT_TEXT_MAX];
	struct call call;
	bool good;

	if (source->site && !client_site_or_none(client))
		return false;
	if (!source->site)
		call_begin(&call, source->method, false);
	else if (!call_begin_site(client, &call, source->method, false))
		return false;
	if (source->mine) {
		params_bool(&call.params, "mine", true);
		params_str(&call.params, "from",
			   instant_format(instant_now() / USEC_PER_SEC * USEC_PER_SEC, now));
	}
	call.limit = PAGE;
	good = call_try(client, &call) == 0;
	if (good)
		add_lines(source, json_get(call_result(&call), source->list), lines);
	call_done(&call);
	return good && !lines->failed;
}

static bool fetch(struct client *client, const struct source *source, struct buf *lines)
{
	int64_t ms = budget_ms();
	struct itimerval late = { .it_value = { (ms + GRACE_MS) / 1000,
						(ms + GRACE_MS) % 1000 * 1000 } };

	if (client_find_token(client) < 0)
		return false;
	client->options.timeout_usec = ms * USEC_PER_MSEC;
	if (signal(SIGALRM, on_late) == SIG_ERR || setitimer(ITIMER_REAL, &late, NULL) < 0)
		return false;
	return ask(client, source, lines);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * The words that fit. Where there are more than are offered, the first and the last are among
 * them, so that what the shell finds common to all is.
 */
static void offer(struct complete *complete, char *lines)
{
	char **fitting = NULL, *line;
	size_t count = 0, room = 0, len = strlen(complete->word);

	while ((line = strsep(&lines, "\n"))) {
		if (*line == '\0' || strncasecmp(line, complete->word, len) != 0)
			continue;
		if (count == room) {
			char **more = realloc(fitting, (room = room * 2 + 64) * sizeof(*fitting));

			if (!more)
				break;
			fitting = more;
		}
		fitting[count++] = line;
	}
	if (count > 0)
		qsort(fitting, count, sizeof(*fitting), compare);
	for (size_t i = 0; i < count && i < OFFERED_MAX; i++) {
		size_t at = i == OFFERED_MAX - 1 ? count - 1 : i;
		char *about = strchr(fitting[at], '\t');

		if (about)
			*about++ = '\0';
		complete_offer(complete, fitting[at], about);
	}
	free(fitting);
}

void complete_ask(struct complete *complete, const char *metavar, const char *command)
{
	const struct source *source = find_source(metavar, command);
	struct buf lines = BUF_INIT(CACHE_MAX);
	char *path;

	if (!source)
		return;
	path = cache_path(complete->client, source);
	if (!read_cache(path, &lines)) {
		buf_reset(&lines);
		if (fetch(complete->client, source, &lines) && path)
			(void)file_replace(path, lines.data ? lines.data : "", lines.len, 0600);
	}
	if (lines.data && !lines.failed)
		offer(complete, lines.data);
	buf_deinit(&lines);
	free(path);
}
