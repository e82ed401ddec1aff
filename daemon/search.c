/* See search.h. */

#include "daemon/search.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

static bool has_amenity(const struct calendar_space *space, const char *amenity)
{
	for (size_t i = 0; i < space->amenity_count; i++)
		if (strcasecmp(space->amenities[i], amenity) == 0)
			return true;
	return false;
}

/* Everything but whether it is free: that is asked last, being the dearest. */
static bool fits(const struct calendar_space *space, const struct search_wish *wish)
{
	if (space->retired || (wish->kind >= 0 && space->kind != wish->kind))
		return false;
	if (wish->area_id && space->area_id != wish->area_id)
		return false;
	if (wish->floor_id && space->floor_id != wish->floor_id)
		return false;
	if (space->capacity < wish->capacity)
		return false;
	for (size_t i = 0; i < wish->amenities.count; i++)
		if (!has_amenity(space, wish->amenities.items[i]))
			return false;
	return true;
}

static int64_t distance(const struct calendar_space *a, const struct calendar_space *b)
{
	double dx, dy;

	if (!b || !a->has_place || !b->has_place || a->floor_id != b->floor_id)
		return SEARCH_FAR;
	dx = (double)(a->x - b->x);
	dy = (double)(a->y - b->y);
	return llround(sqrt(dx * dx + dy * dy));
}

static int better(const void *a, const void *b)
{
	const struct search_found *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	if (x->spare != y->spare)
		return x->spare < y->spare ? -1 : 1;
	return strcasecmp(x->space->code, y->space->code);
}

size_t search_run(const struct calendar *calendar, const struct search_wish *wish,
		  struct search_found *out)
{
	size_t count = 0;

	for (size_t i = 0; i < calendar_space_count(calendar); i++) {
		const struct calendar_space *space = calendar_space_at(calendar, i);

		if (!fits(space, wish) ||
		    calendar_holder(calendar, space, wish->start, wish->end, NULL))
			continue;
		out[count].space = space;
		out[count].spare = space->capacity - wish->capacity;
		out[count].distance = distance(space, wish->near);
		count++;
	}
	qsort(out, count, sizeof(*out), better);
	return count;
}
