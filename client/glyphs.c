/*
 * Signs that screens use, each with the character that stands for it.
 */

#include <stdlib.h>
#include <string.h>

#include "client/glyphs.h"
#include "common/macros.h"
#include "common/utf8.h"

static const struct {
	const char *sign;
	char plain;
} signs[] = {
	{ "✓", '+' }, { "✗", 'x' }, { "●", '*' }, { "○", 'o' }, { "■", '#' }, { "□", '.' },
	{ "◆", '@' }, { "▨", '%' }, { "█", '#' }, { "▓", '@' }, { "▒", '%' }, { "░", ':' },
	{ "·", '.' }, { "…", '~' }, { "–", '-' }, { "—", '-' }, { "→", '>' }, { "←", '<' },
	{ "─", '-' }, { "│", '|' }, { "┌", '+' }, { "┐", '+' }, { "└", '+' }, { "┘", '+' },
	{ "├", '+' }, { "┤", '+' }, { "┬", '+' }, { "┴", '+' }, { "┼", '+' }, { "▁", '_' },
	{ "▂", '_' }, { "▃", '-' }, { "▄", '-' }, { "▅", '=' }, { "▆", '=' }, { "▇", '#' },
};

bool glyphs_environment(void)
{
	const char *value = getenv("COWORK_GLYPHS");

	return value && strcmp(value, "ascii") == 0;
}

static char plain_of(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strlen(signs[i].sign) == len && memcmp(signs[i].sign, text, len) == 0)
			return signs[i].plain;
	return '\0';
}

void glyphs_plain(struct buf *out, const char *text, size_t len)
{
	while (len > 0) {
		uint32_t code;
		size_t step = utf8_next(text, len, &code);
		char plain;

		if (step == 0)
			step = 1;
		plain = step > 1 ? plain_of(text, step) : '\0';
		if (plain)
			buf_add_char(out, plain);
		else
			buf_add(out, text, step);
		text += step;
		len -= step;
	}
}
