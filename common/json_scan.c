/*
 * The strict scan: a recursive descent over RFC 8259 that builds nothing. It refuses all that cJSON
 * would take and then change or hide: what is not UTF-8, NUL, control characters, numbers it cannot
 * hold, repeated keys, a tail behind the value. Recursion is bounded by max_depth.
 *
 * Keys of the objects still open lie in one array, each object's own at its end. When an object
 * closes, its keys are sorted and neighbours compared, but for a few: n log n whatever the peer chooses as
 * keys, and no hash to attack. Keys are compared by code point, so "a" and "\u0061" are the same key.
 */

#include "common/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

/* So many are compared each with each: 28 looks at two lengths, as a rule. */
#define FEW_KEYS 8

/* A key between its quotes, borrowed from the text. */
struct key {
	const char *text;
	size_t len;
	bool escaped; /* has a backslash */
};

struct scan {
	const char *text, *at, *end;
	const struct json_limits *limits;
	unsigned depth, tokens;
	struct key *keys; /* owns */
	size_t count, size;
	struct json_problem problem;
	int error; /* 0, -EBADMSG or -ENOMEM */
};

static bool scan_value(struct scan *scan);

static bool fail_at(struct scan *scan, const char *at, const char *reason)
{
	scan->error = -EBADMSG;
	scan->problem =
		(struct json_problem){ .offset = (size_t)(at - scan->text), .reason = reason };
	return false;
}

static bool fail(struct scan *scan, const char *reason)
{
	return fail_at(scan, scan->at, reason);
}

static bool next_is(const struct scan *scan, char c)
{
	return scan->at < scan->end && *scan->at == c;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && is_space(*scan->at))
		scan->at++;
}

