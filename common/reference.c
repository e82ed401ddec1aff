/*
 * Booking references and their check symbol. Symbols are elements of GF(32) = GF(2)[x]/(x^5+x^2+1),
 * in which x (2) generates all 31 others. The symbol at place i weighs x^(5-i), the check symbol
 * x^0, and the sum over all six is 0. No weight is 0: one wrong symbol changes the sum. No two
 * weights are equal: (w1 + w2)(a + b) is not 0, so a swap of two different symbols anywhere changes
 * it too.
 */

#include "common/reference.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define DATA_SYMBOLS	 5
#define ALL_SYMBOLS	 (DATA_SYMBOLS + 1)
#define SYMBOL_BITS	 5
#define SYMBOL_MASK	 31
#define FIELD_POLYNOMIAL 0x25 /* x^5 + x^2 + 1 */

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Case by hand: toupper() would ask the locale. */
static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The value of a symbol as people type it, or -1. */
static int symbol_value(char typed)
{
	char c = upper(typed);
	const char *found;

	if (c == 'I' || c == 'L')
		c = '1';
	if (c == 'O')
		c = '0';
	found = c == '\0' ? NULL : strchr(alphabet, c);
	return found == NULL ? -1 : (int)(found - alphabet);
}

/* Horner's scheme: each step multiplies what came before by x. */
static unsigned weighted_sum(const uint8_t *symbols, size_t count)
{
	unsigned sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum <<= 1;
		if (sum > SYMBOL_MASK)
			sum ^= FIELD_POLYNOMIAL;
		sum ^= symbols[i];
	}
	return sum;
}

static void write_out(char letter, const uint8_t symbols[ALL_SYMBOLS], char out[REFERENCE_TEXT_MAX])
{
	out[0] = letter;
	out[1] = '-';
	for (size_t i = 0; i < ALL_SYMBOLS; i++)
		out[2 + i] = alphabet[symbols[i]];
	out[2 + ALL_SYMBOLS] = '\0';
}

const char *reference_format(char letter, uint32_t value, char out[REFERENCE_TEXT_MAX])
{
	uint8_t symbols[ALL_SYMBOLS] = { 0 };

	for (int i = 0; i < DATA_SYMBOLS; i++) {
		int shift = SYMBOL_BITS * (DATA_SYMBOLS - 1 - i);

		symbols[i] = (uint8_t)(value >> shift & SYMBOL_MASK);
	}
	/* With a 0 in the check's place the sum is what the check must cancel; in GF(2^n) -a is a.
	 */
	symbols[DATA_SYMBOLS] = (uint8_t)weighted_sum(symbols, ALL_SYMBOLS);
	write_out(letter, symbols, out);
	return out;
}

int reference_parse(char letter, const char *text, char out[REFERENCE_TEXT_MAX])
{
	uint8_t symbols[ALL_SYMBOLS];

	if (strlen(text) != REFERENCE_TEXT_MAX - 1 || upper(text[0]) != letter || text[1] != '-')
		return -EINVAL;
	for (size_t i = 0; i < ALL_SYMBOLS; i++) {
		int value = symbol_value(text[2 + i]);

		if (value < 0)
			return -EINVAL;
		symbols[i] = (uint8_t)value;
	}
	if (weighted_sum(symbols, ALL_SYMBOLS) != 0)
		return -EINVAL;
	write_out(letter, symbols, out);
	return 0;
}
