/*
 * The configuration file: every broken file is answered by its line and one sentence; every right
 * one by its values. Each row of `broken` is one test.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/macros.h"
#include "daemon/config.h"

#define LONG_100                                                                                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaa"

struct broken {
	const char *name;
	const char *text;
	size_t len; /* 0: strlen(text) */
	int line;
	const char *problem;
};

static const struct broken broken[] = {
	{ "a key with a slip of the keyboard", "[listen]\nprot = 1\n", 0, 2,
	  "unknown key \"prot\" in [listen]; did you mean \"port\"?" },
	{ "a key with a letter too few", "[database]\n\nconinfo = host=x\n", 0, 3,
	  "unknown key \"coninfo\" in [database]; did you mean \"conninfo\"?" },
	{ "a key of another section", "[listen]\nconninfo = host=x\n", 0, 2,
	  "unknown key \"conninfo\" in [listen]; it belongs into [database]" },
	{ "a key like no other", "[tls]\nciphers = HIGH\n", 0, 2,
	  "unknown key \"ciphers\" in [tls]; it has certificate, key" },
	{ "a key in capitals", "[listen]\nPort = 1\n", 0, 2,
	  "unknown key \"Port\" in [listen]; did you mean \"port\"?" },
	{ "a section with a slip of the keyboard", "[listn]\n", 0, 1,
	  "unknown section [listn]; did you mean [listen]?" },
	{ "a section like no other", "# mail\n[smtp-relay]\nport = 1\n", 0, 2,
	  "unknown section [smtp-relay]; there are listen, tls, database, password, limits, log" },
	{ "a section with blanks", "[ listen ]\n", 0, 1,
	  "unknown section [ listen ]; did you mean [listen]?" },
	{ "a section without its end", "[listen\nport = 1\n", 0, 1,
	  "\"]\" is missing after the section's name" },
	{ "words after a section", "[listen] port = 1\n", 0, 1, "nothing may follow \"]\"" },
	{ "a comment after a section", "[listen] ; here\n", 0, 1, "nothing may follow \"]\"" },
	{ "a section without a name", "[]\n", 0, 1,
	  "unknown section []; there are listen, tls, database, password, limits, log" },
	{ "a key before any section", "port = 1\n", 0, 1,
	  "key \"port\" stands before any [section]" },
	{ "a key twice", "[listen]\nport = 1\nbacklog = 2\nport = 1\n", 0, 4,
	  "key \"port\" was set already in line 2" },
	{ "a key twice in a section that comes twice",
	  "[listen]\nport = 1\n[tls]\n[listen]\nport = 2\n", 0, 5,
	  "key \"port\" was set already in line 2" },
	{ "a line that continues the one before",
	  "[database]\nconninfo = host=x\n  dbname=cowork\n", 0, 3,
	  "the line begins with white space; a value ends with its line" },
	{ "an indented key", "[listen]\n\tport = 1\n", 0, 2,
	  "the line begins with white space; a value ends with its line" },
	{ "a key alone", "[listen]\nport\n", 0, 2, "neither [section] nor key = value" },
	{ "a colon instead of the equals sign", "[listen]\nport: 1\n", 0, 2,
	  "write key = value, with \"=\" instead of \":\"" },
	{ "a colon before the equals sign", "[database]\nconninfo: host=x\n", 0, 2,
	  "write key = value, with \"=\" instead of \":\"" },
	{ "a value alone", "[listen]\n= 7470\n", 0, 2, "there is no key before \"=\"" },
	{ "a number that is none", "[listen]\nport = http\n", 0, 2,
	  "port: \"http\" must be a whole number" },
	{ "a number with words after it", "[listen]\nport = 7470 # ours\n", 0, 2,
	  "port: \"7470 # ours\" must be a whole number" },
	{ "a number without digits", "[listen]\nport =\n", 0, 2,
	  "port: \"\" must be a whole number" },
	{ "a negative number", "[listen]\nport = -1\n", 0, 2,
	  "port: \"-1\" must be a whole number" },
	{ "a number over its limit", "[listen]\nport = 65536\n", 0, 2,
	  "port: \"65536\" must be between 0 and 65535" },
	{ "a number under its limit", "[limits]\nin_flight = 0\n", 0, 2,
	  "in_flight: \"0\" must be between 1 and 1024" },
	{ "a number over every limit", "[listen]\nport = 99999999999999999999\n", 0, 2,
	  "port: \"99999999999999999999\" must be between 0 and 65535" },
	{ "a duration without a unit", "[limits]\nlogin_timeout = 10\n", 0, 2,
	  "login_timeout: \"10\" must be a number with ms, s, min or h, as in 10s" },
	{ "a duration of an unknown unit", "[limits]\nlogin_timeout = 10m\n", 0, 2,
	  "login_timeout: \"10m\" must be a number with ms, s, min or h, as in 10s" },
	{ "a duration with a blank in it", "[limits]\nlogin_timeout = 10 s\n", 0, 2,
	  "login_timeout: \"10 s\" must be a number with ms, s, min or h, as in 10s" },
	{ "a duration too long", "[limits]\nlogin_timeout = 1h\n", 0, 2,
	  "login_timeout: \"1h\" must be between 100ms and 10min" },
	{ "a duration that overflows", "[limits]\nlogin_timeout = 9223372036854775807h\n", 0, 2,
	  "login_timeout: \"9223372036854775807h\" must be between 100ms and 10min" },
	{ "a size of an unknown unit", "[limits]\noutput_bytes = 64kB\n", 0, 2,
	  "output_bytes: \"64kB\" must be bytes, or a number with KiB, MiB or GiB, as in 64KiB" },
	{ "a size too large", "[limits]\noutput_bytes = 1GiB\n", 0, 2,
	  "output_bytes: \"1GiB\" must be between 4KiB and 16MiB" },
	{ "a word that is not among the choices", "[log]\nlevel = verbose\n", 0, 2,
	  "level: \"verbose\" must be one of error, warning, notice, info, debug" },
	{ "a relative path", "[tls]\nkey = key.pem\n", 0, 2,
	  "key: \"key.pem\" must be an absolute path, as in /etc/coworkd/tls/key.pem" },
	{ "an empty path", "[tls]\nkey =\n", 0, 2,
	  "key: \"\" must be an absolute path, as in /etc/coworkd/tls/key.pem" },
	{ "an empty connection string", "[database]\nconninfo =\n", 0, 2,
	  "conninfo: must not be empty" },
	{ "a text over its limit", "[listen]\naddress = " LONG_100 "\n", 0, 2,
	  "address: is 100 bytes long; at most 64 are allowed" },
	{ "a name instead of an address", "[listen]\n\naddress = localhost\n", 0, 3,
	  "address: \"localhost\" must be a numeric address, as in 127.0.0.1 or ::1" },
	{ "an empty address", "[listen]\naddress =\n", 0, 2,
	  "address: \"\" must be a numeric address, as in 127.0.0.1 or ::1" },
	{ "a part larger than the whole",
	  "[limits]\nconnections = 10\nconnections_per_source = 11\n", 0, 3,
	  "connections_per_source: 11 is more than connections = 10 of line 2" },
	{ "a handshake longer than the login it is part of",
	  "[limits]\nhandshake_timeout = 20s\nlogin_timeout = 1500ms\n", 0, 2,
	  "handshake_timeout: 20s is more than login_timeout = 1500ms of line 3" },
	{ "a NUL byte", "[listen]\nport = 1\0 2\n", 21, 2, "control character 0x00 in the line" },
	{ "an escape sequence", "[listen]\n# \033[31m\n", 0, 2,
	  "control character 0x1b in the line" },
	{ "a file that is not UTF-8", "[listen]\n# caf\xe9\n", 0, 2, "the line is not UTF-8" },
	{ "the first of two problems", "[listen]\nport = x\nport = y\n", 0, 2,
	  "port: \"x\" must be a whole number" },
};

