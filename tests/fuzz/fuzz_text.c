/*
 * Short texts with a form of their own: tokens, references, UUIDs, fingerprints, certificates,
 * instants, servers' names. The first byte picks the form. Held against it: what is taken is given
 * in one form, which is taken again as the same.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/connection.h"
#include "common/civil.h"
#include "common/reference.h"
#include "common/tls.h"
#include "common/token.h"
#include "common/utf8.h"
#include "common/uuid7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_token(const char *text)
{
	struct token_parts parts;

	if (token_parse(text, &parts) < 0)
		return;
	assert(strlen(parts.id) == TOKEN_ID_MAX - 1 && strstr(text, parts.id));
	assert(strstr(text, parts.type == TOKEN_CODE ? "cwc_" : "cwk_"));
}

static void check_reference(const char *text)
{
	char once[REFERENCE_TEXT_MAX], twice[REFERENCE_TEXT_MAX];
	char letter = text[0] == 'b' || text[0] == 'B' ? 'B' : 'R';

	if (reference_parse(letter, text, once) < 0)
		return;
	assert(once[0] == letter && reference_parse(letter, once, twice) == 0);
	assert(strcmp(once, twice) == 0);
}

static void check_uuid(const char *text)
{
	char once[UUID_TEXT_MAX], twice[UUID_TEXT_MAX];

	if (uuid_parse(text, once) < 0)
		return;
	assert(uuid_parse(once, twice) == 0 && strcmp(once, twice) == 0);
	assert(strcasecmp(once, text) == 0);
}

static void check_fingerprint(const char *text)
{
	uint8_t once[SHA256_SIZE], twice[SHA256_SIZE];
	char written[TLS_FINGERPRINT_TEXT_MAX];

	if (tls_fingerprint_parse(text, once) < 0)
		return;
	assert(tls_fingerprint_parse(tls_fingerprint_format(once, written), twice) == 0);
	assert(memcmp(once, twice, sizeof(once)) == 0);
}

static void check_certificate(const char *text)
{
	uint8_t fingerprint[SHA256_SIZE];

	if (tls_pem_fingerprint(text, fingerprint) == 0)
		assert(strstr(text, "-----BEGIN"));
}

static void check_instant(const char *text)
{
	int64_t once, twice;
	char written[INSTANT_TEXT_MAX];

	if (instant_parse(text, &once) < 0)
		return;
	instant_format(once, written);
	assert(instant_parse(written, &twice) == 0 && once == twice);
}

static void check_server(const char *text)
{
	struct connection_target target = { .port = "" };

	if (connection_parse_server(text, &target) < 0)
		return;
	assert(*target.host && strlen(target.host) < sizeof(target.host) &&
	       strstr(text, target.host));
	assert(atoi(target.port) > 0 && atoi(target.port) <= 65535);
}

static void check_hex(const char *text)
{
	uint8_t bytes[64];
	char written[2 * sizeof(bytes) + 1];
	size_t len = strlen(text) / 2;

	if (len > sizeof(bytes) || hex_decode(text, bytes, len) < 0)
		return;
	hex_encode(bytes, len, written);
	assert(strcasecmp(written, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(const char *text) = {
		check_token,	   check_reference, check_uuid,	  check_fingerprint,
		check_certificate, check_instant,   check_server, check_hex,
	};
	char *text;

	if (size < 1)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	assert(text);
	checks[data[0] % (sizeof(checks) / sizeof(checks[0]))](text);
	free(text);
	return 0;
}
