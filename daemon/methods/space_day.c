/* space.day: one day of a space, an area or the whole site: free, taken, blocked and closed time.
 * From the calendar. */

#include "daemon/day_reading.h"

static void start(struct request *request, void *data)
{
	day_reading_run(request, data, 1);
}

const struct method method_space_day = {
	.name = "space.day",
	.summary = "one day of a space, an area or the whole site: free, taken, blocked and closed "
		   "time",
	.flags = METHOD_SITE | METHOD_NO_DB,
	.params = day_params_fields,
	.size = sizeof(struct day_params),
	.site_offset = offsetof(struct day_params, at),
	.result = day_result_fields,
	.start = start,
};
