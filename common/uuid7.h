#pragma once

/*
 * UUID version 7 (RFC 9562 section 5.7): milliseconds, then random bits. Keys of commands are
 * these.
 */

#include <stdbool.h>
#include <stdint.h>

#define UUID_TEXT_MAX 37

/* A new one for the given time; 0 or a negative errno when no randomness can be had. */
int uuid7_make(int64_t usec, char out[UUID_TEXT_MAX]);
/* The UUID of any version made of 16 bytes, version and variant bits set to 8 (RFC 9562 5.8). */
void uuid8_from_bytes(const uint8_t bytes[16], char out[UUID_TEXT_MAX]);
/* 0 and the canonical lower-case form; -EINVAL unless 8-4-4-4-12 hex digits. */
int uuid_parse(const char *text, char out[UUID_TEXT_MAX]);
