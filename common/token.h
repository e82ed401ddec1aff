#pragma once

/*
 * API tokens: "cwk_" ID "_" SECRET "_" CHECK. ID is 8 symbols of Crockford base 32 (40 random bits,
 * public, names the token in lists), SECRET 43 symbols of base 62 (256 random bits), CHECK the
 * CRC-32 of all before it as 6 symbols of base 62, so that a slip is found before the network is
 * asked and secret scanners can recognise one. The database stores SHA-256(SECRET's text) only.
 *
 * One-time codes (invitation, first login) have the same shape with "cwc_".
 */

#include <stdint.h>

#include "common/crypto.h"

#define TOKEN_ID_MAX	 9  /* 8 and NUL */
#define TOKEN_TEXT_MAX	 64 /* 4 + 8 + 1 + 43 + 1 + 6 and NUL */
#define TOKEN_SECRET_LEN 43

enum token_type {
	TOKEN_ACCESS, /* cwk_ */
	TOKEN_CODE,   /* cwc_ */
};

struct token_parts {
	enum token_type type;
	char id[TOKEN_ID_MAX];
	uint8_t secret_hash[SHA256_SIZE];
};

/* From 5 random bytes for the id and 32 for the secret; 0 or -EIO. */
int token_make(enum token_type type, const uint8_t id[5], const uint8_t secret[32],
	       char out[TOKEN_TEXT_MAX], struct token_parts *ret);
/* Fresh randomness; 0 or -EIO. */
int token_new(enum token_type type, char out[TOKEN_TEXT_MAX], struct token_parts *ret);
/* 0, -EINVAL for a slip of the keyboard, or -EIO where its secret cannot be hashed for want of memory.
 * Leading and trailing white space is ignored. */
int token_parse(const char *text, struct token_parts *ret);
