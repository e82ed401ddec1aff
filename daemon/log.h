#pragma once

/*
 * The daemon's log: one logfmt line an event on stderr, with the "<N>" priority prefix of
 * sd-daemon(3) when systemd's journal reads it. Values are escaped, so no client can forge a line or
 * a terminal sequence. Only daemon/ logs; functions log or return an error, never both.
 *
 *	log_info("listening", log_str("address", text), log_int("port", port));
 */

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

struct log_field {
	const char *key;  /* NULL ends the list */
	const char *text; /* NULL: the number counts */
	int64_t number;
};

static inline struct log_field log_str(const char *key, const char *text)
{
	return (struct log_field){ .key = key, .text = text ? text : "-" };
}

static inline struct log_field log_int(const char *key, int64_t number)
{
	return (struct log_field){ .key = key, .number = number };
}

/* The lowest importance that is written; default LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
bool log_wanted(enum log_level level);
/* Names in order of enum log_level, NULL-terminated; for the option table. */
extern const char *const log_level_names[];

void log_write(enum log_level level, const char *message, const struct log_field *fields);

#define LOG_FIELDS_(...) ((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_at(level, message, ...)                                                                \
	do {                                                                                       \
		if (log_wanted(level))                                                             \
			log_write(level, message, LOG_FIELDS_(__VA_ARGS__));                       \
	} while (0)
#define log_error(message, ...)	  log_at(LOG_LEVEL_ERROR, message, __VA_ARGS__)
#define log_warning(message, ...) log_at(LOG_LEVEL_WARNING, message, __VA_ARGS__)
#define log_notice(message, ...)  log_at(LOG_LEVEL_NOTICE, message, __VA_ARGS__)
#define log_info(message, ...)	  log_at(LOG_LEVEL_INFO, message, __VA_ARGS__)
#define log_debug(message, ...)	  log_at(LOG_LEVEL_DEBUG, message, __VA_ARGS__)
