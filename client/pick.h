#pragma once

#include <stdbool.h>

/*
 * Choosing one of the spaces that are free: a numbered list on the terminal, or fzf where
 * COWORK_PICKER names it.
 */

struct arguments;
struct client;
struct words;

#define PICK_CODE_MAX 64

/* Whether a person is there to choose. */
bool pick_possible(const struct client *client);
/*
 * Shows what is free for the whole phrase and fits the wishes among the arguments, and has one
 * chosen. 0 with its code, STATUS_NO where nothing is free, STATUS_SAID_NO, or another exit status
 * after telling why.
 */
int pick_space(struct client *client, const struct arguments *arguments, const struct words *when,
	       char out[PICK_CODE_MAX]);
