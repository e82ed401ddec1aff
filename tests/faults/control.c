/*
 * The control socket: a line asks, a line answers.
 *
 *   rule RULE          ok | error WHY        (rules.h)
 *   random P SEED ...  ok | error WHY
 *   clear              ok                    no rules, no random mode
 *   resume             ok                    stalled links go on, what is late arrives
 *   delay MS           ok                    what is late arrives by itself within MS
 *   end cut|reset      ok                    ends every link now
 *   refuse on|off      ok                    new connections are closed at once
 *   stats              the counts as JSON
 *   wait COUNT N       ok                    once the count (a name of stats) is N or more
 *   stop               ok                    and the proxy ends
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/macros.h"
#include "proxy.h"

#define LINE_MAX_BYTES 1024
#define ANSWER_MAX     1024

struct asker {
	struct watch watch;
	char line[LINE_MAX_BYTES];
	size_t len;
	const char *waits_for; /* a count's name; NULL: does not wait */
	unsigned long waits_until;
	bool gone;
	struct asker *next;
};

static const struct count {
	const char *name;
	size_t offset;
} count_table[] = {
	{ "accepted", offsetof(struct counts, accepted) },
	{ "refused", offsetof(struct counts, refused) },
	{ "open", offsetof(struct counts, open) },
	{ "stalled", offsetof(struct counts, stalled) },
	{ "batches", offsetof(struct counts, batches) },
	{ "fired", offsetof(struct counts, fired) },
	{ "cut", offsetof(struct counts, cut) },
	{ "reset", offsetof(struct counts, reset) },
	{ "stall", offsetof(struct counts, stall) },
	{ "late", offsetof(struct counts, late) },
};

static unsigned long count_value(const struct proxy *proxy, const struct count *count)
{
	unsigned long value;

	memcpy(&value, (const char *)&proxy->counts + count->offset, sizeof(value));
	return value;
}

static const struct count *count_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(count_table); i++) {
		if (strcmp(count_table[i].name, name) == 0)
			return &count_table[i];
	}
	return NULL;
}

void counts_print(const struct proxy *proxy, char *out, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(count_table); i++)
		at += (size_t)snprintf(out + at, size - at, "%s\"%s\":%lu", i == 0 ? "{" : ",",
				       count_table[i].name, count_value(proxy, &count_table[i]));
	at += (size_t)snprintf(out + at, size - at, ",\"random\":{");
	for (unsigned i = 0; rules_random_name(i); i++)
		at += (size_t)snprintf(out + at, size - at, "%s\"%s\":%lu", i == 0 ? "" : ",",
				       rules_random_name(i), proxy->counts.random[i]);
	snprintf(out + at, size - at, "}}\n");
}

static void answer(struct asker *asker, const char *text)
{
	size_t len = strlen(text);

	if (send(asker->watch.fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		asker->gone = true;
}

static void answer_problem(struct asker *asker, const char *problem)
{
	char text[ANSWER_MAX];

	snprintf(text, sizeof(text), problem ? "error %s\n" : "ok\n", problem);
	answer(asker, text);
}

static void wait_for(struct asker *asker, const char *words)
{
	char name[32];
	unsigned long until;
	const struct count *count = NULL;

	if (sscanf(words, "%31s %lu", name, &until) ==
	    2) /* NOLINT(cert-err34-c): two words or an error */
		count = count_named(name);
	if (!count) {
		answer_problem(asker, "no such count");
		return;
	}
	asker->waits_for = count->name;
	asker->waits_until = until;
}

static const char *rest_of(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0)
		return NULL;
	return line[len] == ' ' ? line + len + 1 : line[len] == 0 ? line + len : NULL;
}

static const char *end_all(struct proxy *proxy, const char *how)
{
	if (strcmp(how, "cut") != 0 && strcmp(how, "reset") != 0)
		return "cut or reset";
	links_end(proxy, how[0] == 'c' ? ACT_CUT : ACT_RESET);
	return NULL;
}

static void obey(struct asker *asker, const char *line)
{
	struct proxy *proxy = asker->watch.proxy;
	const char *rest, *problem = NULL;
	char text[ANSWER_MAX];

	if ((rest = rest_of(line, "wait"))) {
		wait_for(asker, rest);
		return;
	}
	if (rest_of(line, "stats")) {
		counts_print(proxy, text, sizeof(text));
		answer(asker, text);
		return;
	}
	if ((rest = rest_of(line, "rule")))
		problem = rules_add(&proxy->rules, rest);
	else if ((rest = rest_of(line, "random")))
		problem = rules_random(&proxy->rules, rest);
	else if ((rest = rest_of(line, "end")))
		problem = end_all(proxy, rest);
	else if ((rest = rest_of(line, "refuse")))
		proxy->refuse = strcmp(rest, "on") == 0;
	else if ((rest = rest_of(line, "delay")))
		proxy->delay_ms = (unsigned)strtoul(rest, NULL, 10);
	else if (rest_of(line, "clear"))
		proxy->rules = (struct rules){ 0 };
	else if (rest_of(line, "resume"))
		links_resume(proxy);
	else if (rest_of(line, "stop"))
		proxy->stopping = true;
	else
		problem = "no such command";
	answer_problem(asker, problem);
}

static void on_asker(struct watch *watch, uint32_t events _unused_)
{
	struct asker *asker = container_of(watch, struct asker, watch);
	ssize_t n = recv(watch->fd, asker->line + asker->len, sizeof(asker->line) - asker->len,
			 MSG_DONTWAIT);
	char *lf;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		asker->gone = true;
		return;
	}
	asker->len += (size_t)n;
	while ((lf = memchr(asker->line, '\n', asker->len))) {
		size_t used = (size_t)(lf - asker->line) + 1;

		*lf = 0;
		obey(asker, asker->line);
		asker->len -= used;
		memmove(asker->line, asker->line + used, asker->len);
	}
	if (asker->len == sizeof(asker->line))
		asker->gone = true;
}

void asker_open(struct proxy *proxy, int fd)
{
	struct asker *asker = must_alloc(sizeof(*asker));

	asker->watch = (struct watch){ .fd = fd, .on_event = on_asker, .proxy = proxy };
	asker->next = proxy->askers;
	proxy->askers = asker;
	watch_set(&asker->watch, EPOLLIN);
}

void askers_serve(struct proxy *proxy)
{
	struct asker **at = &proxy->askers;

	while (*at) {
		struct asker *asker = *at;

		if (asker->waits_for &&
		    count_value(proxy, count_named(asker->waits_for)) >= asker->waits_until) {
			asker->waits_for = NULL;
			answer(asker, "ok\n");
		}
		if (!asker->gone) {
			at = &asker->next;
			continue;
		}
		*at = asker->next;
		watch_set(&asker->watch, 0);
		close(asker->watch.fd);
		free(asker);
	}
}

void askers_end(struct proxy *proxy)
{
	for (struct asker *asker = proxy->askers; asker; asker = asker->next)
		asker->gone = true;
	askers_serve(proxy);
}
