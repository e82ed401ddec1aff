#pragma once

/*
 * What stands below a refusal: the rule, what is free instead, commands to run. Each command that is
 * told can be run as it stands.
 */

#include <stdbool.h>

struct cJSON;
struct client;

/* "rule": which one it was and its limit; false where the data names none that we know. */
bool advice_rule(struct client *client, const struct cJSON *data);
/* "free" and "try": what could be had instead. */
void advice_alternatives(struct client *client, const struct cJSON *data);
/* "asked": what the phrase came to. */
void advice_asked(const struct client *client);
