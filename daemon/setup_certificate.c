/*
 * The certificate part of `coworkd setup`: hands the names to common/tls and the files to the
 * service's group, so that the service can read what root has made.
 */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/tls.h"
#include "daemon/db_setup.h"

#define NAMES_MAX     32
#define NAMES_TEXT    2048
#define DAYS	      825 /* what clients commonly accept at most */
#define SERVICE_GROUP "coworkd"

/* Splits in place; the number of names, 0 if one is empty or there are too many. */
static size_t split(char *text, const char *names[NAMES_MAX + 1])
{
	size_t n = 0;
	char *name;

	while ((name = strsep(&text, ","))) {
		if (!*name || n == NAMES_MAX)
			return 0;
		names[n++] = name;
	}
	names[n] = NULL;
	return n;
}

static int give_to_service(const char *path)
{
	const struct group *group = geteuid() == 0 ? getgrnam(SERVICE_GROUP) : NULL;

	/* Before the package's users are made: the key would stay root's, and the service not start. */
	if (geteuid() == 0 && !group)
		fprintf(stderr,
			"coworkd: warning: there is no group " SERVICE_GROUP
			" yet, so %s stays root's; when systemd-sysusers has made it: "
			"chgrp " SERVICE_GROUP " %s\n",
			path, path);
	if (!group || chown(path, (uid_t)-1, group->gr_gid) == 0)
		return EX_OK;
	fprintf(stderr, "coworkd: %s: could not be given to group " SERVICE_GROUP ": %s\n", path,
		strerror(errno));
	return EX_CONFIG;
}

int setup_certificate(const char *names, bool csr, const char *certificate, const char *key)
{
	const char *list[NAMES_MAX + 1];
	char text[NAMES_TEXT], out[4096];
	struct tls_problem problem;
	int r;

	if ((size_t)snprintf(text, sizeof(text), "%s", names) >= sizeof(text) ||
	    !split(text, list)) {
		fprintf(stderr,
			"coworkd: --certificate-for wants at most %d names or addresses, "
			"separated by commas\n",
			NAMES_MAX);
		return EX_USAGE;
	}
	snprintf(out, sizeof(out), "%s%s", certificate, csr ? ".csr" : "");
	r = tls_make_certificate(out, key, list, DAYS, csr, &problem);
	if (r == -EEXIST) {
		fprintf(stderr, "coworkd: left alone: %s\n", problem.text);
		return EX_OK;
	}
	if (r < 0) {
		fprintf(stderr, "coworkd: %s\n", problem.text);
		return EX_CONFIG;
	}
	fprintf(stderr, "coworkd: made %s and %s\n", out, key);
	return give_to_service(out) == EX_OK ? give_to_service(key) : EX_CONFIG;
}
