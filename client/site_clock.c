/*
 * The clocks of sites: kept, renewed, forgotten.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/site_clock.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"

#define FILE_SIZE_MAX (256 * 1024)
#define KEPT_SECONDS  (24 * 3600)

/* " ZONE OPEN CLOSE SEEN" up to the end of the line. */
static bool read_clock(const char *text, struct site_clock *ret, int64_t *ret_seen)
{
	size_t len = strcspn(++text, " \n");
	long long numbers[3];
	char *end = (char *)text + len;

	if (len == 0 || len >= sizeof(ret->zone))
		return false;
	memcpy(ret->zone, text, len);
	ret->zone[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const char *number = end + (*end == ' ');

		if (number == end || strspn(number, "0123456789") == 0)
			return false;
		errno = 0;
		numbers[i] = strtoll(number, &end, 10);
		if (errno || (i < 2 && numbers[i] > 1440))
			return false;
	}
	ret->open = (int)numbers[0];
	ret->close = (int)numbers[1];
	*ret_seen = numbers[2];
	return *end == '\n' || *end == '\0';
}

/* Runs `each` over the file's lines "SITE ZONE OPEN CLOSE SEEN"; stops when it says so. */
static bool find_line(const char *text, const char *site, struct site_clock *ret, int64_t *ret_seen)
{
	size_t len = strlen(site);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, site, len) != 0 || line[len] != ' ')
			continue;
		if (!read_clock(line + len, ret, ret_seen))
			return false;
		return ret->open >= 0 && ret->open < ret->close && ret->close <= 1440;
	}
	return false;
}

static char *path_of(const struct client *client)
{
	return paths_state(&client->paths, client->context_name, ".sites");
}

static bool load(const struct client *client, const char *site, struct site_clock *ret,
		 int64_t *ret_seen)
{
	struct buf text = BUF_INIT(FILE_SIZE_MAX);
	char *path = path_of(client);
	bool found;

	if (path)
		(void)file_read(path, &text);
	found = text.data && find_line(text.data, site, ret, ret_seen);
	free(path);
	buf_deinit(&text);
	return found;
}

/* Replaces the site's line; without a clock it goes. Failures cost a question more, nothing else.
 */
static void store(const struct client *client, const char *site, const struct site_clock *clock)
{
	struct buf old = BUF_INIT(FILE_SIZE_MAX), new = BUF_INIT(FILE_SIZE_MAX);
	char *path = path_of(client);
	size_t len = strlen(site);

	if (path)
		(void)file_read(path, &old);
	for (const char *line = old.data; line && *line;) {
		size_t line_len = strcspn(line, "\n");

		if (line_len > 0 && (strncasecmp(line, site, len) != 0 || line[len] != ' '))
			buf_printf(&new, "%.*s\n", (int)line_len, line);
		line += line_len + (line[line_len] == '\n');
	}
	if (clock)
		buf_printf(&new, "%s %s %d %d %" PRId64 "\n", site, clock->zone, clock->open,
			   clock->close, instant_seconds(instant_now()));
	if (path && !new.failed && (clock || old.len > 0))
		(void)file_replace(path, new.data ? new.data : "", new.len, 0600);
	free(path);
	buf_deinit(&old);
	buf_deinit(&new);
}

static bool minutes(const char *text, int *ret)
{
	long hour, minute;
	char *end;

	if (!text || strspn(text, "0123456789") == 0 || strspn(text, "0123456789") > 2)
		return false;
	hour = strtol(text, &end, 10);
	if (*end++ != ':' || strspn(end, "0123456789") != 2 || end[2])
		return false;
	minute = strtol(end, NULL, 10);
	*ret = (int)(hour * 60 + minute);
	return minute < 60 && *ret <= 1440;
}

static bool read_site(const struct cJSON *site, struct site_clock *ret)
{
	const char *zone = json_str(site, "zone");

	if (!zone || strlen(zone) >= sizeof(ret->zone) || strpbrk(zone, " \n"))
		return false;
	strcpy(ret->zone, zone);
	return minutes(json_str(site, "open"), &ret->open) &&
	       minutes(json_str(site, "close"), &ret->close) && ret->open < ret->close;
}

static void learn_one(const struct client *client, const struct cJSON *site)
{
	const char *code = json_str(site, "code");
	struct site_clock clock, kept;
	int64_t seen;

	if (!code || strpbrk(code, " \n") || !read_site(site, &clock))
		return;
	/* A list of a hundred sites is no reason to write the file a hundred times. */
	if (load(client, code, &kept, &seen) && strcmp(kept.zone, clock.zone) == 0 &&
	    kept.open == clock.open && kept.close == clock.close &&
	    instant_seconds(instant_now()) - seen < KEPT_SECONDS / 2)
		return;
	store(client, code, &clock);
}

void site_clock_learn(const struct client *client, const struct cJSON *result)
{
	const char *current = client_site_or_none(client);

	if (!client->context)
		return;
	if (json_get(result, "site"))
		learn_one(client, json_get(result, "site"));
	/* Of many, those we know and the one we work in. */
	for (const struct cJSON *site = json_first(json_get(result, "sites")); site;
	     site = json_next(site)) {
		const char *code = json_str(site, "code");
		struct site_clock kept;
		int64_t seen;

		if (code && ((current && strcasecmp(code, current) == 0) ||
			     load(client, code, &kept, &seen)))
			learn_one(client, site);
	}
}

void site_clock_forget(const struct client *client)
{
	const char *site = client_site_or_none(client);

	if (site)
		store(client, site, NULL);
}

bool site_clock_known(const struct client *client, struct site_clock *ret)
{
	const char *site = client_site_or_none(client);
	int64_t seen;

	return site && load(client, site, ret, &seen);
}

int site_clock_get(struct client *client, struct site_clock *ret)
{
	const char *site = client_site(client);
	int64_t seen, age;
	struct call call;
	int r;

	if (!site)
		return STATUS_USAGE;
	if (load(client, site, ret, &seen)) {
		age = instant_seconds(instant_now()) - seen;
		if (age >= 0 && age < KEPT_SECONDS)
			return STATUS_OK;
	}
	if (!call_begin_site(client, &call, "site.show", false))
		return STATUS_USAGE;
	r = call_run(client, &call);
	if (r == STATUS_OK && !read_site(json_get(call_result(&call), "site"), ret)) {
		complain(_("the server does not tell the clock of site %s"), site);
		r = STATUS_PROTOCOL;
	}
	call_done(&call);
	return r;
}
