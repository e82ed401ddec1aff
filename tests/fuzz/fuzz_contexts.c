/*
 * The client's own configuration file. Held against it: it is taken or refused with one line; what
 * was taken is written and taken again as the same.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const char *a, const char *b)
{
	assert(!a == !b && (!a || strcmp(a, b) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char folder[] = "/tmp/fuzz-contexts-XXXXXX", path[64];
	struct config_problem problem = { "" };
	struct config config, again;
	char *text;

	if (!*path) {
		assert(mkdtemp(folder));
		snprintf(path, sizeof(path), "%s/config", folder);
	}
	text = strndup((const char *)data, size);
	assert(text);
	if (config_parse("f", text, &config, &problem) < 0) {
		assert(*problem.text && !strchr(problem.text, '\n'));
		free(text);
		config_deinit(&config);
		return 0;
	}
	free(text);
	assert(config_save(path, &config) == 0);
	assert(config_load(path, &again, &problem) == 0);
	check_same(config.current, again.current);
	assert(config.count == again.count);
	for (size_t i = 0; i < config.count; i++)
		for (const char *const *key = context_keys; *key; key++)
			check_same(context_get(&config.contexts[i], *key),
				   context_get(&again.contexts[i], *key));
	config_deinit(&config);
	config_deinit(&again);
	return 0;
}
