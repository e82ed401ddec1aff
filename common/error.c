/*
 * The table of error.def as functions. Order of the enum and of the table is the same by
 * construction.
 */

#include "common/error.h"

#include <stddef.h>
#include <string.h>

static const struct error_row {
	const char *name;
	int code;
	int exit;
	bool retry;
	const char *text;
} rows[ERROR_COUNT] = {
	[ERROR_NONE] = { "none", 0, 0, false, "nothing is wrong" },
#define ERROR(name, code, status, retry, text)                                                     \
	[ERROR_##name] = { #name, code, status, retry, text },
#include "common/error.def"
#undef ERROR
};

const char *error_name(enum error_kind kind)
{
	return rows[kind].name;
}

int error_code(enum error_kind kind)
{
	return rows[kind].code;
}

int error_exit(enum error_kind kind)
{
	return rows[kind].exit;
}

bool error_retry(enum error_kind kind)
{
	return rows[kind].retry;
}

const char *error_text(enum error_kind kind)
{
	return rows[kind].text;
}

enum error_kind error_from_name(const char *name)
{
	for (int kind = ERROR_NONE + 1; kind < ERROR_COUNT; kind++)
		if (!strcmp(rows[kind].name, name))
			return (enum error_kind)kind;
	return ERROR_NONE;
}
