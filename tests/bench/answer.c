/* See answer.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "wire.h"

#define BEGIN "{\"jsonrpc\":\"2.0\",\""

static const char *skip(const char *at, const char *words)
{
	size_t len = strlen(words);

	return strncmp(at, words, len) == 0 ? at + len : NULL;
}

static void read_kind(const char *at, struct answer *ret)
{
	const char *kind = strstr(at, "\"kind\":\"");
	size_t len;

	ret->kind[0] = 0;
	if (!kind)
		return;
	kind += strlen("\"kind\":\"");
	len = strcspn(kind, "\"");
	if (len >= sizeof(ret->kind))
		len = sizeof(ret->kind) - 1;
	memcpy(ret->kind, kind, len);
	ret->kind[len] = 0;
}

void answer_read(const char *line, size_t len, struct answer *ret)
{
	const char *at = skip(line, BEGIN);
	char *end;

	if (!at)
		die("no line of the protocol: %.*s", len > 400 ? 400 : (int)len, line);
	if (skip(at, "method\"")) {
		ret->type = ANSWER_NOTIFICATION;
		return;
	}
	at = skip(at, "id\":");
	if (at) {
		ret->id = (unsigned)strtoul(at, &end, 10);
		ret->type = ANSWER_RESULT;
		if (end > at && skip(end, ",\"result\":"))
			return;
		ret->type = ANSWER_ERROR;
		read_kind(at, ret);
		if (skip(end, ",\"error\":"))
			return;
	}
	die("no answer to a request: %.*s", len > 400 ? 400 : (int)len, line);
}

int64_t answer_rev(const char *line, size_t len)
{
	static const char name[] = "\"rev\":";

	for (size_t at = len; at-- > 0;) {
		if (line[at] == '"' && strncmp(line + at, name, sizeof(name) - 1) == 0)
			return strtoll(line + at + sizeof(name) - 1, NULL, 10);
	}
	return -1;
}
