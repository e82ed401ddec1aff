/*
 * The words of a refusal. They are read by people: each says what is wanted, and an unknown name
 * gets the nearest known one. Nothing of a value is repeated, for it may be a secret or very long;
 * a name from the peer is made safe to show and cut to size.
 */

#include "common/field_decode.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

#define NAME_SIZE   sizeof(((struct field_problem *)NULL)->name)
#define REASON_SIZE sizeof(((struct field_problem *)NULL)->reason)
/* Names of parameters are shorter; longer ones from a peer have no near neighbour. */
#define SUGGEST_MAX 40

static void add_name(struct buf *out, const char *name)
{
	char start[NAME_SIZE]; /* may end inside a code point, which then shows as U+FFFD */

	snprintf(start, sizeof(start), "%.*s", (int)sizeof(start) - 1, name);
	utf8_add_safe(out, start);
}

static void add_path(struct buf *out, const struct decoding *at)
{
	if (!at->up)
		return;
	add_path(out, at->up);
	add_name(out, at->name);
	buf_add_char(out, '.');
}

/* Writes the dotted name, cut between code points. */
static void write_name(const struct decoding *at, const char *name)
{
	/* Five tables inside one another are more than we have; U+FFFD is three bytes for one. */
	struct buf path = BUF_INIT(NAME_SIZE * 3 * 5);
	char *out = at->problem->name;
	size_t len;

	add_path(&path, at);
	add_name(&path, name);
	len = path.failed ? 0 : path.len;
	if (len >= NAME_SIZE) {
		len = NAME_SIZE - 1;
		while (len && ((unsigned char)path.data[len] & 0xC0) == 0x80)
			len--;
	}
	if (len)
		memcpy(out, path.data, len);
	out[len] = '\0';
	buf_deinit(&path);
}

int field_refuse(const struct decoding *at, const struct field *field, const char *rule,
		 const char *format, ...)
{
	va_list args;

	write_name(at, field->name);
	va_start(args, format);
	vsnprintf(at->problem->reason, REASON_SIZE, format, args);
	va_end(args);
	at->problem->rule = rule;
	return -EINVAL;
}

int field_refuse_length(const struct decoding *at, const struct field *field, int64_t min,
			int64_t max, const char *what)
{
	if (min <= 0)
		return field_refuse(at, field, "range", "must have at most %lld %s", (long long)max,
				    what);
	return field_refuse(at, field, "range", "must have between %lld and %lld %s",
			    (long long)min, (long long)max, what);
}

int field_refuse_choice(const struct decoding *at, const struct field *field)
{
	/* What "must be one of " and the NUL leave. */
	struct buf words = BUF_INIT(REASON_SIZE - 16);
	int r;

	for (size_t i = 0; field->choices[i]; i++) {
		buf_add_str(&words, i ? ", " : "");
		buf_add_str(&words, field->choices[i]);
	}
	if (words.failed)
		r = field_refuse(at, field, "choice", "is not one of the words allowed here");
	else
		r = field_refuse(at, field, "choice", "must be one of %s", words.data);
	buf_deinit(&words);
	return r;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* How many letters are wrong, missing, too many, or swapped with their neighbour; case aside. */
static unsigned edit_distance(const char *a, const char *b)
{
	/* Row i: distances of the first i letters of a from each start of b. */
	unsigned rows[3][SUGGEST_MAX + 1];
	size_t len_a = strlen(a), len_b = strlen(b);

	for (size_t j = 0; j <= len_b; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= len_a; i++) {
		unsigned *row = rows[i % 3], *before = rows[(i - 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= len_b; j++) {
			bool same = same_letter(a[i - 1], b[j - 1]);

			row[j] = min3(before[j] + 1, row[j - 1] + 1, before[j - 1] + !same);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = min3(row[j], row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[len_a % 3][len_b];
}

/* The known name that a slip away from `name`, or NULL. */
static const char *nearest(const struct field *fields, const char *name)
{
	const char *best = NULL;
	unsigned best_distance = 0;

	if (strlen(name) > SUGGEST_MAX)
		return NULL;
	for (const struct field *field = fields; field->name; field++) {
		size_t len = strlen(field->name);
		unsigned distance;

		if ((field->flags & FIELD_HIDDEN) || len > SUGGEST_MAX)
			continue;
		distance = edit_distance(name, field->name);
		if (distance > (len + 1) / 3 || (best && distance >= best_distance))
			continue;
		best = field->name;
		best_distance = distance;
	}
	return best;
}

int field_refuse_unknown(const struct decoding *at, const struct field *fields, const char *name)
{
	const char *meant = nearest(fields, name);
	char suggestion[SUGGEST_MAX + 24] = "";
	char *reason = at->problem->reason;

	if (meant)
		snprintf(suggestion, sizeof(suggestion), "; did you mean '%s'?", meant);
	write_name(at, name);
	if (at->up)
		snprintf(reason, REASON_SIZE, "is not a member of '%.40s'%s", at->name, suggestion);
	else
		snprintf(reason, REASON_SIZE, "is not a parameter of this method%s", suggestion);
	at->problem->rule = "unknown";
	return -EINVAL;
}
