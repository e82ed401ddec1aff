/*
 * See config_values.h. Numbers are digits alone: no sign, no fraction, no spaces within, so that
 * what is read is what was written.
 */

#include "daemon/config_values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/macros.h"

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first, so that formatting finds the shortest writing. */
static const struct unit durations[] = {
	{ "h", 3600000 }, { "min", 60000 }, { "s", 1000 }, { "ms", 1 }
};
static const struct unit sizes[] = {
	{ "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "", 1 }
};

bool config_value_is_text(const struct config_option *option)
{
	return option->type == CONFIG_TEXT || option->type == CONFIG_PATH;
}

char **config_text_at(struct config *config, const struct config_option *option)
{
	return (char **)(void *)((char *)config + option->offset);
}

int64_t *config_number_at(struct config *config, const struct config_option *option)
{
	return (int64_t *)(void *)((char *)config + option->offset);
}

size_t config_count(void)
{
	size_t n = 0;

	while (config_options[n].section)
		n++;
	return n;
}

int config_find(const char *section, const char *key)
{
	for (size_t i = 0; config_options[i].section; i++)
		if (!strcmp(config_options[i].section, section) &&
		    !strcmp(config_options[i].key, key))
			return (int)i;
	return -1;
}

/* Digits at the start of `text`; -EINVAL without any, -ERANGE when they do not fit. */
static int read_digits(const char *text, int64_t *ret, const char **ret_rest)
{
	int64_t value = 0;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return -ERANGE;
	*ret = value;
	*ret_rest = text;
	return 0;
}

static const struct unit *units_of(enum config_type type, size_t *ret_count)
{
	if (type == CONFIG_DURATION) {
		*ret_count = ARRAY_SIZE(durations);
		return durations;
	}
	if (type == CONFIG_SIZE) {
		*ret_count = ARRAY_SIZE(sizes);
		return sizes;
	}
	*ret_count = 1;
	return &sizes[ARRAY_SIZE(sizes) - 1];
}

static int parse_number(const struct config_option *option, const char *text, int64_t *ret)
{
	size_t count;
	const struct unit *units = units_of(option->type, &count);
	const char *rest;
	int64_t value;
	int r = read_digits(text, &value, &rest);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rest, units[i].name)) {
			if (__builtin_mul_overflow(value, units[i].factor, &value))
				return -ERANGE;
			if (value < option->min || value > option->max)
				return -ERANGE;
			*ret = value;
			return 0;
		}
	return -EINVAL;
}

static const char *wanted_form(enum config_type type)
{
	switch (type) {
	case CONFIG_DURATION:
		return "must be a number with ms, s, min or h, as in 10s";
	case CONFIG_SIZE:
		return "must be bytes, or a number with KiB, MiB or GiB, as in 64KiB";
	default:
		return "must be a whole number";
	}
}

static int number_or_reason(const struct config_option *option, const char *text, int64_t *ret,
			    struct config_reason *reason)
{
	char low[CONFIG_VALUE_TEXT_MAX], high[CONFIG_VALUE_TEXT_MAX];
	int r = parse_number(option, text, ret);

	if (r == 0)
		return 0;
	if (r == -EINVAL)
		snprintf(reason->text, sizeof(reason->text), "\"%.100s\" %s", text,
			 wanted_form(option->type));
	else
		snprintf(reason->text, sizeof(reason->text), "\"%.100s\" must be between %s and %s",
			 text, config_value_format(option, option->min, low),
			 config_value_format(option, option->max, high));
	return -EINVAL;
}

static int choice_or_reason(const struct config_option *option, const char *text, int64_t *ret,
			    struct config_reason *reason)
{
	size_t used;

	for (int i = 0; option->choices[i]; i++)
		if (!strcmp(option->choices[i], text)) {
			*ret = i;
			return 0;
		}
	used = (size_t)snprintf(reason->text, sizeof(reason->text), "\"%.100s\" must be one of",
				text);
	for (int i = 0; option->choices[i] && used < sizeof(reason->text); i++)
		used += (size_t)snprintf(reason->text + used, sizeof(reason->text) - used, "%s %s",
					 i ? "," : "", option->choices[i]);
	return -EINVAL;
}

static int text_or_reason(const struct config_option *option, const char *text,
			  struct config_reason *reason)
{
	int64_t len = (int64_t)strlen(text);

	if (len < option->min)
		snprintf(reason->text, sizeof(reason->text), "must not be empty");
	else if (len > option->max)
		snprintf(reason->text, sizeof(reason->text),
			 "is %" PRId64 " bytes long; at most %" PRId64 " are allowed", len,
			 option->max);
	else if (option->type == CONFIG_PATH && *text != '/')
		snprintf(reason->text, sizeof(reason->text),
			 "\"%.100s\" must be an absolute path, as in %s", text, option->standard);
	else
		return 0;
	return -EINVAL;
}

int config_value_parse(const struct config_option *option, const char *text, int64_t *ret,
		       struct config_reason *ret_reason)
{
	if (config_value_is_text(option))
		return text_or_reason(option, text, ret_reason);
	if (option->type == CONFIG_CHOICE)
		return choice_or_reason(option, text, ret, ret_reason);
	return number_or_reason(option, text, ret, ret_reason);
}

const char *config_value_format(const struct config_option *option, int64_t value,
				char out[CONFIG_VALUE_TEXT_MAX])
{
	size_t count, i = 0;
	const struct unit *units;

	if (option->type == CONFIG_CHOICE) {
		snprintf(out, CONFIG_VALUE_TEXT_MAX, "%s", option->choices[value]);
		return out;
	}
	units = units_of(option->type, &count);
	while (i < count - 1 && (value == 0 || value % units[i].factor))
		i++;
	snprintf(out, CONFIG_VALUE_TEXT_MAX, "%" PRId64 "%s", value / units[i].factor,
		 units[i].name);
	return out;
}
