/*
 * The client's folders by the XDG rules, and whole-file reading and replacing.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/files.h"

/* An XDG variable counts only when it is absolute (the specification's own rule). */
static int xdg_path(const char *variable, const char *below_home, const char *rest, char **ret)
{
	const char *base = getenv(variable);
	const char *home = getenv("HOME");
	int n;

	if (base && base[0] == '/')
		n = asprintf(ret, "%s/%s", base, rest);
	else if (home && home[0] == '/')
		n = asprintf(ret, "%s/%s/%s", home, below_home, rest);
	else
		return -ENOENT;
	if (n < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

int paths_init(struct paths *paths)
{
	int r;

	*paths = (struct paths){ 0 };
	r = xdg_path("XDG_CONFIG_HOME", ".config", "cowork/config", &paths->config);
	if (r == 0)
		r = xdg_path("XDG_STATE_HOME", ".local/state", "cowork", &paths->state);
	if (r < 0)
		paths_deinit(paths);
	return r;
}

void paths_deinit(struct paths *paths)
{
	free(paths->config);
	free(paths->state);
	*paths = (struct paths){ 0 };
}

char *paths_state(const struct paths *paths, const char *name, const char *suffix)
{
	char *path;

	if (asprintf(&path, "%s/%s%s", paths->state, name, suffix) < 0)
		return NULL;
	return path;
}

int file_read(const char *path, struct buf *out)
{
	char chunk[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int r = -errno;

			close(fd);
			return r;
		}
		buf_add(out, chunk, (size_t)n);
		if (out->failed)
			break;
	}
	close(fd);
	return out->failed ? -EFBIG : 0;
}

/* Makes every missing folder above `path`, private to the user. */
static int make_folders(const char *path)
{
	char *copy = strdup(path);
	int r = 0;

	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy + 1, '/'); slash && r == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			r = -errno;
		*slash = '/';
	}
	free(copy);
	return r;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode)
{
	char *temporary;
	int fd, r;

	r = make_folders(path);
	if (r < 0)
		return r;
	/* mkostemp makes the file 0600, so a secret is never readable by others in between. */
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		free(temporary);
		return r;
	}
	r = write_all(fd, data, len);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	free(temporary);
	return r;
}
