/*
 * UUIDs: version 7 for keys of commands (sortable by time, so that receipts land side by side in
 * their index), version 8 for keys derived from a digest (rows of an import).
 */

#include "common/uuid7.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/crypto.h"
#include "common/macros.h"

#define UUID_SIZE 16

static bool dash_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static void write_out(const uint8_t bytes[UUID_SIZE], char out[UUID_TEXT_MAX])
{
	for (size_t i = 0; i < UUID_SIZE; i++) {
		if (dash_before(i))
			*out++ = '-';
		hex_encode(&bytes[i], 1, out);
		out += 2;
	}
}

static void set_version(uint8_t bytes[UUID_SIZE], unsigned version)
{
	bytes[6] = (uint8_t)(version << 4 | (bytes[6] & 0x0f));
	bytes[8] = 0x80 | (bytes[8] & 0x3f);
}

int uuid7_make(int64_t usec, char out[UUID_TEXT_MAX])
{
	uint8_t bytes[UUID_SIZE];
	uint64_t msec = usec < 0 ? 0 : (uint64_t)(usec / USEC_PER_MSEC);
	int r;

	r = crypto_random(bytes, sizeof(bytes));
	if (r < 0)
		return r;
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(msec >> (40 - 8 * i));
	set_version(bytes, 7);
	write_out(bytes, out);
	return 0;
}

void uuid8_from_bytes(const uint8_t bytes[16], char out[UUID_TEXT_MAX])
{
	uint8_t copy[UUID_SIZE];

	memcpy(copy, bytes, sizeof(copy));
	set_version(copy, 8);
	write_out(copy, out);
}

int uuid_parse(const char *text, char out[UUID_TEXT_MAX])
{
	uint8_t bytes[UUID_SIZE];
	const char *at = text;

	if (strlen(text) != UUID_TEXT_MAX - 1)
		return -EINVAL;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		char digits[3];

		if (dash_before(i) && *at++ != '-')
			return -EINVAL;
		memcpy(digits, at, 2);
		digits[2] = '\0';
		if (hex_decode(digits, &bytes[i], 1) < 0)
			return -EINVAL;
		at += 2;
	}
	write_out(bytes, out);
	return 0;
}
