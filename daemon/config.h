#pragma once

/*
 * The daemon's configuration: one table of options (config_options[]) drives parsing, defaults,
 * limits, reload, --check-config, --dump-config, --example-config and coworkd.conf(5).
 *
 * The file is INI: [section], key = value, '#' or ';' begin a comment at the start of a line.
 * Unknown and repeated keys are errors that name file, line and the nearest known key.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/log.h"

#define CONFIG_PATH_DEFAULT "/etc/coworkd/coworkd.conf"
#define CONFIG_LINE_MAX	    8192

struct config {
	/* [listen] */
	char *address;
	int64_t port;
	int64_t backlog;
	/* [tls] */
	char *certificate;
	char *key;
	/* [database] */
	char *conninfo;
	char *report_conninfo;
	char *admin_conninfo;
	int64_t lane_connections;
	int64_t read_connections;
	int64_t connect_timeout; /* milliseconds, like every duration here */
	int64_t read_queue;
	/* [password] */
	int64_t password_memory;
	int64_t password_passes;
	int64_t password_threads;
	/* [limits] */
	int64_t connections;
	int64_t connections_per_source;
	int64_t connections_before_login;
	int64_t handshake_timeout;
	int64_t login_timeout;
	int64_t line_timeout;
	int64_t line_bytes;
	int64_t line_bytes_before_login;
	int64_t request_timeout;
	int64_t output_timeout;
	int64_t output_bytes;
	int64_t output_total;
	int64_t finish_timeout;
	int64_t in_flight;
	int64_t reads_in_flight;
	int64_t login_tries;
	int64_t login_delay;
	int64_t login_failures;
	int64_t lane_queue;
	int64_t lane_queue_per_person;
	int64_t hash_queue;
	int64_t hash_queue_per_source;
	int64_t accepts;
	int64_t drain_timeout;
	int64_t watches;
	int64_t watch_queue;
	int64_t watch_tick;
	/* [log] */
	int64_t level;	  /* enum log_level */
	int64_t requests; /* enum config_requests */
};

enum config_requests { CONFIG_REQUESTS_NONE, CONFIG_REQUESTS_CHANGES, CONFIG_REQUESTS_ALL };

enum config_type {
	CONFIG_TEXT,
	CONFIG_PATH, /* absolute */
	CONFIG_INT,
	CONFIG_DURATION, /* "500ms", "10s", "2min", "1h"; stored in milliseconds */
	CONFIG_SIZE,	 /* "64KiB", "1MiB", or bytes */
	CONFIG_CHOICE,
};

enum config_flags {
	CONFIG_RESTART =
		1 << 0, /* a change needs a restart; reload says so and keeps the old value */
	CONFIG_SECRET = 1 << 1, /* masked in --dump-config */
};

struct config_option {
	const char *section;
	const char *key;
	enum config_type type;
	size_t offset;
	const char *standard; /* the default as it would be written in the file */
	int64_t min, max;
	const char *const *choices;
	unsigned flags;
	const char *help;
};

/* In file order; `section` NULL ends it. */
extern const struct config_option config_options[];

struct config_problem {
	char text[512]; /* one line: file:line: what is wrong, what to do */
};

struct config_file; /* a loaded configuration with the place each value came from */

/* Defaults only; NULL when out of memory. */
struct config_file *config_new(void);
/*
 * Loads `path` over the defaults and checks each value alone and together. 0; -EINVAL or a negative
 * errno of reading, with *ret_problem.
 */
int config_load(const char *path, struct config_file **ret, struct config_problem *ret_problem);
/* The same from bytes in memory; `name` stands for the file in messages. */
int config_parse(const char *name, const char *text, size_t len, struct config_file **ret,
		 struct config_problem *ret_problem);
/* Takes NULL, returns NULL. */
struct config_file *config_free(struct config_file *file);
/* Borrowed until config_free(). */
const struct config *config_values(const struct config_file *file);

#define CONFIG_FIXED_MAX 512

/*
 * Writes into `out` the keys whose changed values need a restart, as "section.key" separated by
 * spaces; returns how many. Their old values are copied into `fresh`, which so can take the place
 * of `old`; -ENOMEM: `fresh` is of no use.
 */
int config_keep_fixed(struct config_file *fresh, const struct config_file *old,
		      char out[CONFIG_FIXED_MAX]);

/* Effective values, each with file:line or "default"; secrets masked. */
void config_dump(const struct config_file *file, FILE *out);
/* A commented file with every option at its default. */
void config_example(FILE *out);
