#pragma once

/*
 * What day and week share: the date that is meant, and the answer as rows, a span each.
 */

#include "client/line.h"
#include "common/civil.h"

struct call;
struct client;

/* The date on which the phrase begins, by its clock; without any word today. 0 or an exit status
 * after telling why not. */
int day_date(struct client *client, const struct words *words, char out[CIVIL_TEXT_MAX]);
/* Asks and prints all pages, as asked. An exit status. */
int day_show(struct client *client, struct call *call);
