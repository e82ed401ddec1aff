#pragma once

/*
 * The rules of a site as they are given and shown: for each kind of space what a booking may be. On
 * the wire, in a command's arguments and in the site's facts they are one shape.
 */

#include <stdbool.h>

#include "common/field.h"

struct request;

struct site_kind_rules {
	bool set;
	struct field_int longest, shortest; /* minutes */
	struct field_int granularity;	    /* minutes */
	struct field_int notice;	    /* minutes */
	struct field_int horizon;	    /* days */
	bool one_at_a_time;
};

struct site_rules {
	bool set;
	struct site_kind_rules desk, room, booth, office, event;
};

/* Of a struct site_rules, for FIELD_OBJECT. */
extern const struct field site_rules_fields[];
#define SITE_RULES_HELP                                                                            \
	"by kind of space what a booking may be; a kind that is given is replaced whole, and "     \
	"what "                                                                                    \
	"is not given of it has no limit"

/* Of a new site whose maker says nothing of rules. */
extern const struct site_rules site_rules_default;

/*
 * Whether they can be kept: a granularity is a part of the day, the shortest is not longer than the
 * longest. Otherwise it has answered the request.
 */
bool site_rules_valid(struct request *request, const struct site_rules *rules);