/* A file of the test's own with the given bytes; its path lives until the next call. */
static const char *write_file(const char *text, size_t len)
{
	static char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "test-config-%ld.conf", (long)getpid());
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	return path;
}

static struct config_file *load_bytes(const char *text, size_t len)
{
	struct config_problem problem = { "" };
	struct config_file *file = NULL;
	const char *path = write_file(text, len);
	int r = config_load(path, &file, &problem);

	unlink(path);
	assert_string_equal(problem.text, "");
	assert_int_equal(r, 0);
	return file;
}

static struct config_file *load(const char *text)
{
	return load_bytes(text, strlen(text));
}

static void is_refused(const char *text, size_t len, int line, const char *problem)
{
	struct config_problem found;
	struct config_file *file = NULL;
	const char *path = write_file(text, len);
	char wanted[600];

	assert_int_equal(config_load(path, &file, &found), -EINVAL);
	unlink(path);
	snprintf(wanted, sizeof(wanted), "%s:%d: %s", path, line, problem);
	assert_string_equal(found.text, wanted);
	assert_null(file);
}

static void broken_file_is_refused(void **state)
{
	const struct broken *row = *state;

	is_refused(row->text, row->len ? row->len : strlen(row->text), row->line, row->problem);
}

static void long_line_is_refused_and_the_longest_is_whole(void **state)
{
	static const char head[] = "[tls]\nkey = ";
	static char text[CONFIG_LINE_MAX + 100];
	struct config_file *file;

	strcpy(text, "# ");
	memset(text + 2, 'x', CONFIG_LINE_MAX - 1);
	strcpy(text + CONFIG_LINE_MAX + 1, "\n");
	is_refused(text, strlen(text), 1, "the line is longer than 8192 bytes");
	strcpy(text, head);
	memset(text + strlen(head), '/', 4096);
	strcpy(text + strlen(head) + 4096, "\r\n");
	file = load(text);
	assert_int_equal(strlen(config_values(file)->key), 4096);
	config_free(file);
}

