#pragma once

/*
 * The kinds of expected refusals: the contract with clients (cowork-protocol(7)). error.def is the
 * one table; the wire's code, the client's exit status and the documentation come from it.
 */

#include <stdbool.h>

enum error_kind {
	ERROR_NONE,
#define ERROR(name, code, status, retry, text) ERROR_##name,
#include "common/error.def"
#undef ERROR
	ERROR_COUNT,
};

/* The word on the wire, e.g. "slot_taken"; "none" for ERROR_NONE. */
const char *error_name(enum error_kind kind);
/* JSON-RPC code. */
int error_code(enum error_kind kind);
/* Exit status of the client (cowork(1)). */
int error_exit(enum error_kind kind);
/* Whether the same request may succeed later without a change. */
bool error_retry(enum error_kind kind);
/* One English sentence part, e.g. "the place is taken". */
const char *error_text(enum error_kind kind);
/* The kind of a word; ERROR_NONE if unknown. */
enum error_kind error_from_name(const char *name);
