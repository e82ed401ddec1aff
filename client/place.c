/*
 * The words for places. Asked for only where a person reads them.
 */

#include <string.h>
#include <strings.h>

#include "client/client.h"
#include "client/place.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"

const char *place_kind(const char *word)
{
	static const struct {
		const char *word, *kind;
	} kinds[] = {
		{ "desk", "desk" },	{ "room", "room" },	 { "booth", "booth" },
		{ "office", "office" }, { "event", "event" },	 { "책상", "desk" },
		{ "데스크", "desk" },	{ "자리", "desk" },	 { "회의실", "room" },
		{ "부스", "booth" },	{ "전화부스", "booth" }, { "사무실", "office" },
		{ "행사장", "event" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return kinds[i].kind;
	return NULL;
}

void places_deinit(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		call_done(&places->spaces[i]);
	if (places->areas_asked)
		call_done(&places->areas);
	*places = PLACES_INIT;
}

/* Whether it has a letter of Hangul. */
static bool is_korean(const char *text)
{
	size_t len = strlen(text), step;
	uint32_t code;

	for (size_t at = 0; at < len; at += step ? step : 1) {
		step = utf8_next(text + at, len - at, &code);
		if (step && code >= 0xac00 && code <= 0xd7a3)
			return true;
	}
	return false;
}

const char *place_name(const struct client *client, const struct cJSON *object)
{
	const char *name = json_str(object, "name"), *alt = json_str(object, "name_alt");
	const char *lang = client_lang(client);
	bool korean = lang && strncmp(lang, "ko", 2) == 0;

	if (!name || !*name)
		return alt && *alt ? alt : NULL;
	if (alt && *alt && is_korean(name) != korean && is_korean(alt) == korean)
		return alt;
	return name;
}

/* The space, asked for once; NULL where it cannot be learnt. */
static const struct cJSON *find_space(struct places *places, struct client *client,
				      const char *code)
{
	struct call *call;
	size_t i;

	for (i = 0; i < places->count; i++)
		if (strcasecmp(places->codes[i], code) == 0)
			return json_get(call_result(&places->spaces[i]), "space");
	if (places->count == PLACES_MAX || strlen(code) >= sizeof(places->codes[0]) ||
	    !client_site_or_none(client))
		return NULL;
	call = &places->spaces[places->count];
	call_begin(call, "space.show", false);
	params_str(&call->params, "site", client_site_or_none(client));
	params_str(&call->params, "space", code);
	(void)call_try(client, call);
	strcpy(places->codes[places->count++], code);
	return json_get(call_result(call), "space");
}

/* What an area is called; its code where that cannot be learnt. */
static const char *area_name(struct places *places, struct client *client, const char *code)
{
	const struct cJSON *areas;
	const char *name;

	if (!places->areas_asked) {
		places->areas_asked = true;
		call_begin(&places->areas, "area.list", false);
		params_str(&places->areas.params, "site", client_site_or_none(client));
		(void)call_try(client, &places->areas);
	}
	areas = json_get(call_result(&places->areas), "areas");
	for (const struct cJSON *area = json_first(areas); area; area = json_next(area)) {
		const char *its = json_str(area, "code");

		name = place_name(client, area);
		if (its && name && strcasecmp(its, code) == 0)
			return name;
	}
	return code;
}

void places_add(struct places *places, struct client *client, const char *code, bool floor,
		struct buf *out)
{
	const struct cJSON *space = find_space(places, client, code);
	const char *kind = json_str(space, "kind"), *area = json_str(space, "area");
	const char *level = floor ? json_str(space, "floor") : NULL;
	const char *name = kind && strcmp(kind, "desk") != 0 ? place_name(client, space) : NULL;

	buf_add_str(out, code);
	if (!name && area && *area)
		name = area_name(places, client, area);
	if (name && strcasecmp(name, code) == 0)
		name = NULL;
	if (name)
		buf_printf(out, " (%s", name);
	if (level && *level)
		buf_printf(out, "%s%s", name ? ", " : " (", level);
	if (name || (level && *level))
		buf_add_char(out, ')');
}
