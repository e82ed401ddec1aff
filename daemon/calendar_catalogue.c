/* The calendar's spaces, floors and areas: few, and kept in order of code. See calendar_internal.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "daemon/calendar_internal.h"
#include "daemon/words.h"

static void texts_free(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

static void space_free(struct calendar_space *space)
{
	if (!space)
		return;
	texts_free(space->amenities, space->amenity_count);
	free(space->unit_ids);
	free(space->code);
	free(space->name);
	free(space->name_alt);
	free(space);
}

static void groups_free(struct calendar_group **groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(groups[i]->code);
		free(groups[i]);
	}
	free(groups);
}

void calendar_catalogue_deinit(struct calendar *calendar)
{
	for (size_t i = 0; i < calendar->space_count; i++)
		space_free(calendar->spaces[i]);
	free(calendar->spaces);
	free(calendar->by_id);
	groups_free(calendar->floors, calendar->floor_count);
	groups_free(calendar->areas, calendar->area_count);
}

/* Room for one more pointer in a growing array. */
static int grow(void *array, size_t count, size_t *size)
{
	void **pointer = array;
	size_t wanted = *size ? *size * 2 : 16;
	void *fresh;

	if (count < *size)
		return 0;
	fresh = reallocarray(*pointer, wanted, sizeof(void *));
	if (!fresh)
		return -ENOMEM;
	*pointer = fresh;
	*size = wanted;
	return 0;
}

