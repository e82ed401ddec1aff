/*
 * The wishes among a command's options.
 */

#include "client/arguments.h"
#include "client/asked.h"
#include "client/i18n.h"
#include "client/out.h"
#include "client/params.h"
#include "client/wish.h"
#include "common/macros.h"

static const struct {
	const char *name, *param, *shown;
	bool of_kind; /* means nothing where the space is named */
} wishes[] = {
	{ "area", "area", "--area", true },
	{ "floor", "floor", "--floor", true },
	{ "near", "near", "--near", true },
	{ "has", "amenities", "--has", true },
	{ "capacity", "capacity", "--capacity", false },
};

bool wish_add(struct params *params, const struct arguments *arguments)
{
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		const char *value = arguments_get(arguments, wishes[i].name);

		if (!value || params_typed(params, wishes[i].param, value))
			continue;
		complain(_("%s wants a whole number, not \"%s\""), wishes[i].shown, value);
		return false;
	}
	return true;
}

const char *wish_given(const struct arguments *arguments)
{
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
		if (wishes[i].of_kind && arguments_has(arguments, wishes[i].name))
			return wishes[i].shown;
	return NULL;
}

void wish_note(struct asked *asked, const struct arguments *arguments)
{
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		const char *const *slot = arguments_slot(arguments, wishes[i].name);

		if (slot && wishes[i].of_kind)
			asked->wishes[asked->wish_count++] = (struct words){ slot, 1, true };
	}
}
