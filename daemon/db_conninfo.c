/*
 * See db_conninfo.h. libpq judges the form and the names of options. It judges values only where it
 * connects, which may look up names and so take its time: those that are words are judged here.
 */

#include "daemon/db_conninfo.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/macros.h"

struct choice {
	const char *keyword, *values; /* each value between spaces */
};

static const struct choice choices[] = {
	{ "sslmode", " disable allow prefer require verify-ca verify-full " },
	{ "gssencmode", " disable prefer require " },
	{ "channel_binding", " disable prefer require " },
	{ "target_session_attrs", " any read-write read-only primary standby prefer-standby " },
};

/* Where what may be a password begins: a quotation mark that is missing ends it anywhere after. */
static const char *secret_in(const char *conninfo)
{
	const char *word = strcasestr(conninfo, "passw"), *authority = strstr(conninfo, "://");

	if (authority && (!word || authority < word))
		return authority;
	return word ? word : conninfo + strlen(conninfo);
}

/* libpq's message as one line; what it quotes is left out where it may be of a password. */
static void tell(const char *conninfo, const char *message, char *why, size_t size)
{
	const char *secret = secret_in(conninfo), *at, *end;
	size_t used = 0;

	/* Where libpq's quotation ends could not be told then. */
	if (strchr(conninfo, '"')) {
		snprintf(why, size, "it is malformed");
		return;
	}
	while (*message && *message != '\n' && used < size) {
		size_t len = strcspn(message, "\"\n");

		if (len > 0) {
			used += (size_t)snprintf(why + used, size - used, "%.*s", (int)len,
						 message);
			message += len;
			continue;
		}
		end = strchr(message + 1, '"');
		len = end ? (size_t)(end - message - 1) : strlen(message + 1);
		at = memmem(conninfo, (size_t)(secret - conninfo), message + 1, len);
		if (at || len <= 1)
			used += (size_t)snprintf(why + used, size - used, "\"%.*s\"", (int)len,
						 message + 1);
		else
			used += (size_t)snprintf(why + used, size - used, "\"...\"");
		message += len + (end ? 2 : 1);
	}
}

static bool is_choice(const char *values, const char *value)
{
	const char *at = *value && !strchr(value, ' ') ? strstr(values, value) : NULL;

	while (at && (at[-1] != ' ' || at[strlen(value)] != ' '))
		at = strstr(at + 1, value);
	return at;
}

static int check_value(const PQconninfoOption *option, char *why, size_t size)
{
	if (!option->val)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
		if (!strcmp(option->keyword, choices[i].keyword) && *option->val &&
		    !is_choice(choices[i].values, option->val)) {
			snprintf(why, size, "%s must be one of%.*s", option->keyword,
				 (int)strlen(choices[i].values) - 1, choices[i].values);
			return -EINVAL;
		}
	if (!strcmp(option->keyword, "port") && option->val[strspn(option->val, "0123456789,")]) {
		snprintf(why, size, "port must be a number");
		return -EINVAL;
	}
	return 0;
}

int db_conninfo_check(const char *conninfo, char *why, size_t size)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &message);
	int r = 0;

	snprintf(why, size, "out of memory");
	if (!options && !message)
		return -ENOMEM;
	if (!options) {
		tell(conninfo, message, why, size);
		PQfreemem(message);
		return -EINVAL;
	}
	for (const PQconninfoOption *o = options; r == 0 && o->keyword; o++)
		r = check_value(o, why, size);
	PQconninfoFree(options);
	return r;
}
