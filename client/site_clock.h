#pragma once

/*
 * The zone and opening hours of a site, which date phrases need. They change once in years, so they
 * are kept in the state folder (NAME.sites, a line a site), renewed after a day, and forgotten when
 * an answer of the server says otherwise.
 */

#include <stdbool.h>

#include "common/zone.h"

struct cJSON;
struct client;

struct site_clock {
	char zone[ZONE_NAME_MAX];
	int open, close; /* minutes of the day */
};

/* As it was last seen, however long ago; false if it never was. Asks nobody. */
bool site_clock_known(const struct client *client, struct site_clock *ret);
/* The same, asking the server where it is not known or old. 0 or an exit status after telling why.
 */
int site_clock_get(struct client *client, struct site_clock *ret);
/* Keeps what an answer says of its "site" or "sites". */
void site_clock_learn(const struct client *client, const struct cJSON *result);
/* The server says otherwise: what is kept of the site is wrong. */
void site_clock_forget(const struct client *client);
