#pragma once

/*
 * Memory of one request: many small pieces, one cap, released in one step.
 *
 * A piece lives until arena_free(). Running over the cap or out of memory is remembered: every
 * later call gives NULL too, and one check of arena_failed() at reply time is enough.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/macros.h"

struct arena;

/* A new arena that hands out at most `cap` bytes in all; NULL when out of memory. */
struct arena *arena_new(size_t cap);
/* Runs the hooks in reverse order, releases everything. Takes NULL, returns NULL. */
struct arena *arena_free(struct arena *arena);

/* `size` zeroed bytes aligned for any type; NULL once over the cap or out of memory. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy of `len` bytes of `text` with a NUL behind it. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) _printf_(2, 3);

/* Calls `hook(data)` when the arena is freed; 0 or -ENOMEM (then the hook has run already). */
int arena_on_free(struct arena *arena, void (*hook)(void *data), void *data);

/* Whether an allocation was refused since arena_new(). */
bool arena_failed(const struct arena *arena);
/* Whether it was for want of memory, not at the cap. */
bool arena_starved(const struct arena *arena);
/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);

static inline void arena_freep(struct arena **arena)
{
	*arena = arena_free(*arena);
}
