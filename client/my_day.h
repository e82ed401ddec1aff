#pragma once

/*
 * What cowork without a command shows: my day, and for staff that of their site.
 */

struct client;
struct cJSON;
struct zone;

/* The screen of the staff: the site now and today in numbers, and who comes next. `who` is the
 * reply of session.whoami. An exit status. */
int site_day(struct client *client, const struct cJSON *who, const struct zone *zone);

/* The first line: who, where, and on the right which day it is. */
void my_day_head(struct client *client, const struct cJSON *who, const char *place,
		 const struct zone *zone);
