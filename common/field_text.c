/*
 * The types that are text in C. Free text is checked code point by code point; the others have a
 * form, and are stored in their canonical one. What a trusted source sends is copied as it is.
 */

#include "common/field_decode.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/reference.h"
#include "common/utf8.h"
#include "common/uuid7.h"

#define CODE_MAX	32
#define LOGIN_MAX	254 /* RFC 5321: a path is at most 256 bytes with its angle brackets */
#define LOGIN_LOCAL_MAX 64  /* RFC 5321 section 4.5.3.1.1 */
#define LABEL_MAX	63  /* RFC 1035 section 2.3.4 */
#define ZONE_TEXT_MAX	63

static int store(const struct decoding *at, const char *text, void *out)
{
	const char **member = out;

	*member = arena_strdup(at->arena, text);
	return *member ? 0 : -ENOMEM;
}

/* What leaves no mark on paper, in the scripts people here write. */
static bool is_blank(uint32_t code)
{
	return code == ' ' || code == '\t' || code == '\n' || code == 0xA0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200B) || code == 0x202F || code == 0x205F ||
	       code == 0x3000 || code == 0xFEFF;
}

int field_decode_text(const struct decoding *at, const struct field *field,
		      const struct cJSON *value, void *out)
{
	int64_t max = field->max		  ? field->max
		      : field->type == FIELD_TEXT ? FIELD_TEXT_MAX
						  : FIELD_STRING_MAX;
	bool lines = field->type == FIELD_TEXT, blank = true;
	const char *text = json_value_str(value);
	int64_t count = 0;

	if (!text)
		return field_refuse(at, field, "type", "must be text");
	if (at->source != FIELD_FROM_CLIENT)
		return store(at, text, out);
	for (size_t pos = 0, len = strlen(text), step; pos < len; pos += step) {
		uint32_t code;

		step = utf8_next(text + pos, len - pos, &code);
		count++;
		if (!step || !(utf8_printable(code) || (lines && (code == '\n' || code == '\t'))))
			return field_refuse(
				at, field, "format",
				"must not have control characters (character %lld is one)",
				(long long)count);
		blank = blank && is_blank(code);
	}
	if (field->min > 0 && blank)
		return field_refuse(at, field, "range", "must not be empty");
	if (count < field->min || count > max)
		return field_refuse_length(at, field, field->min, max, "characters");
	return store(at, text, out);
}

static bool is_code_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

bool field_is_code(const char *text)
{
	size_t len = 0;

	/* strspn() makes a table of its characters each time, and codes are in every request. */
	while (is_code_char(text[len]))
		len++;
	return len && !text[len] && len <= CODE_MAX && isalnum((unsigned char)text[0]);
}

/* One or more labels of letters, digits and inner hyphens, with dots between. */
static bool is_domain(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ".");

		if (!len || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
			return false;
		for (size_t i = 0; i < len; i++)
			if (!isalnum((unsigned char)text[i]) && text[i] != '-')
				return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

/* RFC 5321 Dot-string "@" Domain; no quoted local part, no address literal. */
static bool is_login(const char *text)
{
	const char *sign = strrchr(text, '@');
	size_t local;

	if (!sign || strlen(text) > LOGIN_MAX)
		return false;
	local = (size_t)(sign - text);
	if (!local || local > LOGIN_LOCAL_MAX || text[0] == '.' || sign[-1] == '.')
		return false;
	for (size_t i = 0; i < local; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr("!#$%&'*+-/=?^_`{|}~.", text[i]))
			return false;
		if (text[i] == '.' && text[i + 1] == '.')
			return false;
	}
	return is_domain(sign + 1);
}

/* Segments of [A-Za-z0-9_+-] with '/' between, the first beginning with a letter. */
static bool is_zone(const char *text)
{
	if (!isalpha((unsigned char)text[0]) || strlen(text) > ZONE_TEXT_MAX)
		return false;
	for (size_t i = 0; text[i]; i++) {
		bool slash = text[i] == '/';

		if (!slash && !isalnum((unsigned char)text[i]) && !strchr("_+-", text[i]))
			return false;
		if (slash && (!text[i + 1] || text[i + 1] == '/'))
			return false;
	}
	return true;
}

static const char *wanted_form(enum field_type type)
{
	switch (type) {
	case FIELD_CODE:
		return "must be a code: 1 to 32 letters, digits, '.', '_' or '-', the first a "
		       "letter or digit";
	case FIELD_REF:
		return "must be a booking reference: R- and 6 letters or digits; look for a slip";
	case FIELD_BLOCK:
		return "must be a block's reference: B- and 6 letters or digits; look for a slip";
	case FIELD_UUID:
		return "must be a UUID: 8-4-4-4-12 hexadecimal digits";
	case FIELD_LOGIN:
		return "must be an e-mail address such as kim@example.org";
	case FIELD_ZONE:
		return "must be a time zone such as Asia/Seoul";
	default:
		return "must be a date such as 2026-11-22";
	}
}

/* The canonical form in `out`, of as many bytes as `text` at least; false if it is not one. */
static bool canonical(enum field_type type, const char *text, char out[LOGIN_MAX + 1])
{
	struct civil date;

	switch (type) {
	case FIELD_REF:
		return reference_parse('R', text, out) == 0;
	case FIELD_BLOCK:
		return reference_parse('B', text, out) == 0;
	case FIELD_UUID:
		return uuid_parse(text, out) == 0;
	case FIELD_LOGIN:
		if (!is_login(text))
			return false;
		for (size_t i = 0; i <= strlen(text); i++)
			out[i] = (char)tolower((unsigned char)text[i]);
		return true;
	case FIELD_CODE:
		if (!field_is_code(text))
			return false;
		break;
	case FIELD_ZONE:
		if (!is_zone(text))
			return false;
		break;
	default:
		if (civil_parse_date(text, &date) < 0)
			return false;
		break;
	}
	memcpy(out, text, strlen(text) + 1); /* at most ZONE_TEXT_MAX bytes and NUL */
	return true;
}

int field_decode_form(const struct decoding *at, const struct field *field,
		      const struct cJSON *value, void *out)
{
	const char *text = json_value_str(value);
	char form[LOGIN_MAX + 1];

	if (!text)
		return field_refuse(at, field, "type", "%s", wanted_form(field->type));
	if (at->source != FIELD_FROM_CLIENT)
		return store(at, text, out);
	if (!canonical(field->type, text, form))
		return field_refuse(at, field, "format", "%s", wanted_form(field->type));
	return store(at, form, out);
}
