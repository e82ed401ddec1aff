#pragma once

/*
 * The client's configuration: contexts, each one server with its trust and the user's usual site.
 *
 *	current = work
 *	[context work]
 *	server = desk.example.org:7470
 *	site = KSQ
 */

#include <stddef.h>

#define CONFIG_CONTEXTS_MAX 64
#define CONFIG_FILE_MAX	    (64 * 1024)

struct context {
	char *name;	   /* owns all; NULL where not set, but for the name */
	char *server;	   /* HOST[:PORT] */
	char *ca;	   /* PEM file; absent: the system's store */
	char *fingerprint; /* of the server's certificate, accepted at login; instead of a chain */
	char *site;	   /* code of the usual site */
	char *certificate; /* PEM file to show the server instead of a token */
	char *certificate_key; /* its key; absent: in the same file */
	char *tz;	       /* zone to show times in; absent: the site's own */
};

struct config {
	char *current; /* owns; name of the context in use, or NULL */
	struct context contexts[CONFIG_CONTEXTS_MAX];
	size_t count;
};

struct config_problem {
	char text[320]; /* one line with file and line number */
};

/* An absent file is an empty configuration. 0; -EINVAL or another negative errno with *ret_problem.
 */
int config_load(const char *path, struct config *ret, struct config_problem *ret_problem);
/* The same from text; `name` stands in problems. */
int config_parse(const char *name, const char *text, struct config *ret,
		 struct config_problem *ret_problem);
/* Writes the whole file anew; comments of the old one are lost. 0 or a negative errno. */
int config_save(const char *path, const struct config *config);
void config_deinit(struct config *config);

/* NULL when there is none of that name. */
struct context *config_find(struct config *config, const char *name);
/* The context of that name, made if it is new; NULL when full, out of memory or not a usable name.
 */
struct context *config_add(struct config *config, const char *name);
int config_set_current(struct config *config, const char *name);

/* Sets a key by name; NULL clears it. 0, -EINVAL for an unknown key or an unusable value, -ENOMEM.
 */
int context_set(struct context *context, const char *key, const char *value);
/* Sets it to where the file is, from anywhere: the context is used in other folders. The same, or
 * another errno where the file is not there. */
int context_set_file(struct context *context, const char *key, const char *file);
/* The value of a key, or NULL. */
const char *context_get(const struct context *context, const char *key);
/* The names of the keys, ended by NULL. */
extern const char *const context_keys[];
