/*
 * Records to JSON, and tables described: the same table that reads a record writes it, for a class
 * of viewer, and tells rpc.discover what it holds.
 */

#include "common/field.h"

#include <assert.h>
#include <stdio.h>

#include "common/json.h"

static const char *const type_names[] = {
	[FIELD_STRING] = "string",   [FIELD_TEXT] = "text",	  [FIELD_SECRET] = "secret",
	[FIELD_INT] = "integer",     [FIELD_BOOL] = "boolean",	  [FIELD_CODE] = "code",
	[FIELD_REF] = "booking_ref", [FIELD_BLOCK] = "block_ref", [FIELD_UUID] = "uuid",
	[FIELD_LOGIN] = "login",     [FIELD_ZONE] = "zone",	  [FIELD_DATE] = "date",
	[FIELD_TIME] = "time",	     [FIELD_INSTANT] = "instant", [FIELD_WHEN] = "when",
	[FIELD_ENUM] = "enum",	     [FIELD_CODES] = "codes",	  [FIELD_INTS] = "integers",
	[FIELD_OBJECT] = "object",   [FIELD_OBJECTS] = "objects", [FIELD_JSON] = "json",
};

const char *field_type_name(enum field_type type)
{
	return type_names[type];
}

/* A tree as it was parsed; as deep as json_limits allow. */
void field_encode_tree(struct jsonw *w, const struct cJSON *value)
{
	bool object = json_is_object(value);

	if (object || json_is_array(value)) {
		object ? jsonw_object(w) : jsonw_array(w);
		for (const struct cJSON *item = json_first(value); item; item = json_next(item)) {
			if (object)
				jsonw_key(w, json_name(item));
			field_encode_tree(w, item);
		}
		object ? jsonw_object_end(w) : jsonw_array_end(w);
	} else if (json_is_int(value)) {
		jsonw_int(w, json_value_int(value));
	} else if (json_is_bool(value)) {
		jsonw_bool(w, json_value_bool(value));
	} else {
		jsonw_str(w, json_value_str(value)); /* NULL writes null */
	}
}

static void encode_when(struct jsonw *w, const struct field_when *when)
{
	char instant[INSTANT_TEXT_MAX], civil[CIVIL_TEXT_MAX];

	if (when->kind == FIELD_WHEN_INSTANT)
		jsonw_str(w, instant_format(when->usec, instant));
	else
		jsonw_str(w, civil_format(&when->civil, civil));
}

static void encode_int(struct jsonw *w, const struct field *field, int64_t value)
{
	char text[INSTANT_TEXT_MAX];
	size_t choices = 0;

	switch (field->type) {
	case FIELD_TIME:
		snprintf(text, sizeof(text), "%02d:%02d", (int)(value / 60), (int)(value % 60));
		jsonw_str(w, text);
		return;
	case FIELD_INSTANT:
		jsonw_str(w, instant_format(value, text));
		return;
	case FIELD_ENUM:
		while (field->choices[choices])
			choices++;
		assert(value >= 0 && (size_t)value < choices);
		jsonw_str(w, field->choices[value]);
		return;
	default:
		jsonw_int(w, value);
		return;
	}
}

static void encode_codes(struct jsonw *w, const struct field_list *list)
{
	jsonw_array(w);
	for (size_t i = 0; i < list->count; i++)
		jsonw_str(w, list->items[i]);
	jsonw_array_end(w);
}

static void encode_ints(struct jsonw *w, const struct field_ints *ints)
{
	jsonw_array(w);
	for (size_t i = 0; i < ints->count; i++)
		jsonw_int(w, ints->items[i]);
	jsonw_array_end(w);
}

static void encode_objects(struct jsonw *w, const struct field *field, enum field_viewer viewer,
			   const struct field_objects *objects)
{
	jsonw_array(w);
	for (size_t i = 0; i < objects->count; i++)
		field_encode(w, field->fields, viewer,
			     (const char *)objects->items + i * objects->size);
	jsonw_array_end(w);
}

/* Lists and booleans have no absent state: they are always written. */
static bool is_set(const struct field *field, const void *member)
{
	switch (field->type) {
	case FIELD_BOOL:
		return !(field->flags & FIELD_IF_TRUE) || *(const bool *)member;
	case FIELD_CODES:
	case FIELD_OBJECTS:
		return true;
	case FIELD_INT:
	case FIELD_TIME:
	case FIELD_INSTANT:
	case FIELD_ENUM:
		return ((const struct field_int *)member)->set;
	case FIELD_WHEN:
		return ((const struct field_when *)member)->kind != FIELD_WHEN_ABSENT;
	case FIELD_INTS:
		return ((const struct field_ints *)member)->set;
	case FIELD_OBJECT: /* its first member is bool set */
		return *(const bool *)member;
	default: /* text, and JSON: a pointer */
		return *(const void *const *)member != NULL;
	}
}

