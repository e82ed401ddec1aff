/*
 * Edit distance with swaps of neighbours (optimal string alignment), over bytes: the words are ours
 * and plain ASCII.
 */

#include <string.h>

#include "common/nearest.h"

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

unsigned nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][NEAREST_WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la >= NEAREST_WORD_MAX || lb >= NEAREST_WORD_MAX)
		return ~0u;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    rows[(i + 1) % 3][j - 2] + 1 < row[j])
				row[j] = rows[(i + 1) % 3][j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
	unsigned distance = nearest_distance(nearest->word, candidate);

	if (distance < nearest->distance) {
		nearest->distance = distance;
		strcpy(nearest->best, candidate);
	}
}

bool nearest_found(const struct nearest *nearest)
{
	size_t len = strlen(nearest->word);

	/* One slip in short words, a third of long ones. */
	return nearest->distance <= (len < 6 ? 2 : (unsigned)len / 3) && nearest->distance < len;
}
