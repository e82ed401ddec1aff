/*
 * See config_nearest.h. Nearness is the edit distance (insert, remove, replace, swap of
 * neighbours); farther than a third of the word is no slip of the keyboard any more.
 */

#include "daemon/config_nearest.h"

#include <stdio.h>
#include <string.h>

#include "daemon/config.h"

#define WORD_MAX 32
#define FAR	 (WORD_MAX + 1)

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Optimal string alignment; words over WORD_MAX are far from everything. */
static int distance(const char *a, const char *b)
{
	int d[WORD_MAX + 1][WORD_MAX + 1];
	size_t m = strlen(a), n = strlen(b);

	if (m > WORD_MAX || n > WORD_MAX)
		return FAR;
	for (size_t i = 0; i <= m; i++)
		d[i][0] = (int)i;
	for (size_t j = 0; j <= n; j++)
		d[0][j] = (int)j;
	for (size_t i = 1; i <= m; i++)
		for (size_t j = 1; j <= n; j++) {
			int other = a[i - 1] != b[j - 1];

			d[i][j] =
				least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + other);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[m][n];
}

static bool near_enough(int d, const char *word)
{
	int third = (int)strlen(word) / 3;

	return d <= (third > 2 ? third : 2);
}

bool config_has_section(const char *section)
{
	for (const struct config_option *o = config_options; o->section; o++)
		if (!strcmp(o->section, section))
			return true;
	return false;
}

/* Whether `o` is the first option of its section. */
static bool opens_section(const struct config_option *o)
{
	return o == config_options || strcmp(o[-1].section, o->section) != 0;
}

static const struct config_option *same_key_elsewhere(const char *key)
{
	for (const struct config_option *o = config_options; o->section; o++)
		if (!strcmp(o->key, key))
			return o;
	return NULL;
}

/* "NAME are: a, b, c", as far as it fits. */
static const char *list(const char *section, char out[CONFIG_HINT_MAX])
{
	size_t used = 0;
	const char *comma = "";

	if (section)
		used = (size_t)snprintf(out, CONFIG_HINT_MAX, "it has ");
	else
		used = (size_t)snprintf(out, CONFIG_HINT_MAX, "there are ");
	for (const struct config_option *o = config_options; o->section; o++) {
		const char *name = section ? o->key : o->section;

		if (section ? strcmp(o->section, section) != 0 : !opens_section(o))
			continue;
		if (used + strlen(comma) + strlen(name) >= CONFIG_HINT_MAX)
			break;
		used += (size_t)snprintf(out + used, CONFIG_HINT_MAX - used, "%s%s", comma, name);
		comma = ", ";
	}
	return out;
}

const char *config_nearest_key(const char *section, const char *key, char out[CONFIG_HINT_MAX])
{
	const struct config_option *best = NULL, *other = same_key_elsewhere(key);
	int best_distance = FAR;

	if (other) {
		snprintf(out, CONFIG_HINT_MAX, "it belongs into [%s]", other->section);
		return out;
	}
	for (const struct config_option *o = config_options; o->section; o++) {
		int d = strcmp(o->section, section) ? FAR : distance(key, o->key);

		if (d < best_distance) {
			best = o;
			best_distance = d;
		}
	}
	if (!best || !near_enough(best_distance, key))
		return list(section, out);
	snprintf(out, CONFIG_HINT_MAX, "did you mean \"%s\"?", best->key);
	return out;
}

const char *config_nearest_section(const char *section, char out[CONFIG_HINT_MAX])
{
	const char *best = NULL;
	int best_distance = FAR;

	for (const struct config_option *o = config_options; o->section; o++) {
		int d = opens_section(o) ? distance(section, o->section) : FAR;

		if (d < best_distance) {
			best = o->section;
			best_distance = d;
		}
	}
	if (!best || !near_enough(best_distance, section))
		return list(NULL, out);
	snprintf(out, CONFIG_HINT_MAX, "did you mean [%s]?", best);
	return out;
}
