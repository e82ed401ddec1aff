#pragma once

/*
 * Files with a secret that more can read or write than have to: the private key, and a configuration
 * with a password in it. They are told of and used all the same, for a folder may keep others out.
 */

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "daemon/config.h"

struct config_exposed {
	const char *path; /* borrows from the configuration */
	const char *what; /* "the private key" */
	const char *who;  /* "others can read it" */
	mode_t mode;
};

#define CONFIG_EXPOSED_MAX 2

/* How many there are. */
size_t config_exposed(const struct config_file *file,
		      struct config_exposed ret[CONFIG_EXPOSED_MAX]);

/* A warning each. */
void config_exposed_log(const struct config_file *file);
void config_exposed_print(const struct config_file *file, FILE *out);
