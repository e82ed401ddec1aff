#pragma once

/*
 * Booking references: a letter, '-', five symbols of Crockford's base 32, and one check symbol over
 * the same alphabet: a weighted sum in GF(32) with distinct powers of a generator as weights, so
 * that every single wrong symbol and every swap of neighbours is found. Case is ignored; I and L
 * are read as 1, O as 0. Random, unique in its site by the database's constraint. 'R' is a booking,
 * 'B' a block.
 */

#include <stdbool.h>
#include <stdint.h>

#define REFERENCE_TEXT_MAX 9 /* "R-7F3KA2" and its NUL */

/* Writes the reference for the low 25 bits of `value`. */
const char *reference_format(char letter, uint32_t value, char out[REFERENCE_TEXT_MAX]);
/* 0 and the canonical form; -EINVAL if malformed or the check symbol does not fit. */
int reference_parse(char letter, const char *text, char out[REFERENCE_TEXT_MAX]);
