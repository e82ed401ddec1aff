#pragma once

/*
 * What a refusal looks like to a person: the sentence, what may help, the exit status.
 */

#include "common/buf.h"

struct client;
struct reply;

/* Prints an error reply to standard error; the exit status of its kind. `method` was refused. */
int refusal_tell(struct client *client, const char *method, const struct reply *reply);
/* Appends the sentence alone, safe, e.g. "A-12 is taken Mon 23 Nov 10:00-12:00 KST". */
void refusal_sentence(struct client *client, const struct reply *reply, struct buf *out);
