/* See config_exposed.h. */

#include "daemon/config_exposed.h"

#include <string.h>
#include <sys/stat.h>

#include "common/macros.h"
#include "daemon/config_values.h"
#include "daemon/log.h"

#define DO "chown root:coworkd and chmod 640"

static bool is_exposed(const char *path, const char *what, struct config_exposed *ret)
{
	struct stat st;

	/* What cannot be looked at is told where it is read. */
	if (stat(path, &st) < 0 || !(st.st_mode & (S_IRWXO | S_IWGRP)))
		return false;
	*ret = (struct config_exposed){ .path = path, .what = what, .mode = st.st_mode & 07777 };
	if (st.st_mode & S_IWOTH)
		ret->who = "others can write it";
	else if (st.st_mode & S_IRWXO)
		ret->who = "others can read it";
	else
		ret->who = "its group can write it";
	return true;
}

static bool has_password(const struct config *config)
{
	const char *const strings[] = { config->conninfo, config->report_conninfo,
					config->admin_conninfo };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		const char *authority = strstr(strings[i], "://");
		const char *at = authority ? strchr(authority, '@') : NULL;

		if (strstr(strings[i], "password") ||
		    (at && memchr(authority + 3, ':', (size_t)(at - authority - 3))))
			return true;
	}
	return false;
}

size_t config_exposed(const struct config_file *file, struct config_exposed ret[CONFIG_EXPOSED_MAX])
{
	size_t n = 0;

	n += is_exposed(file->values.key, "the private key", &ret[n]);
	if (file->path && has_password(&file->values))
		n += is_exposed(file->path, "the configuration, which has a password in it,",
				&ret[n]);
	return n;
}

void config_exposed_log(const struct config_file *file)
{
	struct config_exposed found[CONFIG_EXPOSED_MAX];
	size_t n = config_exposed(file, found);
	char mode[8];

	for (size_t i = 0; i < n; i++) {
		snprintf(mode, sizeof(mode), "%04o", (unsigned)found[i].mode);
		log_warning("a file with a secret is open to more than have to read it",
			    log_str("file", found[i].path), log_str("mode", mode),
			    log_str("why", found[i].who), log_str("do", DO));
	}
}

void config_exposed_print(const struct config_file *file, FILE *out)
{
	struct config_exposed found[CONFIG_EXPOSED_MAX];
	size_t n = config_exposed(file, found);

	for (size_t i = 0; i < n; i++)
		fprintf(out, "warning: %s: %s has the mode %04o: %s: " DO "\n", found[i].path,
			found[i].what, (unsigned)found[i].mode, found[i].who);
}