static bool count_token(struct scan *scan)
{
	if (scan->tokens >= scan->limits->max_tokens)
		return fail(scan, "too many values");
	scan->tokens++;
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The number written as four hex digits at `at`, or -1. */
static int read_hex4(const char *at, const char *end)
{
	int value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(at[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static bool is_high_surrogate(int unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Behind "\u"; takes both halves of a pair. */
static bool scan_unicode_escape(struct scan *scan)
{
	int unit = read_hex4(scan->at, scan->end);

	if (unit < 0)
		return fail(scan, "\\u needs four hex digits");
	if (unit == 0)
		return fail(scan, "NUL is not allowed in text");
	if (is_low_surrogate(unit))
		return fail(scan, "half of a surrogate pair");
	if (is_high_surrogate(unit)) {
		const char *low = scan->at + 4;

		if (scan->end - low < 6 || low[0] != '\\' || low[1] != 'u' ||
		    !is_low_surrogate(read_hex4(low + 2, scan->end)))
			return fail(scan, "half of a surrogate pair");
		scan->at += 6;
	}
	scan->at += 4;
	return true;
}

static bool scan_escape(struct scan *scan)
{
	scan->at++; /* the backslash */
	if (next_is(scan, 'u')) {
		scan->at++;
		return scan_unicode_escape(scan);
	}
	if (scan->at == scan->end || !*scan->at || !strchr("\"\\/bfnrt", *scan->at))
		return fail(scan, "unknown escape");
	scan->at++;
	return true;
}

/* ASCII that stands for itself, as a rule all there is; where it ends. */
static const char *skip_plain(struct scan *scan)
{
	const char *at = scan->at;

	/* Whether char has a sign is the machine's choice. */
	while (at < scan->end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 &&
	       *at != '"' && *at != '\\')
		at++;
	return scan->at = at;
}

/* At the opening quote; `ret` may be NULL. */
static bool scan_string(struct scan *scan, struct key *ret)
{
	const char *start = ++scan->at;
	bool escaped = false;

	while (skip_plain(scan) < scan->end && *scan->at != '"') {
		unsigned char c = (unsigned char)*scan->at;
		uint32_t code;
		size_t step;

		if (c == '\\') {
			escaped = true;
			if (!scan_escape(scan))
				return false;
			continue;
		}
		if (c < 0x20)
			return fail(scan,
				    c ? "control character in text" : "NUL is not allowed in text");
		step = utf8_next(scan->at, (size_t)(scan->end - scan->at), &code);
		if (!step)
			return fail(scan, "text is not UTF-8");
		scan->at += step;
	}
	if (scan->at == scan->end)
		return fail(scan, "text has no end");
	if (ret)
		*ret = (struct key){ start, (size_t)(scan->at - start), escaped };
	scan->at++;
	return true;
}

static bool scan_number(struct scan *scan)
{
	const char *start = scan->at;
	bool negative = next_is(scan, '-');
	int64_t value = 0;

	if (negative)
		scan->at++;
	if (scan->at == scan->end || *scan->at < '0' || *scan->at > '9')
		return fail(scan, "a number needs a digit");
	if (*scan->at == '0' && scan->end - scan->at > 1 && scan->at[1] >= '0' &&
	    scan->at[1] <= '9')
		return fail_at(scan, start, "leading zero in a number");
	for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
		value = value * 10 + (*scan->at - '0');
		if (value > JSON_INT_MAX)
			return fail_at(scan, start, "number beyond 2^53 - 1");
	}
	if (next_is(scan, '.') || next_is(scan, 'e') || next_is(scan, 'E'))
		return fail_at(scan, start, "only whole numbers without exponent are allowed");
	if (negative && !value) /* would come back as 0 */
		return fail_at(scan, start, "-0 is not allowed");
	return true;
}

static bool scan_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return fail(scan, "unknown word");
	scan->at += len;
	return true;
}

static bool push_key(struct scan *scan, const struct key *key)
{
	if (scan->count == scan->size) {
		size_t size = scan->size ? scan->size * 2 : 32;
		struct key *keys = reallocarray(scan->keys, size, sizeof(*keys));

		if (!keys) {
			scan->error = -ENOMEM;
			return false;
		}
		scan->keys = keys;
		scan->size = size;
	}
	scan->keys[scan->count++] = *key;
	return true;
}

/* The next code point of a key that was scanned already; false at its end. */
static bool key_next(struct key *key, uint32_t *ret)
{
	static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
	size_t step;

	if (!key->len)
		return false;
	if (*key->text != '\\') {
		step = utf8_next(key->text, key->len, ret);
	} else if (key->text[1] != 'u') {
		const char *letter = strchr(letters, key->text[1]);

		*ret = (uint32_t)(letter ? controls[letter - letters] : key->text[1]);
		step = 2;
	} else {
		int unit = read_hex4(key->text + 2, key->text + key->len);

		*ret = (uint32_t)unit;
		step = 6;
		if (is_high_surrogate(unit)) {
			int low = read_hex4(key->text + 8, key->text + key->len);

			*ret = 0x10000 + ((uint32_t)(unit - 0xD800) << 10) +
			       (uint32_t)(low - 0xDC00);
			step = 12;
		}
	}
	key->text += step;
	key->len -= step;
	return step > 0;
}

static int compare_keys(const void *left, const void *right)
{
	struct key a = *(const struct key *)left, b = *(const struct key *)right;

	if (!a.escaped && !b.escaped) { /* UTF-8 sorts as its code points do */
		int order = memcmp(a.text, b.text, a.len < b.len ? a.len : b.len);

		return order ? order : (a.len > b.len) - (a.len < b.len);
	}
	for (;;) {
		uint32_t x = 0, y = 0;
		bool more_a = key_next(&a, &x), more_b = key_next(&b, &y);

		if (!more_a || !more_b)
			return (int)more_a - (int)more_b;
		if (x != y)
			return x < y ? -1 : 1;
	}
}

static bool fail_at_second(struct scan *scan, const struct key *a, const struct key *b)
{
	return fail_at(scan, a->text > b->text ? a->text : b->text, "duplicate key");
}

/* Each with each, which for few is less than sorting. */
static bool check_few_keys(struct scan *scan, const struct key *keys, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if ((keys[i].len == keys[j].len || keys[i].escaped || keys[j].escaped) &&
			    compare_keys(&keys[i], &keys[j]) == 0)
				return fail_at_second(scan, &keys[i], &keys[j]);
	return true;
}

/* The keys from `first` on are those of the object that closes. */
static bool check_keys(struct scan *scan, size_t first)
{
	size_t count = scan->count - first;
	struct key *keys;

	scan->count = first;
	if (count < 2)
		return true;
	keys = scan->keys + first;
	if (count <= FEW_KEYS)
		return check_few_keys(scan, keys, count);
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (compare_keys(&keys[i - 1], &keys[i]) == 0)
			return fail_at_second(scan, &keys[i - 1], &keys[i]);
	return true;
}

static bool scan_member(struct scan *scan)
{
	struct key key;

	if (!next_is(scan, '"'))
		return fail(scan, "expected a key in quotes");
	if (!count_token(scan) || !scan_string(scan, &key) || !push_key(scan, &key))
		return false;
	skip_space(scan);
	if (!next_is(scan, ':'))
		return fail(scan, "expected ':' after a key");
	scan->at++;
	return scan_value(scan);
}

static bool scan_element(struct scan *scan, bool object)
{
	if (!object)
		return scan_value(scan);
	skip_space(scan);
	return scan_member(scan);
}

/* At the opening bracket. */
static bool scan_container(struct scan *scan, bool object)
{
	char close = object ? '}' : ']';
	size_t first = scan->count;

	if (scan->depth >= scan->limits->max_depth)
		return fail(scan, "nested too deeply");
	scan->depth++;
	scan->at++;
	skip_space(scan);
	if (!next_is(scan, close)) {
		for (;;) {
			if (!scan_element(scan, object))
				return false;
			skip_space(scan);
			if (!next_is(scan, ','))
				break;
			scan->at++;
		}
	}
	if (!next_is(scan, close))
		return fail(scan, object ? "expected ',' or '}'" : "expected ',' or ']'");
	if (object && !check_keys(scan, first))
		return false;
	scan->depth--;
	scan->at++;
	return true;
}

static bool scan_value(struct scan *scan)
{
	skip_space(scan);
	if (!count_token(scan))
		return false;
	if (scan->at == scan->end)
		return fail(scan, "the text ends too early");
	switch (*scan->at) {
	case '{':
		return scan_container(scan, true);
	case '[':
		return scan_container(scan, false);
	case '"':
		return scan_string(scan, NULL);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	default:
		if (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'))
			return scan_number(scan);
		return fail(scan, "expected a value");
	}
}

static bool scan_text(struct scan *scan)
{
	if ((size_t)(scan->end - scan->at) > scan->limits->max_bytes)
		return fail(scan, "the text is too long");
	if (!scan_value(scan))
		return false;
	skip_space(scan);
	if (scan->at != scan->end)
		return fail(scan, "something stands behind the value");
	return true;
}

int json_scan(const char *text, size_t len, const struct json_limits *limits,
	      struct json_problem *ret_problem)
{
	struct scan scan = { .text = text, .at = text, .end = text + len, .limits = limits };

	scan_text(&scan);
	free(scan.keys);
	if (scan.error == -EBADMSG)
		*ret_problem = scan.problem;
	return scan.error;
}