static void encode_member(struct jsonw *w, const struct field *field, enum field_viewer viewer,
			  const void *member)
{
	switch (field->type) {
	case FIELD_BOOL:
		jsonw_bool(w, *(const bool *)member);
		return;
	case FIELD_INT:
	case FIELD_TIME:
	case FIELD_INSTANT:
	case FIELD_ENUM:
		encode_int(w, field, ((const struct field_int *)member)->value);
		return;
	case FIELD_WHEN:
		encode_when(w, member);
		return;
	case FIELD_CODES:
		encode_codes(w, member);
		return;
	case FIELD_INTS:
		encode_ints(w, member);
		return;
	case FIELD_OBJECT:
		field_encode(w, field->fields, viewer, member);
		return;
	case FIELD_OBJECTS:
		encode_objects(w, field, viewer, member);
		return;
	case FIELD_JSON:
		field_encode_tree(w, *(const struct cJSON *const *)member);
		return;
	default:
		jsonw_str(w, *(const char *const *)member);
		return;
	}
}

static bool may_see(const struct field *field, enum field_viewer viewer)
{
	if (field->flags & FIELD_HIDDEN)
		return false;
	if (field->flags & FIELD_STAFF)
		return viewer == FIELD_FOR_STAFF;
	if (field->flags & FIELD_OWN)
		return viewer != FIELD_FOR_OTHER;
	return true;
}

void field_encode(struct jsonw *w, const struct field *fields, enum field_viewer viewer,
		  const void *in)
{
	jsonw_object(w);
	for (const struct field *field = fields; field->name; field++) {
		const void *member = (const char *)in + field->offset;
		bool set = is_set(field, member);

		if (!may_see(field, viewer) || (!set && !(field->flags & FIELD_NULLABLE)))
			continue;
		jsonw_key(w, field->name);
		if (set)
			encode_member(w, field, viewer, member);
		else
			jsonw_null(w);
	}
	jsonw_object_end(w);
}

static bool is_argument(const struct field *field, const void *member)
{
	if ((field->flags & FIELD_META) || field->type == FIELD_WHEN ||
	    field->type == FIELD_OBJECTS) /* those cannot be given */
		return false;
	if (field->type == FIELD_CODES)
		return ((const struct field_list *)member)->items != NULL;
	if (field->type == FIELD_BOOL)
		return *(const bool *)member;
	return is_set(field, member);
}

void field_encode_args(struct jsonw *w, const struct field *fields, const void *in)
{
	for (const struct field *field = fields; field->name; field++) {
		const void *member = (const char *)in + field->offset;

		if (!is_argument(field, member))
			continue;
		jsonw_key(w, field->name);
		if (field->type == FIELD_TIME || field->type == FIELD_INSTANT)
			jsonw_int(w, ((const struct field_int *)member)->value);
		else
			encode_member(w, field, FIELD_FOR_STAFF, member);
	}
}

static void describe_limits(struct jsonw *w, const struct field *field)
{
	int64_t max = field->max;

	if (!max && field->type == FIELD_TEXT)
		max = FIELD_TEXT_MAX;
	else if (!max && (field->type == FIELD_STRING || field->type == FIELD_SECRET))
		max = FIELD_STRING_MAX;
	else if (!max && field->type == FIELD_CODES)
		max = FIELD_CODES_MAX;
	/* A range needs both ends; of a length only the upper one is always told. */
	if (field->min || (max && (field->type == FIELD_INT || field->type == FIELD_INTS)))
		jsonw_kint(w, "min", field->min);
	if (max)
		jsonw_kint(w, "max", max);
}

static void describe_choices(struct jsonw *w, const struct field *field)
{
	jsonw_key(w, "choices");
	jsonw_array(w);
	for (size_t i = 0; field->choices[i]; i++)
		jsonw_str(w, field->choices[i]);
	jsonw_array_end(w);
}

void field_describe(struct jsonw *w, const struct field *fields)
{
	jsonw_object(w);
	for (const struct field *field = fields; field->name; field++) {
		if (field->flags & FIELD_HIDDEN)
			continue;
		jsonw_key(w, field->name);
		jsonw_object(w);
		jsonw_kstr(w, "type", field_type_name(field->type));
		if (field->flags & FIELD_REQUIRED)
			jsonw_kbool(w, "required", true);
		if (field->flags & FIELD_CLEARABLE)
			jsonw_kbool(w, "clearable", true);
		describe_limits(w, field);
		if (field->choices)
			describe_choices(w, field);
		if (field->fields) {
			jsonw_key(w, "fields");
			field_describe(w, field->fields);
		}
		if (field->help)
			jsonw_kstr(w, "help", field->help);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
}
