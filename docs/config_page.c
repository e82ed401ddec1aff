/*
 * Prints coworkd.conf(5) as scdoc: the prose of its file, and every option of the daemon's table
 * with its meaning, default and range.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/config_values.h"
#include "docs/page.h"

static const char *const types[] = {
	[CONFIG_TEXT] = "Text",	    [CONFIG_PATH] = "Absolute path", [CONFIG_INT] = "Integer",
	[CONFIG_DURATION] = "Time", [CONFIG_SIZE] = "Size",	     [CONFIG_CHOICE] = "One of",
};

static void write_range(const struct config_option *option)
{
	char low[CONFIG_VALUE_TEXT_MAX], high[CONFIG_VALUE_TEXT_MAX];

	fputs(types[option->type], stdout);
	if (option->type == CONFIG_CHOICE) {
		for (size_t i = 0; option->choices[i]; i++)
			printf("%s *%s*", i ? "," : "", option->choices[i]);
	} else if (!config_value_is_text(option)) {
		printf(" from ");
		page_text(config_value_format(option, option->min, low));
		printf(" to ");
		page_text(config_value_format(option, option->max, high));
	}
	printf(".\n");
}

static void write_option(const struct config_option *option)
{
	printf("*");
	page_text(option->key);
	printf("* = ");
	page_text(option->standard);
	printf("\n\t");
	page_text(option->help);
	printf(" ");
	write_range(option);
	if (option->flags & CONFIG_RESTART)
		printf("\tA change takes effect at restart.\n");
	printf("\n");
}

static void write_options(void)
{
	for (size_t i = 0; config_options[i].section; i++) {
		const struct config_option *option = &config_options[i];

		if (i == 0 || strcmp(config_options[i - 1].section, option->section) != 0)
			printf("## [%s]\n\n", option->section);
		write_option(option);
	}
}

static void write_limits(void)
{
	char low[CONFIG_VALUE_TEXT_MAX], high[CONFIG_VALUE_TEXT_MAX];

	printf("][ *Option*\n:- *Default*\n:- *From*\n:- *To*\n");
	for (size_t i = 0; config_options[i].section; i++) {
		const struct config_option *option = &config_options[i];

		if (strcmp(option->section, "limits") != 0)
			continue;
		printf("|  ");
		page_text(option->key);
		printf("\n:- %s\n:- %s\n:- %s\n", option->standard,
		       config_value_format(option, option->min, low),
		       config_value_format(option, option->max, high));
	}
}

int main(int argc, char **argv)
{
	static const struct page_part parts[] = {
		{ "options", write_options },
		{ "limits", write_limits },
		{ NULL },
	};

	return page_main(argc, argv, parts);
}
