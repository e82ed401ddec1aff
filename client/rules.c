/* See rules.h. */

#include "client/rules.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/i18n.h"
#include "common/json.h"
#include "common/macros.h"

#define HOUR_MINUTES 60
#define DAY_MINUTES  1440
#define WEEK_MINUTES (7 * DAY_MINUTES)
/* Far beyond what the server takes, and no sum of such overflows. */
#define NUMBER_MAX 1000000

bool rules_are(const struct cJSON *value)
{
	return json_is_object(value) && json_is_bool(json_get(value, "one_at_a_time"));
}

#define LENGTH_MAX 64

/* "1d12h"; nothing for 0. */
static const char *length(int64_t minutes, char out[LENGTH_MAX])
{
	static const struct {
		int64_t minutes;
		char letter;
	} units[] = { { DAY_MINUTES, 'd' }, { HOUR_MINUTES, 'h' }, { 1, 'm' } };
	int len = 0;

	*out = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (minutes >= units[i].minutes)
			len += snprintf(out + len, (size_t)(LENGTH_MAX - len), "%" PRId64 "%c",
					minutes / units[i].minutes, units[i].letter);
		minutes %= units[i].minutes;
	}
	return out;
}

/* The rule's number, where there is one, and what stands before its words. */
static bool next_part(const struct cJSON *rules, const char *name, struct buf *out, int64_t *ret)
{
	if (!json_int(rules, name, ret))
		return false;
	buf_add_str(out, out->len ? ", " : "");
	return true;
}

static void add_lengths(const struct cJSON *rules, struct buf *out)
{
	char from[LENGTH_MAX], to[LENGTH_MAX];
	int64_t shortest, longest;
	bool least = json_int(rules, "shortest", &shortest);
	bool most = json_int(rules, "longest", &longest);

	if (least && most)
		buf_printf(out, _("%s to %s"), length(shortest, from), length(longest, to));
	else if (least)
		buf_printf(out, _("at least %s"), length(shortest, from));
	else if (most)
		buf_printf(out, _("up to %s"), length(longest, to));
}

void rules_words(const struct cJSON *rules, struct buf *out)
{
	struct buf text = BUF_INIT(512);
	char some[LENGTH_MAX];
	int64_t number;

	add_lengths(rules, &text);
	if (next_part(rules, "granularity", &text, &number))
		buf_printf(&text, _("by %s"), length(number, some));
	if (json_int(rules, "notice", &number) && number &&
	    next_part(rules, "notice", &text, &number))
		buf_printf(&text, _("%s before"), length(number, some));
	if (next_part(rules, "horizon", &text, &number) && number == 0)
		buf_add_str(&text, _("today only"));
	else if (json_int(rules, "horizon", &number))
		buf_printf(&text, _("%s ahead"), length(number * DAY_MINUTES, some));
	if (json_bool(rules, "one_at_a_time")) {
		buf_add_str(&text, text.len ? ", " : "");
		buf_add_str(&text, _("one at a time"));
	}
	buf_add_str(out, text.len ? text.data : _("no limit"));
	buf_deinit(&text);
}

/* The minutes of a unit's letter; of the text's end those of a bare number. 0: there is no such. */
static int64_t unit_minutes(char letter, int64_t bare)
{
	switch (letter) {
	case 'm':
		return 1;
	case 'h':
		return HOUR_MINUTES;
	case 'd':
		return DAY_MINUTES;
	case 'w':
		return WEEK_MINUTES;
	case '\0':
		return bare;
	default:
		return 0;
	}
}

bool rules_length(const char *text, int64_t unit, int64_t *ret_minutes)
{
	bool bare = true; /* only the whole text may go without a unit */

	*ret_minutes = 0;
	do {
		int64_t number = 0, minutes;

		if (*text < '0' || *text > '9')
			return false;
		for (; *text >= '0' && *text <= '9'; text++) {
			number = number * 10 + *text - '0';
			if (number > NUMBER_MAX)
				return false;
		}
		minutes = unit_minutes(*text, bare ? unit : 0);
		if (!minutes)
			return false;
		*ret_minutes += number * minutes;
		bare = false;
	} while (*text && *++text);
	return *ret_minutes <= NUMBER_MAX;
}
