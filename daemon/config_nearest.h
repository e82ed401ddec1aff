#pragma once

/*
 * What a person probably meant by an unknown section or key, for the messages of config.c. Pure.
 */

#include <stdbool.h>

#define CONFIG_HINT_MAX 320

bool config_has_section(const char *section);

/* A sentence part such as: did you mean "port"? */
const char *config_nearest_key(const char *section, const char *key, char out[CONFIG_HINT_MAX]);
const char *config_nearest_section(const char *section, char out[CONFIG_HINT_MAX]);