static void secret_is_not_in_the_message(void **state)
{
	struct config_problem problem;
	struct config_file *file = NULL;
	char text[5000] = "[database]\nconninfo = password=hunter2 ";
	const char *path;

	memset(text + strlen(text), 'x', 4500);
	path = write_file(text, strlen(text));
	assert_int_equal(config_load(path, &file, &problem), -EINVAL);
	unlink(path);
	assert_null(strstr(problem.text, "hunter2"));
	assert_non_null(strstr(problem.text, "at most 4096"));
}

static void absent_file_is_named(void **state)
{
	struct config_problem problem;
	struct config_file *file = NULL;

	assert_int_equal(config_load("/nonexistent/c.conf", &file, &problem), -ENOENT);
	assert_string_equal(problem.text,
			    "/nonexistent/c.conf: could not be read: No such file or directory");
}

static void values_are_read(void **state)
{
	struct config_file *file = load("\xef\xbb\xbf# comment\r\n"
					"; comment = too\r\n"
					"   \r\n"
					"  # an indented comment\n"
					"[limits]\n"
					"login_timeout=1500ms\n"
					"drain_timeout = 0s\n"
					"request_timeout  =  2min  \n"
					"output_bytes = 1MiB\n"
					"[listen]\n"
					"address = ::1\n"
					"[limits]\n"
					"handshake_timeout = 1s\n"
					"[log]\n"
					"level = debug\n"
					"requests = none");
	const struct config *c = config_values(file);

	assert_int_equal(c->login_timeout, 1500);
	assert_int_equal(c->drain_timeout, 0);
	assert_int_equal(c->request_timeout, 120000);
	assert_int_equal(c->output_bytes, 1048576);
	assert_string_equal(c->address, "::1");
	assert_int_equal(c->handshake_timeout, 1000);
	assert_int_equal(c->level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->requests, CONFIG_REQUESTS_NONE);
	assert_int_equal(c->port, 7470);
	config_free(file);
}

static void semicolons_and_signs_in_a_value_are_kept(void **state)
{
	struct config_file *file =
		load("[database]\n"
		     "conninfo = host=/run password='a ;b #c' options='-c x=1'\n");

	assert_string_equal(config_values(file)->conninfo,
			    "host=/run password='a ;b #c' options='-c x=1'");
	config_free(file);
}

static void empty_file_gives_the_defaults(void **state)
{
	struct config_file *file = load(""), *fresh = config_new();
	char keys[CONFIG_FIXED_MAX];

	assert_int_equal(config_keep_fixed(file, fresh, keys), 0);
	assert_int_equal(config_values(file)->accepts, config_values(fresh)->accepts);
	config_free(file);
	config_free(fresh);
}

static void default_gives_way_to_what_was_written(void **state)
{
	struct config_file *file = load("[limits]\nconnections = 50\n");

	assert_int_equal(config_values(file)->connections_per_source, 50);
	assert_int_equal(config_values(file)->connections_before_login, 50);
	file = config_free(file);
	file = load("[limits]\nconnections_before_login = 5000\n");
	assert_int_equal(config_values(file)->connections, 5000);
	config_free(file);
}

static char *printed(void (*print)(const struct config_file *, FILE *),
		     const struct config_file *file)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	print(file, out);
	fclose(out);
	return text;
}

static void print_example(const struct config_file *file, FILE *out)
{
	config_example(out);
}

