/* See method.h: the table of methods, built from methods.def, sorted by name. */

#include "daemon/method.h"

#include <string.h>

#include "common/macros.h"

static const struct method *const methods[] = {
#define METHOD(name) &method_##name,
#include "daemon/methods.def"
#undef METHOD
};

const struct method *method_find(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(methods);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, methods[middle]->name);

		if (order == 0)
			return methods[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct method *method_at(size_t index)
{
	return index < ARRAY_SIZE(methods) ? methods[index] : NULL;
}
