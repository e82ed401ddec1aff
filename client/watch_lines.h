#pragma once

/* Events of a watch as lines: on a terminal for people, else TSV or one JSON object each. */

#include "client/view.h"

struct watch_lines {
	struct client *client;	/* borrows; NULL: nothing was begun */
	struct listing listing; /* TSV and JSON */
};

/* 0 or an exit status after telling what is wrong with --fields. */
int watch_lines_begin(struct watch_lines *lines, struct client *client);
void watch_lines_event(struct watch_lines *lines, const struct cJSON *event);
/* Takes lines that were never begun, too. */
void watch_lines_end(struct watch_lines *lines);
