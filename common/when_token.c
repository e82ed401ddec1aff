/*
 * Cuts a phrase into tokens. What is fixed in form is read here whole: ISO dates, clocks, lengths
 * and offsets; numbers and words are put together by when_phrase.c.
 */

#include <string.h>

#include "common/utf8.h"
#include "common/when_parts.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hangul(uint32_t code)
{
	return code >= 0xAC00 && code <= 0xD7A3;
}

static size_t count_digits(const char *text)
{
	size_t n = 0;

	while (is_digit(text[n]))
		n++;
	return n;
}

/* The number of `width` digits; the caller knows that they are there. */
static int number(const char *text, size_t width)
{
	int value = 0;

	for (size_t i = 0; i < width; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

/* Bytes of a separator: blanks, commas, the ideographic space. */
static size_t blank(const char *text)
{
	if (*text == ' ' || *text == '\t' || *text == ',')
		return 1;
	return strncmp(text, "\xE3\x80\x80", 3) == 0 ? 3 : 0;
}

/* Bytes of a dash or tilde in one of its shapes. */
static size_t dash(const char *text)
{
	static const char *const shapes[] = { "-", "~", "–", "—", "−", "‐", "～", "〜" };

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		if (strncmp(text, shapes[i], strlen(shapes[i])) == 0)
			return strlen(shapes[i]);
	return 0;
}

/* "9:30" or "09:30:15": bytes used or 0; *ret in seconds, -1 if there is no such time. */
static size_t scan_clock(const char *text, int *ret)
{
	size_t hours = count_digits(text), used = hours + 3;
	int hour, minute, second = 0;

	if (hours < 1 || hours > 2 || text[hours] != ':' || count_digits(text + hours + 1) != 2)
		return 0;
	hour = number(text, hours);
	minute = number(text + hours + 1, 2);
	if (text[used] == ':' && count_digits(text + used + 1) == 2) {
		second = number(text + used + 1, 2);
		used += 3;
	}
	*ret = hour * 3600 + minute * 60 + second;
	if (minute > 59 || second > 59 || *ret > DAY_SECONDS)
		*ret = -1;
	return used;
}

static bool is_date(const char *text)
{
	return count_digits(text) == 4 && text[4] == '-' && count_digits(text + 5) == 2 &&
	       text[7] == '-' && count_digits(text + 8) == 2;
}

/*
 * "Z", "+09:00" or "-05:00" behind a time; bytes used or 0. Without seconds RFC 3339 has no offset,
 * so that 09:00-17:00 is an interval; Z and + cannot be taken for one.
 */
static size_t scan_offset(const char *text, bool seconds)
{
	if (*text == 'Z' || *text == 'z')
		return is_letter(text[1]) || is_digit(text[1]) ? 0 : 1;
	if (*text != '+' && (*text != '-' || !seconds))
		return 0;
	if (count_digits(text + 1) != 2 || text[3] != ':' || count_digits(text + 4) != 2 ||
	    number(text + 1, 2) > 15)
		return 0;
	return 6;
}

/* A fraction of a second: bytes used; false if it is more than zeros. */
static bool scan_fraction(const char *text, size_t *ret_used)
{
	size_t digits = *text == '.' ? count_digits(text + 1) : 0;

	*ret_used = digits ? digits + 1 : 0;
	return digits == 0 || strspn(text + 1, "0") >= digits;
}

/* Turns a datetime with `len` bytes of offset at `offset` into an instant. */
static void make_instant(struct token *token, const char *offset, size_t len)
{
	int shift = 0;

	if (len == 6)
		shift = number(offset + 1, 2) * 3600 + number(offset + 4, 2) * 60;
	if (*offset == '-')
		shift = -shift;
	token->type = TOKEN_INSTANT;
	token->usec = (civil_to_seconds(&token->date) + token->value - shift) * USEC_PER_SEC;
}

/* "2026-11-23", with "T09:00" a datetime, with an offset an instant. Bytes used. */
static size_t scan_date(const char *text, struct token *token)
{
	size_t used = 10, part, offset;
	bool seconds, whole;

	token->type = TOKEN_DATE;
	token->date = (struct civil){ .year = number(text, 4),
				      .month = number(text + 5, 2),
				      .day = number(text + 8, 2) };
	if (text[used] != 'T' && text[used] != 't')
		return used;
	part = scan_clock(text + used + 1, &token->value);
	if (part != 5 && part != 8)
		return used;
	seconds = part == 8;
	used += 1 + part;
	token->type = TOKEN_DATETIME;
	whole = scan_fraction(text + used, &part);
	if (seconds)
		used += part;
	if (seconds && !whole)
		token->value = -1;
	offset = scan_offset(text + used, seconds);
	if (offset && token->value >= 0 && civil_valid(&token->date))
		make_instant(token, text + used, offset);
	return used + offset;
}

/* "PT8H", "P1DT2H30M", "P2W" behind its P; bytes used, 0 if it is nothing of the kind. */
static size_t scan_length(const char *text, struct token *token)
{
	size_t used = 0, digits;
	bool time = false;

	token->type = TOKEN_LENGTH;
	token->value = token->days = 0;
	for (;;) {
		int n, unit = -1;

		if (!time && (text[used] == 'T' || text[used] == 't')) {
			time = true;
			used++;
		}
		digits = count_digits(text + used);
		if (digits == 0)
			break;
		n = digits <= 6 ? number(text + used, digits) : 1000000;
		used += digits;
		switch (text[used] | 0x20) {
		case 'w':
			unit = time ? -1 : 7;
			break;
		case 'd':
			unit = time ? -1 : 1;
			break;
		case 'h':
			unit = time ? 3600 : -1;
			break;
		case 'm':
			unit = time ? 60 : -1;
			break;
		case 's':
			unit = time ? 1 : -1;
			break;
		case 'y':
			break;
		default:
			return 0;
		}
		used++;
		/* A year is the most; a month has no length of its own. */
		if (unit < 0 || n > 400 * DAY_SECONDS / unit / (time ? 1 : DAY_SECONDS))
			token->value = -1;
		else if (!time)
			token->days += n * unit;
		else if (token->value >= 0)
			token->value += n * unit;
		if (token->value > 400 * DAY_SECONDS || token->days > 400)
			token->value = -1;
	}
	return used >= 2 && !is_letter(text[used]) ? used : 0;
}

/* "+09", "-0330", "+10:30" behind UTC; bytes used or 0. */
static size_t scan_utc(const char *text, int *ret)
{
	static const int units[] = { 3600, 60, 1 };
	size_t used = 1;

	*ret = 0;
	if (*text != '+' && *text != '-')
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t colon = i > 0 && text[used] == ':' ? 1 : 0;

		if (!is_digit(text[used + colon]) || !is_digit(text[used + colon + 1]))
			break;
		*ret += number(text + used + colon, 2) * units[i];
		used += colon + 2;
	}
	if (used == 1 || is_digit(text[used]))
		return 0;
	if (*text == '-')
		*ret = -*ret;
	return used;
}

/* A digit stands there. */
static size_t scan_number(const char *text, struct token *token)
{
	size_t digits = count_digits(text), used;
	size_t decimals = text[digits] == '.' ? count_digits(text + digits + 1) : 0;

	if (is_date(text))
		return scan_date(text, token);
	used = scan_clock(text, &token->value);
	token->digits = (int)digits;
	if (used) {
		token->type = TOKEN_CLOCK;
		return used;
	}
	token->type = TOKEN_UNKNOWN;
	if (digits > 4)
		return digits;
	token->type = TOKEN_NUMBER;
	token->value = number(text, digits);
	if (decimals < 1 || decimals > 3)
		return digits;
	token->type = TOKEN_DECIMAL;
	for (size_t i = 0; i < 3; i++)
		token->value = token->value * 10 + (i < decimals ? text[digits + 1 + i] - '0' : 0);
	return digits + 1 + decimals;
}

static size_t scan_letters(const char *text, struct token *token)
{
	const struct word *word;
	size_t len = 0, more;

	if (*text == 'P' || *text == 'p') {
		more = scan_length(text + 1, token);
		if (more)
			return more + 1;
	}
	while (is_letter(text[len]))
		len++;
	word = when_word_find(text, len);
	token->type = word ? word->type : TOKEN_NAME;
	token->value = word ? word->value : 0;
	if (token->type != TOKEN_UTC)
		return len;
	token->type = TOKEN_OFFSET;
	more = scan_utc(text + len, &token->value);
	return len + more;
}

/* How many bytes of Hangul the text begins with. */
static size_t hangul(const char *text)
{
	size_t used = 0, len;
	uint32_t code;

	while ((len = utf8_next(text + used, strlen(text + used), &code)) && is_hangul(code))
		used += len;
	return used;
}

static size_t scan_hangul(const char *text, struct token *token)
{
	size_t len, next, run = hangul(text);
	const struct word *word = when_word_begins(text, &len);

	token->korean = true;
	/* 월, 화, 수 begin many words: alone they count only if what follows is ours too. */
	if (word && len == 3 && run > len && !when_word_begins(text + len, &next))
		word = NULL;
	token->type = word ? word->type : TOKEN_UNKNOWN;
	token->value = word ? word->value : 0;
	return word ? len : run;
}

/* Anything else: up to the next blank, digit, ASCII letter or word of ours. */
static size_t scan_unknown(const char *text)
{
	size_t used = 0, len;
	uint32_t code;

	do {
		len = utf8_next(text + used, strlen(text + used), &code);
		used += len ? len : 1;
	} while (text[used] && !blank(text + used) && (unsigned char)text[used] >= 0x80 &&
		 !hangul(text + used) && !dash(text + used));
	return used;
}

static size_t scan_token(const char *text, struct token *token)
{
	if (is_digit(*text))
		return scan_number(text, token);
	if (is_letter(*text))
		return scan_letters(text, token);
	if (hangul(text))
		return scan_hangul(text, token);
	if (dash(text)) {
		token->type = TOKEN_DASH;
		return dash(text);
	}
	if (*text == '/' || *text == '+') {
		token->type = *text == '/' ? TOKEN_SLASH : TOKEN_PLUS;
		return 1;
	}
	token->type = TOKEN_UNKNOWN;
	return scan_unknown(text);
}

enum when_kind when_tokens(struct parse *parse, struct token tokens[TOKENS_MAX + 1])
{
	const char *text = parse->text;
	size_t at = 0, count = 0, skip;
	bool glued = false;

	for (;;) {
		while ((skip = blank(text + at))) {
			at += skip;
			glued = false;
		}
		tokens[count] = (struct token){ .type = TOKEN_END, .mark = { at, 0 } };
		if (text[at] == '\0')
			return WHEN_OK;
		if (count == TOKENS_MAX)
			return when_fail(parse, WHEN_BAD_TEXT, (struct mark){ 0, parse->len },
					 NULL);
		tokens[count].glued = glued;
		tokens[count].mark.len = scan_token(text + at, &tokens[count]);
		at += tokens[count].mark.len;
		glued = true;
		count++;
	}
}
