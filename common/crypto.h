#pragma once

/*
 * The few cryptographic primitives we need, over OpenSSL's EVP. No state of its own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE    32
#define SHA256_HEX_MAX 65

struct sha256;

/* Random bytes from the system's generator; 0 or -EIO. */
int crypto_random(void *out, size_t len);
/* 0 or -EIO/-ENOMEM. */
int crypto_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);
int crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
		       uint8_t out[SHA256_SIZE]);

/* Incremental: new, any number of updates, final (which frees). NULL when out of memory; final gives 0, or
 * -ENOMEM where something on the way failed: then nothing is in `out`. */
struct sha256 *sha256_new(void);
void sha256_update(struct sha256 *sha, const void *data, size_t len);
int sha256_final(struct sha256 *sha, uint8_t out[SHA256_SIZE]);
/* Takes NULL, returns NULL. */
struct sha256 *sha256_free(struct sha256 *sha);
/* Forgets what was fed and starts a new digest in the same state; only before sha256_final(). */
void sha256_reset(struct sha256 *sha);

/* Compares in constant time. */
bool crypto_equal(const void *a, const void *b, size_t len);
/* Overwrites secrets so that no compiler removes it. Takes NULL. */
void crypto_wipe(void *data, size_t len);

void hex_encode(const void *data, size_t len, char *out); /* 2 * len + 1 bytes */
/* 0 or -EINVAL; exactly `len` bytes from 2 * len digits. */
int hex_decode(const char *text, void *out, size_t len);
