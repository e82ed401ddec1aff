/*
 * Collects parameters by jsonw and knows the few that are not text.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/jsontext.h"
#include "client/params.h"
#include "common/json.h"
#include "common/macros.h"

enum param_type {
	PARAM_TEXT,
	PARAM_INT,
	PARAM_LIST,
	PARAM_INTS,
	PARAM_YES,  /* an option without a value */
	PARAM_JSON, /* a value as it is written */
};

static const struct {
	const char *name;
	enum param_type type;
} param_types[] = {
	{ "amenities", PARAM_LIST }, { "capacity", PARAM_INT }, { "closed_days", PARAM_INTS },
	{ "days", PARAM_INT },	     { "fold", PARAM_INT },	{ "if_version", PARAM_INT },
	{ "ended", PARAM_YES },	     { "private", PARAM_YES },	{ "position", PARAM_INT },
	{ "retired", PARAM_YES },    { "rules", PARAM_JSON },	{ "with_bookings", PARAM_YES },
	{ "units", PARAM_LIST },     { "x", PARAM_INT },	{ "y", PARAM_INT },
};

void params_begin(struct params *params)
{
	params->text = BUF_INIT(PARAMS_MAX);
	params->w = JSONW_INIT(&params->text);
	jsonw_object(&params->w);
}

void params_deinit(struct params *params)
{
	buf_deinit(&params->text);
}

void params_str(struct params *params, const char *name, const char *value)
{
	if (value)
		jsonw_kstr(&params->w, name, value);
}

void params_int(struct params *params, const char *name, int64_t value)
{
	jsonw_kint(&params->w, name, value);
}

void params_bool(struct params *params, const char *name, bool value)
{
	jsonw_kbool(&params->w, name, value);
}

void params_object(struct params *params, const char *name)
{
	jsonw_key(&params->w, name);
	jsonw_object(&params->w);
}

void params_object_end(struct params *params)
{
	jsonw_object_end(&params->w);
}

/* The next part of a list and its length without spaces around it; NULL at the end. */
static const char *list_part(const char **rest, size_t *ret_len)
{
	const char *part = *rest;
	size_t len;

	if (!part)
		return NULL;
	len = strcspn(part, ",;");
	*rest = part[len] ? part + len + 1 : NULL;
	while (len > 0 && *part == ' ') {
		part++;
		len--;
	}
	while (len > 0 && part[len - 1] == ' ')
		len--;
	*ret_len = len;
	return part;
}

void params_list(struct params *params, const char *name, const char *value)
{
	const char *rest = value && *value ? value : NULL, *part;
	size_t len;

	if (!value)
		return;
	jsonw_key(&params->w, name);
	jsonw_array(&params->w);
	while ((part = list_part(&rest, &len)))
		jsonw_strn(&params->w, part, len);
	jsonw_array_end(&params->w);
}

static bool whole_number(const char *text, size_t len, int64_t *ret)
{
	char digits[24];
	char *end;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	errno = 0;
	*ret = strtoll(digits, &end, 10);
	return errno == 0 && *end == '\0' && digits[0] != ' ' && digits[0] != '+' &&
	       *ret <= JSON_INT_MAX && *ret >= -JSON_INT_MAX;
}

bool params_ints(struct params *params, const char *name, const char *value)
{
	const char *rest = *value ? value : NULL, *part;
	int64_t number;
	size_t len;

	while ((part = list_part(&rest, &len)))
		if (!whole_number(part, len, &number))
			return false;
	rest = *value ? value : NULL;
	jsonw_key(&params->w, name);
	jsonw_array(&params->w);
	while ((part = list_part(&rest, &len)))
		if (whole_number(part, len, &number))
			jsonw_int(&params->w, number);
	jsonw_array_end(&params->w);
	return true;
}

/* An option has no value; a column of a file says it in a word. */
static bool params_truth(struct params *params, const char *name, const char *value)
{
	bool yes = !*value || strcmp(value, "true") == 0 || strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "false") != 0 && strcmp(value, "no") != 0)
		return false;
	params_bool(params, name, yes);
	return true;
}

static enum param_type type_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(param_types); i++)
		if (strcmp(param_types[i].name, name) == 0)
			return param_types[i].type;
	return PARAM_TEXT;
}

/* What is no JSON goes as text: the server says what it wants. */
static void params_json(struct params *params, const char *name, const char *text)
{
	struct json_problem problem;
	_cleanup_(json_freep) struct cJSON *tree = NULL;

	if (json_parse(text, strlen(text), &json_limits_request, &tree, &problem) < 0) {
		params_str(params, name, text);
		return;
	}
	jsonw_key(&params->w, name);
	json_write(&params->w, tree);
}

bool params_typed(struct params *params, const char *name, const char *value)
{
	int64_t number;

	switch (type_of(name)) {
	case PARAM_TEXT:
		params_str(params, name, value);
		return true;
	case PARAM_LIST:
		params_list(params, name, value);
		return true;
	case PARAM_INTS:
		return params_ints(params, name, value);
	case PARAM_YES:
		return params_truth(params, name, value);
	case PARAM_JSON:
		params_json(params, name, value);
		return true;
	case PARAM_INT:
		break;
	}
	if (!whole_number(value, strlen(value), &number))
		return false;
	params_int(params, name, number);
	return true;
}

bool params_members(struct params *params, const char *json)
{
	struct json_problem problem;
	_cleanup_(json_freep) struct cJSON *tree = NULL;

	if (json_parse(json, strlen(json), &json_limits_request, &tree, &problem) < 0 ||
	    !json_is_object(tree))
		return false;
	for (const struct cJSON *m = json_first(tree); m; m = json_next(m)) {
		jsonw_key(&params->w, json_name(m));
		json_write(&params->w, m);
	}
	return true;
}

void params_finish(const struct params *params, const struct params_try *one, struct buf *out)
{
	struct jsonw w = params->w;

	w.out = out;
	if (params->text.failed)
		out->failed = true;
	else
		buf_add(out, params->text.data, params->text.len);
	if (one->key) {
		jsonw_kstr(&w, "key", one->key);
		jsonw_kint(&w, "attempt", one->attempt);
	}
	if (one->dry_run)
		jsonw_kbool(&w, "dry_run", true);
	if (one->limit > 0)
		jsonw_kint(&w, "limit", one->limit);
	if (one->cursor)
		jsonw_kstr(&w, "cursor", one->cursor);
	jsonw_object_end(&w);
}
