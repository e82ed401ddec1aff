/*
 * Reading the command line: the usage sentence is the grammar.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/arguments.h"
#include "client/command.h"
#include "client/connection.h"
#include "common/macros.h"
#include "common/nearest.h"

static struct options options;
static struct arguments arguments;
static struct usage_problem problem;

static int parse(const char *usage, const char *line)
{
	static char text[256];
	char *words[32], *rest = text, *word;
	int count = 0;

	strcpy(text, line);
	while ((word = strsep(&rest, " ")))
		if (*word)
			words[count++] = word;
	options = OPTIONS_INIT;
	problem.text[0] = '\0';
	return arguments_parse(usage, words, count, &options, &arguments, &problem);
}

#define BOOK "SPACE START END [--title TEXT] [--past]"

static void positions_and_options_come_in_any_order(void **state _unused_)
{
	assert_int_equal(parse(BOOK, "--title x A-12 --json 9 --past 17 --site=KSQ"), 0);
	assert_string_equal(arguments_get(&arguments, "space"), "A-12");
	assert_string_equal(arguments_get(&arguments, "start"), "9");
	assert_string_equal(arguments_get(&arguments, "end"), "17");
	assert_string_equal(arguments_get(&arguments, "title"), "x");
	assert_true(arguments_has(&arguments, "past"));
	assert_int_equal(options.format, FORMAT_JSON);
	assert_string_equal(options.site, "KSQ");
}

static void options_of_the_command_come_before_those_of_all(void **state _unused_)
{
	assert_int_equal(parse("LOGIN [--lang LANG]", "a@b.example --lang ko"), 0);
	assert_string_equal(arguments_get(&arguments, "lang"), "ko");
	assert_null(options.lang);
}

static void values_may_look_like_options(void **state _unused_)
{
	assert_int_equal(parse(BOOK, "a b c --title --json"), 0);
	assert_string_equal(arguments_get(&arguments, "title"), "--json");
	assert_int_equal(options.format, FORMAT_AUTO);
	assert_int_equal(parse("A B", "-- --json -q"), 0);
	assert_string_equal(arguments_get(&arguments, "b"), "-q");
}

static void the_number_of_words_chooses_the_groups(void **state _unused_)
{
	const char *usage = "REF [SPACE] [START END]";

	assert_int_equal(parse(usage, "R A-13"), 0);
	assert_string_equal(arguments_get(&arguments, "space"), "A-13");
	assert_false(arguments_has(&arguments, "start"));
	assert_int_equal(parse(usage, "R 9 10"), 0);
	assert_false(arguments_has(&arguments, "space"));
	assert_string_equal(arguments_get(&arguments, "end"), "10");
	assert_int_equal(parse(usage, "R A-13 9 10"), 0);
	assert_string_equal(arguments_get(&arguments, "space"), "A-13");
	assert_string_equal(arguments_get(&arguments, "start"), "9");
	assert_int_equal(parse(usage, "R A-13 9 10 11"), -EINVAL);
}

static void a_phrase_takes_the_words_that_are_left(void **state _unused_)
{
	const char *usage = "REF [SPACE] [WHEN...] [--space SPACE] [--fold 0|1]";

	assert_int_equal(parse("SPACE WHEN... [--fold 0|1]", "A-12 mon --fold 1 9-17 --json"), 0);
	assert_string_equal(arguments_get(&arguments, "space"), "A-12");
	assert_int_equal(arguments.many_count, 2);
	assert_string_equal(arguments.many[0], "mon");
	assert_string_equal(arguments.many[1], "9-17");
	assert_int_equal(parse("SPACE WHEN...", "A-12"), -EINVAL);
	assert_non_null(strstr(problem.text, "WHEN is missing"));
	assert_int_equal(parse(usage, "R"), 0);
	assert_int_equal(arguments.many_count, 0);
	assert_int_equal(parse(usage, "R A-13"), 0);
	assert_true(arguments_has_position(&arguments, "space"));
	assert_int_equal(parse(usage, "R A-13 mon 9-17"), 0);
	assert_int_equal(arguments.many_count, 3);
	assert_int_equal(parse(usage, "R --space 12 mon"), 0);
	assert_false(arguments_has_position(&arguments, "space"));
	assert_int_equal(arguments.many_count, 1);
}

static void what_is_wrong_is_named(void **state _unused_)
{
	assert_int_equal(parse(BOOK, "A-12 9"), -EINVAL);
	assert_non_null(strstr(problem.text, "END"));
	assert_int_equal(parse(BOOK, "A-12 9 10 11"), -EINVAL);
	assert_non_null(strstr(problem.text, "11"));
	assert_int_equal(parse(BOOK, "A-12 9 10 --titel x"), -EINVAL);
	assert_non_null(strstr(problem.text, "--title"));
	assert_int_equal(parse(BOOK, "A-12 9 10 --title"), -EINVAL);
	assert_int_equal(parse(BOOK, "A-12 9 10 --past=yes"), -EINVAL);
	assert_int_equal(parse(BOOK, "A-12 9 10 --past --past"), -EINVAL);
	assert_int_equal(parse("CODE --zone ZONE", "KSQ"), -EINVAL);
	assert_non_null(strstr(problem.text, "--zone"));
}

static void options_of_all_are_checked(void **state _unused_)
{
	assert_int_equal(parse("", "--timeout 1.5 --limit 7 -qv -fref,space -o tsv"), 0);
	assert_int_equal(options.timeout_usec, 1500000);
	assert_int_equal(options.limit, 7);
	assert_true(options.quiet && options.verbose);
	assert_string_equal(options.fields, "ref,space");
	assert_int_equal(options.format, FORMAT_TSV);
	assert_int_equal(parse("", "--timeout soon"), -EINVAL);
	assert_int_equal(parse("", "--timeout 0"), -EINVAL);
	assert_int_equal(parse("", "--limit -1"), -EINVAL);
	assert_int_equal(parse("", "-o xml"), -EINVAL);
	assert_int_equal(parse("", "--key 12"), -EINVAL);
	assert_int_equal(parse("", "-Z"), -EINVAL);
}

static const struct command *find(const char *line, int *ret_skip)
{
	static char text[128];
	const struct command *command;
	char *words[16], *rest = text, *word;
	int count = 0;

	strcpy(text, line);
	while ((word = strsep(&rest, " ")))
		words[count++] = word;
	options = OPTIONS_INIT;
	*ret_skip = command_find(words, count, &options, &command, &problem);
	return command;
}

static void commands_have_one_word_or_two(void **state _unused_)
{
	int skip;

	assert_string_equal(find("--json book A-12", &skip)->name, "book");
	assert_int_equal(skip, 2);
	assert_string_equal(find("space --site KSQ list --retired", &skip)->name, "space list");
	assert_int_equal(skip, 4);
	assert_string_equal(find("config", &skip)->name, "config");
	assert_string_equal(find("config set site KSQ", &skip)->name, "config set");
	assert_int_equal(skip, 2);
}

static void an_unknown_command_is_not_run_but_suggested(void **state _unused_)
{
	int skip;

	assert_null(find("bok A-12", &skip));
	assert_int_equal(skip, -EINVAL);
	assert_non_null(strstr(problem.text, "\"book\""));
	assert_null(find("space lst", &skip));
	assert_non_null(strstr(problem.text, "\"space list\""));
	assert_null(find("space", &skip));
	assert_non_null(strstr(problem.text, "retire"));
	assert_null(find("zzzzzzzzzz", &skip));
	assert_null(strstr(problem.text, "mean"));
}

static void every_usage_is_a_grammar(void **state _unused_)
{
	/* A usage sentence that cannot be read asserts inside. */
	for (size_t i = 0; command_at(i); i++) {
		(void)parse(command_at(i)->usage, "");
		assert_non_null(command_at(i)->run);
		assert_non_null(command_at(i)->summary);
	}
}