/* Replaces a text where the body tells one; null takes it away. */
static int put_text(const struct cJSON *body, const char *name, char **text)
{
	const struct cJSON *member = json_get(body, name);
	const char *value = json_value_str(member);
	char *copy = value ? strdup(value) : NULL;

	if (!value && !json_is_null(member))
		return 0;
	if (value && !copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static void put_int(const struct cJSON *body, const char *name, int *number)
{
	int64_t value;

	if (json_int(body, name, &value))
		*number = (int)value;
}

/* An id that may be null: absence keeps it, null clears it. */
static void put_id(const struct cJSON *body, const char *name, int64_t *id)
{
	const struct cJSON *value = json_get(body, name);

	if (value && !json_is_int(value))
		*id = 0;
	json_int(body, name, id);
}

static int put_word(const struct cJSON *body, const char *name, const char *const *words,
		    int *index)
{
	const char *word = json_str(body, name);
	int found = word_index(words, word);

	if (!word)
		return 0;
	if (found < 0)
		return -EBADMSG;
	*index = found;
	return 0;
}

static int put_units(const struct cJSON *body, struct calendar_space *space)
{
	const struct cJSON *list = json_get(body, "units");
	size_t count = json_count(list), i = 0;
	int64_t *ids;

	if (!list)
		return 0;
	ids = calloc(count + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	for (const struct cJSON *item = json_first(list); item; item = json_next(item))
		ids[i++] = json_value_int(item);
	free(space->unit_ids);
	space->unit_ids = ids;
	space->unit_count = count;
	return 0;
}

static int put_amenities(const struct cJSON *body, struct calendar_space *space)
{
	const struct cJSON *list = json_get(body, "amenities");
	size_t count = json_count(list), i = 0;
	char **texts;

	if (!list)
		return 0;
	texts = calloc(count + 1, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	for (const struct cJSON *item = json_first(list); item; item = json_next(item), i++) {
		const char *text = json_value_str(item);

		texts[i] = text ? strdup(text) : NULL;
		if (!texts[i]) {
			texts_free(texts, count);
			return -ENOMEM;
		}
	}
	texts_free(space->amenities, space->amenity_count);
	space->amenities = texts;
	space->amenity_count = count;
	return 0;
}

static int put_space(const struct cJSON *body, struct calendar_space *space)
{
	int state = space->retired, r;

	if ((r = put_text(body, "code", &space->code)) < 0 ||
	    (r = put_text(body, "name", &space->name)) < 0 ||
	    (r = put_text(body, "name_alt", &space->name_alt)) < 0 ||
	    (r = put_word(body, "kind", space_kinds, &space->kind)) < 0 ||
	    (r = put_word(body, "state", space_states, &state)) < 0 ||
	    (r = put_units(body, space)) < 0 || (r = put_amenities(body, space)) < 0)
		return r;
	space->retired = state == 1;
	put_id(body, "floor", &space->floor_id);
	put_id(body, "area", &space->area_id);
	put_int(body, "capacity", &space->capacity);
	put_int(body, "version", &space->version);
	if (json_int(body, "x", &space->x) && json_int(body, "y", &space->y))
		space->has_place = true;
	return space->code ? 0 : -EBADMSG;
}

/* Where a code is or would be. */
static size_t space_index(const struct calendar *calendar, const char *code)
{
	size_t low = 0, high = calendar->space_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcasecmp(calendar->spaces[middle]->code, code) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where an id is or would be. */
static size_t id_index(const struct calendar *calendar, int64_t id)
{
	size_t low = 0, high = calendar->space_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (calendar->by_id[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct calendar_space *find_space(const struct calendar *calendar, int64_t id)
{
	size_t at = id_index(calendar, id);

	return at < calendar->space_count && calendar->by_id[at]->id == id ? calendar->by_id[at]
									   : NULL;
}

/* `at` is below or at `count`, and there is room for one more. */
static void insert(struct calendar_space **spaces, size_t count, size_t at,
		   struct calendar_space *space)
{
	memmove(spaces + at + 1, spaces + at, (count - at) * sizeof(struct calendar_space *));
	spaces[at] = space;
}

/* Codes of spaces never change, so one that is here keeps its place. */
int calendar_space_put(struct calendar *calendar, const struct cJSON *body)
{
	struct calendar_space *space;
	int64_t id;
	int r;

	if (!json_int(body, "space", &id))
		return -EBADMSG;
	calendar->stamp = calendar_next_stamp();
	space = find_space(calendar, id);
	if (space)
		return put_space(body, space);
	space = calloc(1, sizeof(*space));
	if (!space || grow(&calendar->spaces, calendar->space_count, &calendar->space_size) < 0 ||
	    grow(&calendar->by_id, calendar->space_count, &calendar->by_id_size) < 0) {
		free(space);
		return -ENOMEM;
	}
	space->id = id;
	space->capacity = 1;
	r = put_space(body, space);
	if (r < 0) {
		space_free(space);
		return r;
	}
	insert(calendar->spaces, calendar->space_count, space_index(calendar, space->code), space);
	insert(calendar->by_id, calendar->space_count, id_index(calendar, id), space);
	calendar->space_count++;
	return 0;
}

static int group_put(struct calendar_group ***groups, size_t *count, size_t *size, const char *key,
		     const struct cJSON *body)
{
	struct calendar_group *group = NULL;
	int64_t id;

	if (!json_int(body, key, &id))
		return -EBADMSG;
	for (size_t i = 0; i < *count; i++)
		if ((*groups)[i]->id == id)
			group = (*groups)[i];
	if (!group) {
		if (grow(groups, *count, size) < 0)
			return -ENOMEM;
		group = calloc(1, sizeof(*group));
		if (!group)
			return -ENOMEM;
		group->id = id;
		(*groups)[(*count)++] = group;
	}
	put_int(body, "position", &group->position);
	if (strcmp(key, "area") == 0)
		put_id(body, "floor", &group->floor_id);
	return put_text(body, "code", &group->code);
}

int calendar_floor_put(struct calendar *calendar, const struct cJSON *body)
{
	calendar->stamp = calendar_next_stamp();
	return group_put(&calendar->floors, &calendar->floor_count, &calendar->floor_size, "floor",
			 body);
}

int calendar_area_put(struct calendar *calendar, const struct cJSON *body)
{
	calendar->stamp = calendar_next_stamp();
	return group_put(&calendar->areas, &calendar->area_count, &calendar->area_size, "area",
			 body);
}

/* ---- questions ---- */

const struct calendar_space *calendar_space(const struct calendar *calendar, const char *code)
{
	size_t at = space_index(calendar, code);

	if (at == calendar->space_count || strcasecmp(calendar->spaces[at]->code, code) != 0)
		return NULL;
	return calendar->spaces[at];
}

const struct calendar_space *calendar_space_by_id(const struct calendar *calendar, int64_t id)
{
	return find_space(calendar, id);
}

size_t calendar_space_count(const struct calendar *calendar)
{
	return calendar->space_count;
}

const struct calendar_space *calendar_space_at(const struct calendar *calendar, size_t index)
{
	return calendar->spaces[index];
}

static const struct calendar_group *find_group(struct calendar_group *const *groups, size_t count,
					       int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i]->id == id)
			return groups[i];
	return NULL;
}

const struct calendar_group *calendar_floor(const struct calendar *calendar, int64_t id)
{
	return find_group(calendar->floors, calendar->floor_count, id);
}

const struct calendar_group *calendar_area(const struct calendar *calendar, int64_t id)
{
	return find_group(calendar->areas, calendar->area_count, id);
}

static int64_t group_id(struct calendar_group *const *groups, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i]->code && strcasecmp(groups[i]->code, code) == 0)
			return groups[i]->id;
	return 0;
}

int64_t calendar_floor_id(const struct calendar *calendar, const char *code)
{
	return group_id(calendar->floors, calendar->floor_count, code);
}

int64_t calendar_area_id(const struct calendar *calendar, const char *code)
{
	return group_id(calendar->areas, calendar->area_count, code);
}
