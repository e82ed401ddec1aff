#pragma once

/*
 * How the daemon is, in one line for people: what `systemctl status` and server.status show. First
 * whether it serves, then whatever is not as it should be.
 */

#define STATUS_TEXT_MAX 512

struct services;

/* Writes into `out` and gives it. No secrets and no paths are in it: any client may see it. */
const char *status_text(const struct services *services, char out[STATUS_TEXT_MAX]);
