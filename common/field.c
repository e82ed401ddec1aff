/*
 * Records from JSON: a table drives the decoding of an object into a struct. First the names of all
 * members are looked at, so that a mistyped one is told as such and not as a missing one; then the
 * fields are converted in the table's order and the first problem ends it. Trusted sources (our
 * database, our server) skip the checks that guard the way in.
 */

#include "common/field.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/field_decode.h"
#include "common/json.h"

#define MINUTES_PER_DAY 1440

static int decode_object(const struct decoding *at, const struct cJSON *object,
			 const struct field *fields, void *out);

static bool trusted(const struct decoding *at)
{
	return at->source != FIELD_FROM_CLIENT;
}

static void set_int(void *out, int64_t value)
{
	struct field_int *member = out;

	*member = (struct field_int){ .set = true, .value = value };
}

static int64_t max_int(const struct field *field)
{
	return field->max ? field->max : JSON_INT_MAX;
}

static bool in_range(const struct field *field, int64_t value)
{
	return value >= field->min && value <= max_int(field);
}

static int refuse_range(const struct decoding *at, const struct field *field)
{
	if (!field->max)
		return field_refuse(at, field, "range", "must be at least %lld",
				    (long long)field->min);
	return field_refuse(at, field, "range", "must be between %lld and %lld",
			    (long long)field->min, (long long)field->max);
}

static int decode_int(const struct decoding *at, const struct field *field,
		      const struct cJSON *value, void *out)
{
	if (!json_is_int(value))
		return field_refuse(at, field, "type", "must be a whole number");
	if (!trusted(at) && !in_range(field, json_value_int(value)))
		return refuse_range(at, field);
	set_int(out, json_value_int(value));
	return 0;
}

static int decode_bool(const struct decoding *at, const struct field *field,
		       const struct cJSON *value, void *out)
{
	bool *member = out;

	if (!json_is_bool(value))
		return field_refuse(at, field, "type", "must be true or false");
	*member = json_value_bool(value);
	return 0;
}

/* Minutes of HH:MM, up to 99:59, or -1. */
static int64_t minutes_of(const char *text)
{
	if (strlen(text) != 5 || strspn(text, "0123456789") != 2 || text[2] != ':' ||
	    strspn(text + 3, "0123456789") != 2 || text[3] > '5')
		return -1;
	return ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
}

static int decode_time(const struct decoding *at, const struct field *field,
		       const struct cJSON *value, void *out)
{
	const char *text = json_value_str(value);
	int64_t minutes = text ? minutes_of(text) : -1;

	if (at->source == FIELD_FROM_DATABASE && json_is_int(value))
		minutes = json_value_int(value);
	if (minutes < 0 || minutes > MINUTES_PER_DAY) /* 24:00 is the end of the day */
		return field_refuse(at, field, text ? "format" : "type",
				    "must be a time of day such as 09:30");
	set_int(out, minutes);
	return 0;
}

/* Microseconds from a database, RFC 3339 from elsewhere. */
static bool read_instant(const struct decoding *at, const struct cJSON *value, int64_t *ret)
{
	const char *text = json_value_str(value);

	if (at->source != FIELD_FROM_DATABASE)
		return text && instant_parse(text, ret) == 0;
	*ret = json_value_int(value);
	return json_is_int(value) && *ret >= INSTANT_MIN && *ret <= INSTANT_MAX;
}

static int decode_instant(const struct decoding *at, const struct field *field,
			  const struct cJSON *value, void *out)
{
	int64_t usec;

	if (!read_instant(at, value, &usec))
		return field_refuse(at, field, json_is_string(value) ? "format" : "type",
				    "must be an instant such as 2026-11-22T14:05:00Z");
	set_int(out, usec);
	return 0;
}

