/*
 * The client's configuration file.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/config.h"
#include "common/macros.h"

static void contexts_are_read(void **state _unused_)
{
	struct config_problem problem;
	struct config config;
	struct context *work;

	assert_int_equal(config_parse("c",
				      "# mine\n"
				      "current = work\n"
				      "[context work]\n"
				      "server = desk.example.org:7470\n"
				      "site=KSQ ; not a comment\n"
				      "[context home]\n"
				      "ca = /etc/ca.pem\n",
				      &config, &problem),
			 0);
	assert_string_equal(config.current, "work");
	assert_int_equal(config.count, 2);
	work = config_find(&config, "work");
	assert_non_null(work);
	assert_string_equal(work->server, "desk.example.org:7470");
	assert_string_equal(work->site, "KSQ ; not a comment");
	assert_null(work->ca);
	config_deinit(&config);
}

static void assert_refused(const char *text, const char *where, const char *word)
{
	struct config_problem problem = { 0 };
	struct config config;

	assert_int_equal(config_parse("file", text, &config, &problem), -EINVAL);
	assert_non_null(strstr(problem.text, where));
	assert_non_null(strstr(problem.text, word));
}

static void problems_name_the_line(void **state _unused_)
{
	assert_refused("[context a]\nserver = x\ncolour = red\n", "file:3:", "colour");
	assert_refused("[context a]\nserver = x\nserver = y\n", "file:3:", "twice");
	assert_refused("current = a\ncurrent = b\n", "file:2:", "twice");
	assert_refused("server = x\n", "file:1:", "server");
	assert_refused("\n[work]\nserver = x\n", "file:3:", "[work]");
	assert_refused("[context ../a]\nserver = x\n", "file:2:", "../a");
	assert_refused("[context a]\nno equals sign\n", "file:2:", "key = value");
}

static void long_lines_are_refused_not_cut(void **state _unused_)
{
	static char text[10000] = "[context a]\nserver = ";

	memset(text + strlen(text), 'x', 9000);
	assert_refused(text, "file:2:", "longer");
}

static void what_is_saved_is_read_back(void **state _unused_)
{
	char path[] = "/tmp/cowork-config-XXXXXX";
	int fd = mkstemp(path);
	struct config_problem problem;
	struct config config = { 0 };
	struct context *context;
	struct stat st;

	assert_true(fd >= 0);
	close(fd);
	context = config_add(&config, "work");
	assert_int_equal(context_set(context, "server", "[::1]:7470"), 0);
	assert_int_equal(context_set(context, "tz", "Asia/Seoul"), 0);
	assert_int_equal(context_set(context, "colour", "red"), -EINVAL);
	assert_int_equal(context_set(context, "site", "two\nlines"), -EINVAL);
	assert_int_equal(config_set_current(&config, "work"), 0);
	assert_int_equal(config_save(path, &config), 0);
	config_deinit(&config);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(config_load(path, &config, &problem), 0);
	assert_string_equal(config.current, "work");
	assert_string_equal(config_find(&config, "work")->server, "[::1]:7470");
	assert_string_equal(config_find(&config, "work")->tz, "Asia/Seoul");
	config_deinit(&config);
	unlink(path);
}

static void an_absent_file_is_an_empty_configuration(void **state _unused_)
{
	struct config_problem problem;
	struct config config;

	assert_int_equal(config_load("/nonexistent/cowork", &config, &problem), 0);
	assert_int_equal(config.count, 0);
	assert_null(config.current);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_are_read),
		cmocka_unit_test(problems_name_the_line),
		cmocka_unit_test(long_lines_are_refused_not_cut),
		cmocka_unit_test(what_is_saved_is_read_back),
		cmocka_unit_test(an_absent_file_is_an_empty_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
