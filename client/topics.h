#pragma once

/*
 * Topics of help that are no commands.
 */

struct topic {
	const char *name; /* NULL ends the table */
	const char *text;
};

extern const struct topic topics[];
