#pragma once

/*
 * Asking the server whether it would: dry runs of what is about to be suggested.
 */

#include <stdbool.h>
#include <stdint.h>

struct client;

/* Whether the space could be booked for that time, by whom and for whom the command asked. */
bool trial_book(struct client *client, const char *space, int64_t start, int64_t end);
/* Whether the booking could be moved to what the command asked for. */
bool trial_move(struct client *client, const char *ref);
