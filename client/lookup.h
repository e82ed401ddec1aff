#pragma once

/*
 * Refusals that are understood by looking once more: which codes are near to one that does not
 * exist, what has become of a booking, which other booking is in the way. Each asks the server a
 * question or two, and says nothing where the answer does not come.
 */

struct client;
struct reply;

/* No site was named: which there are, and how to name one. */
void lookup_sites(struct client *client);
/* Tells what was found, with commands to run, below a refusal of `method`. */
void lookup_tell(struct client *client, const char *method, const struct reply *reply);
