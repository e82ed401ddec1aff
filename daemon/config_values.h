#pragma once

/*
 * Single values of the configuration: text to number and back, by the option's type and limits.
 * Used by config.c (loading) and config_print.c (showing); pure.
 */

#include "daemon/config.h"

#define CONFIG_VALUE_TEXT_MAX 32

struct config_reason {
	char text[320]; /* what is wrong and what is wanted; never the value of a secret */
};

/*
 * Checks `text` against the option. 0, and for numbers, durations, sizes and choices their value in
 * *ret; -EINVAL with *ret_reason.
 */
int config_value_parse(const struct config_option *option, const char *text, int64_t *ret,
		       struct config_reason *ret_reason);
/* A number as it would be written in the file: "10s", "256KiB", "info", "7470". Not for texts. */
const char *config_value_format(const struct config_option *option, int64_t value,
				char out[CONFIG_VALUE_TEXT_MAX]);
/* Whether the option's value is text (char *) rather than a number. */
bool config_value_is_text(const struct config_option *option);

/* The places of the option's value in `config`. */
char **config_text_at(struct config *config, const struct config_option *option);
int64_t *config_number_at(struct config *config, const struct config_option *option);

/* Index of an option in config_options[], or -1. */
int config_find(const char *section, const char *key);
/* Number of options. */
size_t config_count(void);

struct config_file {
	struct config values; /* owns its texts */
	char *path;	      /* owns; NULL: defaults only */
	int *lines;	      /* owns; one an option: where it was set, 0 = default */
};
