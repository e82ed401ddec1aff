/*
 * Tokens, revs and unanswered keys: small files, each replaced in one step.
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/state.h"
#include "common/crypto.h"
#include "common/uuid7.h"

#define SECRET_FILE_MAX 4096
#define REV_FILE_MAX	(256 * 1024)
#define LINE_FILE_MAX	(256 * 1024)
#define RECEIPT_SECONDS (48 * 3600)

/* Cuts white space at both ends, checks the shape, copies. */
static int take_token(struct buf *text, char out[TOKEN_TEXT_MAX])
{
	struct token_parts parts;
	const char *start = text->data ? text->data : "";
	size_t len;

	start += strspn(start, " \t\r\n");
	len = strcspn(start, " \t\r\n");
	if (len == 0)
		return -ENOENT;
	if (len >= TOKEN_TEXT_MAX || start[len + strspn(start + len, " \t\r\n")] != '\0')
		return -EINVAL;
	memcpy(out, start, len);
	out[len] = '\0';
	return token_parse(out, &parts);
}

int state_read_secret(const char *path, char out[TOKEN_TEXT_MAX])
{
	struct buf text = BUF_INIT(SECRET_FILE_MAX);
	int r = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &text);

	if (r == 0)
		r = take_token(&text, out);
	if (text.data)
		crypto_wipe(text.data, text.size);
	buf_deinit(&text);
	return r;
}

int state_token(const struct paths *paths, const char *context, char out[TOKEN_TEXT_MAX])
{
	char *path = paths_state(paths, context, ".token");
	int r = path ? state_read_secret(path, out) : -ENOMEM;

	free(path);
	return r;
}

int state_save_token(const struct paths *paths, const char *context, const char *token)
{
	char text[TOKEN_TEXT_MAX + 2];
	char *path = paths_state(paths, context, ".token");
	int n = snprintf(text, sizeof(text), "%s\n", token);
	int r = path ? file_replace(path, text, (size_t)n, 0600) : -ENOMEM;

	crypto_wipe(text, sizeof(text));
	free(path);
	return r;
}

static int forget(const struct paths *paths, const char *context, const char *suffix)
{
	char *path = paths_state(paths, context, suffix);
	int r = 0;

	if (!path)
		return -ENOMEM;
	if (unlink(path) < 0 && errno != ENOENT)
		r = -errno;
	free(path);
	return r;
}

int state_forget_token(const struct paths *paths, const char *context)
{
	return forget(paths, context, ".token");
}

int state_forget_sites(const struct paths *paths, const char *context)
{
	int r = forget(paths, context, ".rev"), other = forget(paths, context, ".sites");

	return r < 0 ? r : other;
}

/* Whether a line of the rev file, "SITE REV\n", is about the site. */
static bool rev_line(const char *line, const char *site, int64_t *ret)
{
	size_t len = strlen(site);
	char *end;

	if (strncasecmp(line, site, len) != 0 || line[len] != ' ')
		return false;
	*ret = strtoll(line + len + 1, &end, 10);
	return *ret > 0 && (*end == '\n' || *end == '\0');
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end && end[1] ? end + 1 : NULL;
}

int64_t state_rev(const struct paths *paths, const char *context, const char *site)
{
	struct buf text = BUF_INIT(REV_FILE_MAX);
	char *path = paths_state(paths, context, ".rev");
	int64_t rev = 0;

	if (path)
		(void)file_read(path, &text);
	for (const char *line = text.data; line; line = next_line(line)) {
		if (rev_line(line, site, &rev))
			break;
		rev = 0;
	}
	free(path);
	buf_deinit(&text);
	return rev;
}

int state_save_rev(const struct paths *paths, const char *context, const char *site, int64_t rev)
{
	struct buf old = BUF_INIT(REV_FILE_MAX), new = BUF_INIT(REV_FILE_MAX);
	char *path = paths_state(paths, context, ".rev");
	int64_t known;
	int r = 0;

	if (!path)
		return -ENOMEM;
	(void)file_read(path, &old);
	for (const char *line = old.data; line; line = next_line(line)) {
		if (!rev_line(line, site, &known))
			buf_printf(&new, "%.*s\n", (int)strcspn(line, "\n"), line);
		else if (known >= rev)
			goto out;
	}
	buf_printf(&new, "%s %" PRId64 "\n", site, rev);
	r = new.failed ? -EFBIG : file_replace(path, new.data, new.len, 0600);
out:
	free(path);
	buf_deinit(&old);
	buf_deinit(&new);
	return r;
}

static char *pending_path(const struct paths *paths, const char *key)
{
	char *path;

	return asprintf(&path, "%s/pending/%s", paths->state, key) < 0 ? NULL : path;
}

int state_pending_add(const struct paths *paths, const char *key, const char *line)
{
	char *path = pending_path(paths, key);
	int r = path ? file_replace(path, line, strlen(line), 0600) : -ENOMEM;

	free(path);
	return r;
}

void state_pending_remove(const struct paths *paths, const char *key)
{
	char *path = pending_path(paths, key);

	if (path)
		unlink(path);
	free(path);
}

static int is_key(const struct dirent *entry)
{
	char key[UUID_TEXT_MAX];

	return uuid_parse(entry->d_name, key) == 0;
}

/* Reads one entry; whether it was young enough to be shown. */
static bool pending_show(const char *path, void (*each)(const char *line, void *data), void *data)
{
	struct buf text = BUF_INIT(LINE_FILE_MAX);
	struct stat st;
	bool shown = false;

	if (stat(path, &st) == 0 && time(NULL) - st.st_mtime > RECEIPT_SECONDS)
		unlink(path);
	else if (file_read(path, &text) == 0 && text.data) {
		each(text.data, data);
		shown = true;
	}
	buf_deinit(&text);
	return shown;
}

int state_pending_each(const struct paths *paths, void (*each)(const char *line, void *data),
		       void *data)
{
	struct dirent **entries;
	char *folder = pending_path(paths, "");
	int count, shown = 0;

	if (!folder)
		return -ENOMEM;
	count = scandir(folder, &entries, is_key, alphasort);
	free(folder);
	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		char *path = pending_path(paths, entries[i]->d_name);

		if (path)
			shown += pending_show(path, each, data);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return shown;
}