static int decode_when(const struct decoding *at, const struct field *field,
		       const struct cJSON *value, void *out)
{
	struct field_when *member = out;
	const char *text = json_value_str(value);

	if (read_instant(at, value, &member->usec)) {
		member->kind = FIELD_WHEN_INSTANT;
		return 0;
	}
	if (text && civil_parse(text, &member->civil) == 0) {
		member->kind = FIELD_WHEN_WALL;
		return 0;
	}
	return field_refuse(at, field, text ? "format" : "type",
			    "must be an instant such as 2026-11-22T14:05:00Z, or a wall-clock time "
			    "such as 2026-11-22T14:05");
}

static int decode_enum(const struct decoding *at, const struct field *field,
		       const struct cJSON *value, void *out)
{
	const char *text = json_value_str(value);

	if (!text)
		return field_refuse(at, field, "type", "must be text");
	for (size_t i = 0; field->choices[i]; i++) {
		if (!strcmp(field->choices[i], text)) {
			set_int(out, (int64_t)i);
			return 0;
		}
	}
	/* A newer server may know more words; a client takes them as it takes unknown names. */
	if (at->source == FIELD_FROM_SERVER)
		return 0;
	return field_refuse_choice(at, field);
}

static bool has_code(const struct field_list *list, const char *code)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcasecmp(list->items[i], code))
			return true;
	return false;
}

static int decode_codes(const struct decoding *at, const struct field *field,
			const struct cJSON *value, void *out)
{
	struct field_list *list = out;
	int64_t max = field->max ? field->max : FIELD_CODES_MAX;
	size_t count = json_count(value);

	if (!json_is_array(value))
		return field_refuse(at, field, "type", "must be a list of codes");
	if (!trusted(at) && (count > (size_t)max || count < (size_t)field->min))
		return field_refuse_length(at, field, field->min, max, "items");
	list->items = arena_alloc(at->arena, count * sizeof(*list->items));
	if (!list->items)
		return -ENOMEM;
	for (const struct cJSON *item = json_first(value); item; item = json_next(item)) {
		const char *text = json_value_str(item);

		if (!text)
			return field_refuse(at, field, "type", "must be a list of codes");
		if (!trusted(at) && !field_is_code(text))
			return field_refuse(at, field, "format", "item %zu is not a code",
					    list->count + 1);
		if (!trusted(at) && has_code(list, text))
			return field_refuse(at, field, "repeat", "item %zu stands there twice",
					    list->count + 1);
		list->items[list->count] = arena_strdup(at->arena, text);
		if (!list->items[list->count])
			return -ENOMEM;
		list->count++;
	}
	return 0;
}

static bool has_int(const struct field_ints *ints, int64_t value)
{
	for (size_t i = 0; i < ints->count; i++)
		if (ints->items[i] == value)
			return true;
	return false;
}

static int decode_ints(const struct decoding *at, const struct field *field,
		       const struct cJSON *value, void *out)
{
	struct field_ints *ints = out;

	if (!json_is_array(value))
		return field_refuse(at, field, "type", "must be a list of whole numbers");
	if (json_count(value) > ARRAY_SIZE(ints->items))
		return field_refuse_length(at, field, 0, ARRAY_SIZE(ints->items), "items");
	ints->set = true;
	for (const struct cJSON *item = json_first(value); item; item = json_next(item)) {
		int64_t number = json_value_int(item);

		if (!json_is_int(item))
			return field_refuse(at, field, "type", "must be a list of whole numbers");
		if (!trusted(at) && !in_range(field, number))
			return field_refuse(at, field, "range",
					    "has items that are not between %lld and %lld",
					    (long long)field->min, (long long)max_int(field));
		if (!trusted(at) && has_int(ints, number))
			return field_refuse(at, field, "repeat", "has %lld twice",
					    (long long)number);
		ints->items[ints->count++] = number;
	}
	return 0;
}

static int decode_nested(const struct decoding *at, const struct field *field,
			 const struct cJSON *value, void *out)
{
	const struct decoding inner = {
		.source = at->source,
		.arena = at->arena,
		.problem = at->problem,
		.up = at,
		.name = field->name,
	};
	bool *set = out; /* the first member, by the table's contract */

	if (!json_is_object(value))
		return field_refuse(at, field, "type", "must be an object");
	*set = true;
	return decode_object(&inner, value, field->fields, out);
}

