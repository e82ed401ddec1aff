#pragma once

/*
 * Places as people say them: the kinds by their words, and a space with what helps to find it, such
 * as "A-12 (by the window, 2F)".
 */

#include <stdbool.h>

#include "client/call.h"

struct buf;
struct cJSON;
struct client;

/* The protocol's word for a kind ("desk") of what was typed ("desk", "책상"); NULL for none. */
const char *place_kind(const char *word);

/* What was asked about places; the same place is not asked about twice. */
#define PLACES_MAX 16
struct places {
	struct call spaces[PLACES_MAX]; /* the answers */
	char codes[PLACES_MAX][64];
	size_t count;
	struct call areas;
	bool areas_asked;
};

#define PLACES_INIT ((struct places){ .count = 0 })

void places_deinit(struct places *places);
/*
 * Appends a space by its code, as unsafe text: with its name, or for a desk its area, and where
 * `floor` says so its floor. What cannot be learnt is left out.
 */
void places_add(struct places *places, struct client *client, const char *code, bool floor,
		struct buf *out);
/* The better of an object's two names for the language of the user, or NULL. */
const char *place_name(const struct client *client, const struct cJSON *object);
