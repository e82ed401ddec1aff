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

bool search_has_all(const struct calendar_space *space, const struct field_list *amenities)
{
	for (size_t i = 0; i < amenities->count; i++)
		if (!has_amenity(space, amenities->items[i]))
			return false;
	return true;
}

int64_t search_distance(const struct calendar_space *a, const struct calendar_space *b)
{
	double dx, dy;

	if (!b || !a->has_place || !b->has_place || a->floor_id != b->floor_id)
		return SEARCH_FAR;
	dx = (double)(a->x - b->x);
	dy = (double)(a->y - b->y);
	return llround(sqrt(dx * dx + dy * dy));
}

bool search_fits(const struct calendar_space *space, const struct search_wish *wish,
		 struct search_found *ret)
{
	if (space->retired || (wish->kind >= 0 && space->kind != wish->kind))
		return false;
	if (wish->area_id && space->area_id != wish->area_id)
		return false;
	if (wish->floor_id && space->floor_id != wish->floor_id)
		return false;
	if (space->capacity < wish->capacity || !search_has_all(space, &wish->amenities))
		return false;
	ret->space = space;
	ret->spare = space->capacity - wish->capacity;
	ret->distance = search_distance(space, wish->near);
	return true;
}

int search_better(const struct search_found *a, const struct search_found *b)
{
	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (a->spare != b->spare)
		return a->spare < b->spare ? -1 : 1;
	return strcasecmp(a->space->code, b->space->code);
}

static int compare(const void *a, const void *b)
{
	return search_better(a, b);
}

/* Whether it is free is asked last, being the dearest. */
size_t search_run(const struct calendar *calendar, const struct search_wish *wish,
		  struct search_found *out)
{
	size_t count = 0;

	for (size_t i = 0; i < calendar_space_count(calendar); i++) {
		const struct calendar_space *space = calendar_space_at(calendar, i);

		if (search_fits(space, wish, &out[count]) &&
		    !calendar_holder(calendar, space, wish->start, wish->end, NULL))
			count++;
	}
	qsort(out, count, sizeof(*out), compare);
	return count;
}
