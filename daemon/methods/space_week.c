/* space.week: seven days of a space, an area or the whole site. From the calendar. */

#include "daemon/day_reading.h"

static void start(struct request *request, void *data)
{
	day_reading_run(request, data, 7);
}

const struct method method_space_week = {
	.name = "space.week",
	.summary = "seven days of a space, an area or the whole site",
	.flags = METHOD_SITE | METHOD_NO_DB,
	.params = day_params_fields,
	.size = sizeof(struct day_params),
	.site_offset = offsetof(struct day_params, at),
	.result = day_result_fields,
	.start = start,
};
