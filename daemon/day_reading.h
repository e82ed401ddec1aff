#pragma once

/* What space.day and space.week share: the same answer for one day or for seven. */

#include "daemon/method.h"
#include "daemon/query.h"
#include "daemon/reading.h"

struct day_params {
	struct site_params at;
	const char *space;
	const char *area;
	const char *floor;
	const char *date;
	struct page_params page;
	struct reading reading;
	int days;
};

extern const struct field day_params_fields[];
extern const struct field day_result_fields[];

/* Consumes the request. */
void day_reading_run(struct request *request, struct day_params *params, int days);