/* Only ever sent by the server; whoever reads such lists walks the tree. */
static int decode_objects(const struct decoding *at, const struct field *field,
			  const struct cJSON *value, void *out)
{
	if (trusted(at))
		return 0;
	return field_refuse(at, field, "type", "cannot be given, only read");
}

static int decode_json(const struct decoding *at, const struct field *field,
		       const struct cJSON *value, void *out)
{
	const struct cJSON **member = out;

	*member = value;
	return 0;
}

static field_decoder *const decoders[] = {
	[FIELD_STRING] = field_decode_text, [FIELD_TEXT] = field_decode_text,
	[FIELD_SECRET] = field_decode_text, [FIELD_INT] = decode_int,
	[FIELD_BOOL] = decode_bool,	    [FIELD_CODE] = field_decode_form,
	[FIELD_REF] = field_decode_form,    [FIELD_BLOCK] = field_decode_form,
	[FIELD_UUID] = field_decode_form,   [FIELD_LOGIN] = field_decode_form,
	[FIELD_ZONE] = field_decode_form,   [FIELD_DATE] = field_decode_form,
	[FIELD_TIME] = decode_time,	    [FIELD_INSTANT] = decode_instant,
	[FIELD_WHEN] = decode_when,	    [FIELD_ENUM] = decode_enum,
	[FIELD_CODES] = decode_codes,	    [FIELD_INTS] = decode_ints,
	[FIELD_OBJECT] = decode_nested,	    [FIELD_OBJECTS] = decode_objects,
	[FIELD_JSON] = decode_json,
};

/* Hidden fields exist for the database alone. */
static bool is_known(const struct decoding *at, const struct field *field)
{
	return at->source == FIELD_FROM_DATABASE || !(field->flags & FIELD_HIDDEN);
}

static bool is_absent(const struct decoding *at, const struct field *field,
		      const struct cJSON *value)
{
	if (!value)
		return true;
	if (!json_is_null(value))
		return false;
	return trusted(at) || (field->flags & FIELD_NULLABLE);
}

static int decode_field(const struct decoding *at, const struct field *field,
			const struct cJSON *object, void *out)
{
	const struct cJSON *value = json_get(object, field->name);

	if (!is_known(at, field))
		return 0;
	if (field->flags & FIELD_CLEARABLE && json_value_str(value) && !*json_value_str(value)) {
		*(const char **)((char *)out + field->offset) = "";
		return 0;
	}
	if (!is_absent(at, field, value))
		return decoders[field->type](at, field, value, (char *)out + field->offset);
	if ((field->flags & FIELD_REQUIRED) && at->source != FIELD_FROM_SERVER)
		return field_refuse(at, field, "missing", "is missing");
	return 0;
}

static int refuse_unknown(const struct decoding *at, const struct cJSON *object,
			  const struct field *fields)
{
	for (const struct cJSON *member = json_first(object); member; member = json_next(member)) {
		const struct field *field = fields;

		while (field->name &&
		       (!is_known(at, field) || strcmp(field->name, json_name(member)) != 0))
			field++;
		if (!field->name)
			return field_refuse_unknown(at, fields, json_name(member));
	}
	return 0;
}

static int decode_object(const struct decoding *at, const struct cJSON *object,
			 const struct field *fields, void *out)
{
	int r = trusted(at) ? 0 : refuse_unknown(at, object, fields);

	for (const struct field *field = fields; field->name && !r; field++)
		r = decode_field(at, field, object, out);
	return r;
}

int field_decode(const struct cJSON *object, const struct field *fields, enum field_source source,
		 struct arena *arena, void *out, struct field_problem *ret_problem)
{
	static const struct field whole = { .name = "" };
	const struct decoding at = { .source = source, .arena = arena, .problem = ret_problem };

	if (object && !json_is_object(object))
		return field_refuse(&at, &whole, "type", "must be an object");
	return decode_object(&at, object, fields, out);
}
