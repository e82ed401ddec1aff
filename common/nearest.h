#pragma once

/*
 * The nearest of many words by edit distance, for "did you mean".
 */

#include <stdbool.h>

#define NEAREST_WORD_MAX 48

struct nearest {
	const char *word; /* borrows */
	char best[NEAREST_WORD_MAX];
	unsigned distance;
};

#define NEAREST_INIT(text) ((struct nearest){ .word = (text), .distance = ~0u })

/* Offers one candidate. */
void nearest_try(struct nearest *nearest, const char *candidate);
/* Whether one of them is near enough to be worth suggesting. */
bool nearest_found(const struct nearest *nearest);
/* Edit distance (insert, delete, replace, swap of neighbours) of at most 47 bytes each. */
unsigned nearest_distance(const char *a, const char *b);