static void dump_names_the_place_of_each_value(void **state)
{
	struct config_file *file = load("[listen]\n\nport = 9\n[limits]\noutput_bytes = 65536\n");
	char *text = printed(config_dump, file);
	char port[100], bytes[100];

	snprintf(port, sizeof(port), "# test-config-%ld.conf:3\nport = 9\n", (long)getpid());
	snprintf(bytes, sizeof(bytes), "# test-config-%ld.conf:5\noutput_bytes = 64KiB\n",
		 (long)getpid());
	assert_non_null(strstr(text, port));
	assert_non_null(strstr(text, bytes));
	assert_non_null(strstr(text, "# default\nlogin_timeout = 10s\n"));
	free(text);
	config_free(file);
}

static void dump_masks_passwords_and_nothing_else(void **state)
{
	struct config_file *file =
		load("[database]\n"
		     "conninfo = host=/run password = 's3 \\' cret' user=coworkd\n"
		     "report_conninfo = postgresql://me:s3cret@db/x?sslpassword=s3cret&port=1\n"
		     "admin_conninfo = sslpassword=s3cret password=s3cret\n");
	char *text = printed(config_dump, file);

	assert_null(strstr(text, "s3"));
	assert_null(strstr(text, "cret"));
	assert_non_null(strstr(text, "conninfo = host=/run password = ******** user=coworkd\n"));
	assert_non_null(
		strstr(text, "postgresql://me:********@db/x?sslpassword=********&port=1\n"));
	free(text);
	config_free(file);
}

static void dump_can_be_loaded_and_dumps_the_same(void **state)
{
	struct config_file *file = load("[log]\nlevel = error\n[limits]\nlogin_timeout = 90s\n");
	char *first = printed(config_dump, file);
	struct config_file *again = load(first);

	assert_int_equal(config_values(again)->login_timeout, 90000);
	assert_int_equal(config_values(again)->level, LOG_LEVEL_ERROR);
	free(first);
	config_free(file);
	config_free(again);
}

/* Every option uncommented: each is there once, loadable, and its value is the default. */
static void example_holds_every_option_at_its_default(void **state)
{
	char *text = printed(print_example, NULL), *p = text, *dump;
	struct config_file *file, *fresh = config_new();

	while ((p = strstr(p, "\n#")))
		if (p[2] == ' ')
			p++;
		else
			memmove(p + 1, p + 2, strlen(p + 2) + 1);
	file = load(text);
	dump = printed(config_dump, file);
	assert_null(strstr(dump, "# default"));
	assert_string_equal(config_values(file)->conninfo, config_values(fresh)->conninfo);
	assert_int_equal(config_values(file)->drain_timeout, config_values(fresh)->drain_timeout);
	free(dump);
	free(text);
	config_free(file);
	config_free(fresh);
}

static void reload_keeps_what_needs_a_restart_and_names_it(void **state)
{
	struct config_file *old = load("[listen]\nport = 1\n[log]\nlevel = error\n");
	struct config_file *fresh = load("[listen]\nport = 2\n[log]\nlevel = debug\n"
					 "[database]\nconninfo = host=elsewhere\n");
	char keys[CONFIG_FIXED_MAX];

	assert_int_equal(config_keep_fixed(fresh, old, keys), 2);
	assert_string_equal(keys, "listen.port database.conninfo");
	assert_int_equal(config_values(fresh)->port, 1);
	assert_string_equal(config_values(fresh)->conninfo, config_values(old)->conninfo);
	assert_int_equal(config_values(fresh)->level, LOG_LEVEL_DEBUG);
	config_free(old);
	config_free(fresh);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(long_line_is_refused_and_the_longest_is_whole),
		cmocka_unit_test(secret_is_not_in_the_message),
		cmocka_unit_test(absent_file_is_named),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(semicolons_and_signs_in_a_value_are_kept),
		cmocka_unit_test(empty_file_gives_the_defaults),
		cmocka_unit_test(default_gives_way_to_what_was_written),
		cmocka_unit_test(dump_names_the_place_of_each_value),
		cmocka_unit_test(dump_masks_passwords_and_nothing_else),
		cmocka_unit_test(dump_can_be_loaded_and_dumps_the_same),
		cmocka_unit_test(example_holds_every_option_at_its_default),
		cmocka_unit_test(reload_keeps_what_needs_a_restart_and_names_it),
	};
	struct CMUnitTest tests[ARRAY_SIZE(broken) + ARRAY_SIZE(rest)];

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
		tests[i] = (struct CMUnitTest){
			.name = broken[i].name,
			.test_func = broken_file_is_refused,
			.initial_state = (void *)(uintptr_t)&broken[i],
		};
	memcpy(tests + ARRAY_SIZE(broken), rest, sizeof(rest));
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
