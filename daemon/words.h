#pragma once

/*
 * Words of the nouns' states and kinds, NULL-terminated, in the order of their C values. Knows
 * nothing else.
 */

extern const char *const space_kinds[];
extern const char *const space_states[];
extern const char *const block_states[];
extern const char *const tenant_states[];
extern const char *const member_roles[];
extern const char *const person_states[];
extern const char *const staff_roles[];
extern const char *const staff_states[];
extern const char *const token_kinds[];
extern const char *const token_scopes[];
extern const char *const token_states[];
extern const char *const booking_states[];
extern const char *const booking_sources[];
extern const char *const undone_words[]; /* changes of a booking that can be taken back */

/* The value of a word; -1 if it is none of them, or NULL. */
int word_index(const char *const *words, const char *word);