static void servers_are_split_into_host_and_port(void **state _unused_)
{
	static const struct {
		const char *text, *host, *port;
	} good[] = {
		{ "localhost", "localhost", "7470" },
		{ "desk.example.org:99", "desk.example.org", "99" },
		{ "[::1]:7471", "::1", "7471" },
		{ "[::1]", "::1", "7470" },
		{ "fe80::1", "fe80::1", "7470" },
		{ "127.0.0.1:1", "127.0.0.1", "1" },
	};
	static const char *const bad[] = { "",	      ":7470", "a:",   "a:0",
					   "a:65536", "a:7x",  "[::1", "[::1]x" };
	struct connection_target target;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(connection_parse_server(good[i].text, &target), 0);
		assert_string_equal(target.host, good[i].host);
		assert_string_equal(target.port, good[i].port);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(connection_parse_server(bad[i], &target), -EINVAL);
}

static void slips_have_small_distances(void **state _unused_)
{
	assert_int_equal(nearest_distance("book", "book"), 0);
	assert_int_equal(nearest_distance("bok", "book"), 1);
	assert_int_equal(nearest_distance("boko", "book"), 1);
	assert_int_equal(nearest_distance("", "book"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions_and_options_come_in_any_order),
		cmocka_unit_test(options_of_the_command_come_before_those_of_all),
		cmocka_unit_test(values_may_look_like_options),
		cmocka_unit_test(the_number_of_words_chooses_the_groups),
		cmocka_unit_test(a_phrase_takes_the_words_that_are_left),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(options_of_all_are_checked),
		cmocka_unit_test(commands_have_one_word_or_two),
		cmocka_unit_test(an_unknown_command_is_not_run_but_suggested),
		cmocka_unit_test(every_usage_is_a_grammar),
		cmocka_unit_test(servers_are_split_into_host_and_port),
		cmocka_unit_test(slips_have_small_distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
