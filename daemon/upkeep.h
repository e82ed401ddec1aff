#pragma once

/*
 * Periodic work: receipts past their 48 hours and fences past their day are deleted in bounded
 * steps, and the certificate's end is warned of.
 */

#include <stdint.h>

struct services;
struct upkeep;

struct upkeep *upkeep_new(struct services *services);
/* A batch appended this many events. */
void upkeep_grew(struct upkeep *upkeep, int64_t events);
/* Takes NULL, returns NULL. */
struct upkeep *upkeep_free(struct upkeep *upkeep);
