/*
 * The configuration file: any bytes are either loaded or refused with one line; what was loaded can
 * be dumped, and the dump is loaded again unless a secret was masked in it.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_problem problem;
	struct config_file *file, *again;
	char *text = NULL;
	size_t len;
	FILE *out;

	if (config_parse("f", (const char *)data, size, &file, &problem) < 0) {
		if (strncmp(problem.text, "f:", 2) != 0 || strchr(problem.text, '\n'))
			abort();
		return 0;
	}
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	config_dump(file, out);
	fclose(out);
	if (config_parse("dump", text, len, &again, &problem) == 0)
		config_free(again);
	else if (!strstr(text, "********"))
		abort();
	free(text);
	config_free(file);
	return 0;
}
