#pragma once

/*
 * Periodic work: receipts past their 48 hours and fences past their day are deleted in bounded
 * steps, and when tokens were last used is noted.
 */

#include <stdint.h>

struct services;
struct upkeep;

struct upkeep *upkeep_new(struct services *services);
/* A batch appended this many events. */
void upkeep_grew(struct upkeep *upkeep, int64_t events);
/* A token was used to log in: noted in the database within a minute. */
void upkeep_token_seen(struct upkeep *upkeep, const char *id);
/* Takes NULL, returns NULL. */
struct upkeep *upkeep_free(struct upkeep *upkeep);
