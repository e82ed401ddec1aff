#pragma once

/*
 * The parameters of a request as they are collected: one JSON object that stays open, so that each
 * try can close it with its own key and attempt.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/jsonw.h"

/* A request line is at most 64 KiB with its envelope. */
#define PARAMS_MAX (60 * 1024)

struct params {
	struct buf text; /* owns; without the closing brace */
	struct jsonw w;
};

/* A struct params must not be moved after this: its writer points into it. */
void params_begin(struct params *params);
void params_deinit(struct params *params);

/* Each leaves the parameter out when the value is NULL. */
void params_str(struct params *params, const char *name, const char *value);
void params_int(struct params *params, const char *name, int64_t value);
void params_bool(struct params *params, const char *name, bool value);
/* "a,b;c" as an array of strings; both ',' and ';' separate. An empty text is an empty array. */
void params_list(struct params *params, const char *name, const char *value);
/* The same as an array of integers; false when a part is not one. */
bool params_ints(struct params *params, const char *name, const char *value);
/* An object as a parameter: what is added between the two is in it. */
void params_object(struct params *params, const char *name);
void params_object_end(struct params *params);
/* The members of one JSON object text; false when it is not an object or repeats a member. */
bool params_members(struct params *params, const char *json);

/*
 * By the parameter's own type (one table: capacity is an integer, units a list, ...); false and
 * nothing added when the text does not fit the type.
 */
bool params_typed(struct params *params, const char *name, const char *value);

/* What distinguishes one try of a mutation. */
struct params_try {
	const char *key; /* NULL: the request changes nothing and has none */
	int attempt;
	bool dry_run;
	const char *cursor; /* of the page wanted; NULL: the first, or no pages */
	int64_t limit;	    /* rows of the page; 0: no pages */
};

/* Appends the whole object, closed, to `out`. */
void params_finish(const struct params *params, const struct params_try *one, struct buf *out);
