/*
 * Command lines with other words in them: what a refusal suggests.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/client.h"
#include "client/line.h"
#include "common/macros.h"

#define WORDS_MAX 16

/* Each word at a place of its own, as the kernel gives them: equal literals may be one. */
static char places[WORDS_MAX][32];
static char *argv[WORDS_MAX];
static struct client client;

/* "cowork" and the words given, up to NULL. */
static void type(const char *first, ...)
{
	va_list args;

	memset(places, 0, sizeof(places));
	client = (struct client){ .argc = 1, .argv = argv };
	argv[0] = (char *)"cowork";
	va_start(args, first);
	for (const char *word = first; word; word = va_arg(args, const char *)) {
		argv[client.argc] = strncpy(places[client.argc], word, sizeof(places[0]) - 1);
		client.argc++;
	}
	va_end(args);
}

static void becomes(const struct edit *edits, size_t count, const char *more, const char *wanted)
{
	char *line = line_with(&client, edits, count, more);

	assert_non_null(line);
	assert_string_equal(line, wanted);
	free(line);
}

static struct words at(int i, size_t count, bool value)
{
	return (struct words){ (const char *const *)&argv[i], count, value };
}

static void words_are_replaced_where_they_stand(void **state _unused_)
{
	struct edit edits[2];

	type("book", "A-12", "mon", "9-17", "--title", "A-12", NULL);
	edits[0] = (struct edit){ at(2, 1, false), "A-13" };
	edits[1] = (struct edit){ at(3, 2, false), "Tue 24 Nov 9-12" };
	becomes(edits, 2, NULL, "cowork book A-13 Tue 24 Nov 9-12 --title A-12");
}

static void an_option_goes_with_its_value(void **state _unused_)
{
	const char *equal;
	struct edit edits[2];

	type("book", "desk", "--near", "A-12", "mon", "--has=window", NULL);
	equal = strchr(argv[6], '=') + 1;
	edits[0] = (struct edit){ at(4, 1, true), NULL };
	edits[1] = (struct edit){ { &equal, 1, true }, NULL };
	becomes(edits, 2, NULL, "cowork book desk mon");
}

static void the_value_of_an_option_stays_one_word(void **state _unused_)
{
	const char *equal;
	struct edit edit;

	type("list", "--from", "nov 1", NULL);
	edit = (struct edit){ at(3, 1, true), "mon 9:00" };
	becomes(&edit, 1, NULL, "cowork list --from 'mon 9:00'");
	type("list", "--from=nov 1", NULL);
	equal = strchr(argv[2], '=') + 1;
	edit = (struct edit){ { &equal, 1, true }, "mon 9:00" };
	becomes(&edit, 1, NULL, "cowork list '--from=mon 9:00'");
}

static void what_is_added_stands_at_the_end(void **state _unused_)
{
	type("list", "it's", NULL);
	becomes(NULL, 0, "--site KSQ", "cowork list 'it'\\''s' --site KSQ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_replaced_where_they_stand),
		cmocka_unit_test(an_option_goes_with_its_value),
		cmocka_unit_test(the_value_of_an_option_stays_one_word),
		cmocka_unit_test(what_is_added_stands_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
