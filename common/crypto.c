/*
 * Digests, randomness, constant-time comparison and hex, over OpenSSL. Nothing here keeps state
 * between calls but the incremental digest, which its maker owns.
 */

#include "common/crypto.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

struct sha256 {
	EVP_MD_CTX *ctx; /* owns */
	bool failed;	 /* a step failed: the digest is all zero, which equals no real one */
};

int crypto_random(void *out, size_t len)
{
	if (len > INT_MAX || RAND_bytes(out, (int)len) != 1) {
		ERR_clear_error();
		return -EIO;
	}
	return 0;
}

int crypto_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
	if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1) {
		ERR_clear_error();
		return -EIO;
	}
	return 0;
}

int crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
		       uint8_t out[SHA256_SIZE])
{
	unsigned out_len = SHA256_SIZE;

	if (key_len > INT_MAX ||
	    HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &out_len) == NULL) {
		ERR_clear_error();
		return -EIO;
	}
	return 0;
}

struct sha256 *sha256_new(void)
{
	struct sha256 *sha = calloc(1, sizeof(*sha));

	if (sha == NULL)
		return NULL;
	sha->ctx = EVP_MD_CTX_new();
	if (sha->ctx == NULL)
		return sha256_free(sha);
	sha256_reset(sha);
	return sha->failed ? sha256_free(sha) : sha;
}

void sha256_update(struct sha256 *sha, const void *data, size_t len)
{
	/* One that could not be begun has no state, which OpenSSL does not look for. */
	if (!sha->failed && EVP_DigestUpdate(sha->ctx, data, len) != 1)
		sha->failed = true;
}

int sha256_final(struct sha256 *sha, uint8_t out[SHA256_SIZE])
{
	bool done = !sha->failed && EVP_DigestFinal_ex(sha->ctx, out, NULL) == 1;

	if (!done)
		ERR_clear_error();
	sha256_free(sha);
	return done ? 0 : -ENOMEM;
}

struct sha256 *sha256_free(struct sha256 *sha)
{
	if (sha == NULL)
		return NULL;
	EVP_MD_CTX_free(sha->ctx);
	free(sha);
	return NULL;
}

void sha256_reset(struct sha256 *sha)
{
	sha->failed = EVP_DigestInit_ex(sha->ctx, EVP_sha256(), NULL) != 1;
	if (sha->failed)
		ERR_clear_error();
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void crypto_wipe(void *data, size_t len)
{
	/* Each line and answer is wiped: by whole vectors, unlike OPENSSL_cleanse(). */
	if (data != NULL)
		explicit_bzero(data, len);
}

void hex_encode(const void *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
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

int hex_decode(const char *text, void *out, size_t len)
{
	uint8_t *bytes = out;

	if (strlen(text) != 2 * len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
