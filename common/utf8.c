/*
 * UTF-8 by the table of well-formed sequences (Unicode 3.9, table 3-7): no overlong forms, no
 * surrogates, nothing above U+10FFFF.
 */

#include "common/utf8.h"

#include <string.h>
#include <wchar.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

size_t utf8_next(const char *text, size_t len, uint32_t *ret_code)
{
	const unsigned char *s = (const unsigned char *)text;
	/* The bounds of the second byte are what rules out overlong forms and surrogates. */
	unsigned char low = 0x80, high = 0xBF;
	size_t need;
	uint32_t code;

	if (!len)
		return 0;
	if (s[0] < 0x80) {
		*ret_code = s[0];
		return 1;
	}
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	need = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	if (len < need)
		return 0;
	if (s[0] == 0xE0)
		low = 0xA0;
	else if (s[0] == 0xED)
		high = 0x9F;
	else if (s[0] == 0xF0)
		low = 0x90;
	else if (s[0] == 0xF4)
		high = 0x8F;
	if (s[1] < low || s[1] > high)
		return 0;
	code = s[0] & (0x7Fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3Fu);
	}
	*ret_code = code;
	return need;
}

bool utf8_valid(const char *text, size_t len)
{
	uint32_t code;

	for (size_t at = 0, step; at < len; at += step) {
		step = utf8_next(text + at, len - at, &code);
		if (!step)
			return false;
	}
	return true;
}

size_t utf8_count(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

bool utf8_printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7F && code < 0xA0)) /* C0, DEL, C1 */
		return false;
	if (code == 0x2028 || code == 0x2029) /* line and paragraph separator */
		return false;
	if (code == 0x061C || code == 0x200E || code == 0x200F || /* bidi marks */
	    (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069))
		return false;
	if (code >= 0xD800 && code <= 0xDFFF) /* surrogates */
		return false;
	if ((code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE) /* noncharacters */
		return false;
	return code <= 0x10FFFF;
}

void utf8_add_safe(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	uint32_t code;

	for (size_t at = 0, step; at < len; at += step) {
		step = utf8_next(text + at, len - at, &code);
		if (step && utf8_printable(code)) {
			buf_add(out, text + at, step);
		} else {
			buf_add_str(out, REPLACEMENT);
			step = step ? step : 1;
		}
	}
}

int utf8_width(const char *text)
{
	size_t len = strlen(text);
	uint32_t code;
	int width = 0;

	for (size_t at = 0, step; at < len; at += step) {
		int columns;

		step = utf8_next(text + at, len - at, &code);
		/* A stray byte is shown as U+FFFD, one column wide. */
		columns = step ? wcwidth((wchar_t)code) : 1;
		step = step ? step : 1;
		width += columns > 0 ? columns : 0;
	}
	return width;
}
