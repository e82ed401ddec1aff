/*
 * Request memory: a chain of zeroed chunks cut from the front, released together. Each piece is
 * rounded up to the alignment of any type, and the rounded size is what counts against the cap, so
 * a peer that makes us allocate many tiny pieces pays for them. Owned by whoever called
 * arena_new().
 */

#include "common/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 4096
/* None where a sanitizer is to see who uses memory of a request that is over. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SPARE_MAX 0
#else
#define SPARE_MAX 16
#endif
#define ALIGNMENT alignof(max_align_t)

struct chunk {
	struct chunk *next;
	size_t size, used; /* of bytes[] */
	alignas(max_align_t) char bytes[];
};

struct hook {
	struct hook *next;
	void (*run)(void *data);
	void *data;
};

struct arena {
	struct chunk *chunks; /* owns; the first one is cut from */
	struct hook *hooks;   /* in the arena; latest first */
	size_t cap, used;
	bool failed;
	bool starved; /* it failed for want of memory */
};

/* Chunks of the usual size that are free and zeroed: requests come and go all the time, and the heap
 * would be cut and joined for each. */
static _Thread_local struct {
	struct chunk *first;
	int count;
} spare;

struct arena *arena_new(size_t cap)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->cap = cap;
	return arena;
}

static void chunk_free(struct chunk *chunk)
{
	if (chunk->size > CHUNK_SIZE || spare.count == SPARE_MAX) {
		free(chunk);
		return;
	}
	memset(chunk->bytes, 0, chunk->used);
	chunk->used = 0;
	chunk->next = spare.first;
	spare.first = chunk;
	spare.count++;
}

/* NULL: none is spare. */
static struct chunk *take_spare(void)
{
	struct chunk *chunk = spare.first;

	if (chunk) {
		spare.first = chunk->next;
		spare.count--;
	}
	return chunk;
}

struct arena *arena_free(struct arena *arena)
{
	if (!arena)
		return NULL;
	for (struct hook *hook = arena->hooks; hook; hook = hook->next)
		hook->run(hook->data);
	while (arena->chunks) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		chunk_free(chunk);
	}
	free(arena);
	return NULL;
}

static struct chunk *chunk_new(struct arena *arena, size_t size)
{
	size_t wanted = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	struct chunk *chunk = size > CHUNK_SIZE ? NULL : take_spare();

	if (!chunk)
		chunk = calloc(1, sizeof(*chunk) + wanted);
	if (!chunk)
		return NULL;
	chunk->size = wanted;
	/* A piece with a chunk of its own goes behind the one still being cut. */
	if (arena->chunks && size > CHUNK_SIZE) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
	} else {
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	size_t rounded = size ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
	void *piece;

	/* No sum here or in chunk_new() wraps around below half of all memory. */
	if (arena->failed || size > SIZE_MAX / 2 - sizeof(*chunk) ||
	    rounded > arena->cap - arena->used) {
		arena->failed = true;
		return NULL;
	}
	if (!chunk || chunk->size - chunk->used < rounded)
		chunk = chunk_new(arena, rounded);
	if (!chunk) {
		arena->failed = arena->starved = true;
		return NULL;
	}
	piece = chunk->bytes + chunk->used;
	chunk->used += rounded;
	arena->used += rounded;
	return piece;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0) {
		arena->failed = true;
		return NULL;
	}
	text = arena_alloc(arena, (size_t)len + 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

int arena_on_free(struct arena *arena, void (*run)(void *data), void *data)
{
	struct hook *hook = arena_alloc(arena, sizeof(*hook));

	if (!hook) {
		run(data);
		return -ENOMEM;
	}
	*hook = (struct hook){ .next = arena->hooks, .run = run, .data = data };
	arena->hooks = hook;
	return 0;
}

bool arena_failed(const struct arena *arena)
{
	return arena->failed;
}

bool arena_starved(const struct arena *arena)
{
	return arena->starved;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
