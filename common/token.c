/*
 * API tokens and one-time codes: made from random bytes, read back from what a person pasted. A
 * secret leaves this file only inside the text for its owner; everybody else sees its digest.
 */

#include "common/token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_LEN 4
#define ID_LEN	   (TOKEN_ID_MAX - 1)
#define CHECK_LEN  6
#define ID_AT	   PREFIX_LEN
#define SECRET_AT  (ID_AT + ID_LEN + 1)
#define CHECK_AT   (SECRET_AT + TOKEN_SECRET_LEN + 1)
#define TEXT_LEN   (CHECK_AT + CHECK_LEN)

_Static_assert(TEXT_LEN + 1 == TOKEN_TEXT_MAX, "the header's arithmetic");

static const char *const prefixes[] = { [TOKEN_ACCESS] = "cwk_", [TOKEN_CODE] = "cwc_" };
static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* CRC-32 as in IEEE 802.3, bit by bit: 58 bytes do not deserve a table. */
static uint32_t crc32(const char *text, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint8_t)text[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* The big-endian number as `width` digits; 43 digits hold 256 bits. The number is used up. */
static void write_base62(uint8_t *number, size_t len, char *out, size_t width)
{
	for (size_t i = width; i > 0; i--) {
		unsigned rest = 0;

		for (size_t j = 0; j < len; j++) {
			unsigned part = rest << 8 | number[j];

			number[j] = (uint8_t)(part / 62);
			rest = part % 62;
		}
		out[i - 1] = base62[rest];
	}
}

static void write_id(const uint8_t bytes[5], char *out)
{
	uint64_t number = 0;

	for (int i = 0; i < 5; i++)
		number = number << 8 | bytes[i];
	for (int i = 0; i < ID_LEN; i++)
		out[i] = base32[number >> (35 - 5 * i) & 31];
}

static void write_check(const char *text, char out[CHECK_LEN])
{
	uint32_t crc = crc32(text, CHECK_AT - 1);
	uint8_t number[4] = { crc >> 24, crc >> 16 & 0xff, crc >> 8 & 0xff, crc & 0xff };

	write_base62(number, sizeof(number), out, CHECK_LEN);
}

static int fill_parts(enum token_type type, const char *text, struct token_parts *ret)
{
	struct token_parts parts = { .type = type };
	int r;

	memcpy(parts.id, text + ID_AT, ID_LEN);
	r = crypto_sha256(text + SECRET_AT, TOKEN_SECRET_LEN, parts.secret_hash);
	if (r < 0)
		return r;
	*ret = parts;
	return 0;
}

int token_make(enum token_type type, const uint8_t id[5], const uint8_t secret[32],
	       char out[TOKEN_TEXT_MAX], struct token_parts *ret)
{
	uint8_t number[32];

	memcpy(number, secret, sizeof(number));
	memcpy(out, prefixes[type], PREFIX_LEN);
	write_id(id, out + ID_AT);
	out[SECRET_AT - 1] = '_';
	write_base62(number, sizeof(number), out + SECRET_AT, TOKEN_SECRET_LEN);
	out[CHECK_AT - 1] = '_';
	write_check(out, out + CHECK_AT);
	out[TEXT_LEN] = '\0';
	return fill_parts(type, out, ret);
}

int token_new(enum token_type type, char out[TOKEN_TEXT_MAX], struct token_parts *ret)
{
	uint8_t id[5], secret[32];
	int r;

	r = crypto_random(id, sizeof(id));
	if (r == 0)
		r = crypto_random(secret, sizeof(secret));
	if (r == 0)
		r = token_make(type, id, secret, out, ret);
	crypto_wipe(secret, sizeof(secret));
	return r;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool all_of(const char *text, size_t len, const char *alphabet)
{
	return strspn(text, alphabet) >= len;
}

int token_parse(const char *text, struct token_parts *ret)
{
	enum token_type type;
	char check[CHECK_LEN];
	size_t len;

	while (is_space(*text))
		text++;
	len = strlen(text);
	while (len > 0 && is_space(text[len - 1]))
		len--;
	if (len != TEXT_LEN || text[SECRET_AT - 1] != '_' || text[CHECK_AT - 1] != '_')
		return -EINVAL;
	if (strncmp(text, prefixes[TOKEN_ACCESS], PREFIX_LEN) == 0)
		type = TOKEN_ACCESS;
	else if (strncmp(text, prefixes[TOKEN_CODE], PREFIX_LEN) == 0)
		type = TOKEN_CODE;
	else
		return -EINVAL;
	if (!all_of(text + ID_AT, ID_LEN, base32) ||
	    !all_of(text + SECRET_AT, TOKEN_SECRET_LEN, base62))
		return -EINVAL;
	write_check(text, check);
	if (memcmp(check, text + CHECK_AT, CHECK_LEN) != 0)
		return -EINVAL;
	return fill_parts(type, text, ret);
}
