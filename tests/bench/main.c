/* cowork-load: makes load for measuring, see usage. */

#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/macros.h"
#include "load.h"

static const char usage[] =
	"Usage: cowork-load MODE --port PORT --ca FILE --tokens FILE [OPTION...]\n"
	"\n"
	"Makes load on a coworkd on loopback, says \"begin\" and \"end\" where it measures, and "
	"prints one\n"
	"line of JSON. An answer that is an error it was not told to expect ends it with status "
	"1.\n"
	"\n"
	"lines    requests of --lines, drawn at random: of each line "
	"{\"jsonrpc\":\"2.0\",\"id\":N, is left\n"
	"         out, so that it begins with \"method\":\n"
	"book     bookings that nobody else asks for, in spaces S-0000, S-0001, ...; with --first "
	"at the\n"
	"         `next` that the run before printed\n"
	"get      memcached's get of keys k000000, k000001, ... over TLS\n"
	"connect  connect, log in, ping, close\n"
	"hold     logged-in connections that do nothing, until standard input ends\n"
	"watch    that many watches of --site behind --since-rev, and bookings by one more "
	"connection each\n"
	"         --every-us; measured from a booking's answer to the event at each watch\n"
	"\n"
	"--port PORT         of the server, on 127.0.0.1\n"
	"--ca FILE           certificate of the server, which is called localhost\n"
	"--tokens FILE       one a line; the connections use them in turn\n"
	"--connections N     1 unless told\n"
	"--pipeline N        requests in flight on a connection, 1 unless told, at most 32\n"
	"--every-us N        ask at fixed times, so many microseconds apart over all connections, "
	"and measure\n"
	"                    from these times; not as soon as there was an answer\n"
	"--seconds S         how long it measures, 3 unless told\n"
	"--warmup S          how long it runs before, 0.5 unless told\n"
	"--expect KIND,...   errors that are counted and no failure, such as busy\n"
	"--seed N            of what is drawn\n"
	"--lines FILE        of lines\n"
	"--site CODE, --spaces N, --first-day YYYY-MM-DD, --first N    of book and watch\n"
	"--keys N            of get\n"
	"--since-rev REV     of watch\n";

static const struct mode {
	const char *name;
	void (*run)(struct load *load);
} modes[] = {
	{ "lines", mode_run },	     { "book", mode_run },  { "get", mode_run },
	{ "connect", mode_connect }, { "hold", mode_hold }, { "watch", mode_watch },
};

static const struct mode *mode_named(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

/* What an option holds: a text, or a number of the type that stands there. */
enum option_type {
	OPTION_TEXT,
	OPTION_INT,
	OPTION_UNSIGNED,
	OPTION_INT64,
	OPTION_UINT64,
	OPTION_REAL
};

#define AT(member) offsetof(struct options, member)

static const struct row {
	const char *name;
	enum option_type type;
	size_t offset;
	double least, most;
} rows[] = {
	{ "port", OPTION_INT, AT(port), 1, 65535 },
	{ "ca", OPTION_TEXT, AT(ca) },
	{ "tokens", OPTION_TEXT, AT(tokens) },
	{ "connections", OPTION_UNSIGNED, AT(connections), 1, 100000 },
	{ "pipeline", OPTION_UNSIGNED, AT(pipeline), 1, PIPELINE_MAX },
	{ "every-us", OPTION_INT64, AT(every_us), 1, 1e9 },
	{ "seconds", OPTION_REAL, AT(seconds), 0.01, 1e6 },
	{ "warmup", OPTION_REAL, AT(warmup), 0, 1e6 },
	{ "expect", OPTION_TEXT, AT(expect) },
	{ "seed", OPTION_UINT64, AT(seed), 0, 1e15 },
	{ "lines", OPTION_TEXT, AT(lines) },
	{ "site", OPTION_TEXT, AT(site) },
	{ "spaces", OPTION_UNSIGNED, AT(spaces), 1, 9999 },
	{ "first-day", OPTION_TEXT, AT(first_day) },
	{ "first", OPTION_UINT64, AT(first), 0, 1e12 },
	{ "keys", OPTION_UNSIGNED, AT(keys), 1, 999999 },
	{ "since-rev", OPTION_INT64, AT(since_rev), 0, 9e15 },
};

static double number(const struct row *row, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || value < row->least || value > row->most)
		die("%s: not a number from %g to %g", text, row->least, row->most);
	return value;
}

static void read_option(const struct row *row, const char *text, struct options *options)
{
	void *at = (char *)options + row->offset;

	switch (row->type) {
	case OPTION_TEXT:
		*(const char **)at = text;
		break;
	case OPTION_INT:
		*(int *)at = (int)number(row, text);
		break;
	case OPTION_UNSIGNED:
		*(unsigned *)at = (unsigned)number(row, text);
		break;
	case OPTION_INT64:
		*(int64_t *)at = (int64_t)number(row, text);
		break;
	case OPTION_UINT64:
		*(uint64_t *)at = (uint64_t)number(row, text);
		break;
	case OPTION_REAL:
		*(double *)at = number(row, text);
		break;
	}
}

/* False: it is wrong, or asks for help. */
static bool read_command_line(int argc, char **argv, struct options *options, bool *ret_help)
{
	struct option names[ARRAY_SIZE(rows) + 2] = { { "help", no_argument, NULL, 'h' } };
	int c, index;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		names[i + 1] = (struct option){ rows[i].name, required_argument, NULL, 'o' };
	while ((c = getopt_long(argc, argv, "", names, &index)) != -1) {
		*ret_help = c == 'h';
		if (c != 'o')
			return false;
		read_option(&rows[index - 1], optarg, options);
	}
	options->mode = argv[optind];
	return options->mode && !argv[optind + 1] && options->port && options->ca;
}

/* As many connections as it may be told to hold. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct options options = { .connections = 1,
				   .pipeline = 1,
				   .seconds = 3,
				   .warmup = 0.5,
				   .spaces = 1,
				   .first_day = "2026-01-01",
				   .keys = 1,
				   .since_rev = -1 };
	const struct mode *mode = NULL;
	struct load load;
	bool help = false;

	if (read_command_line(argc, argv, &options, &help))
		mode = mode_named(options.mode);
	if (!mode) {
		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 64;
	}
	signal(SIGPIPE, SIG_IGN);
	raise_limit();
	load_init(&load, &options);
	mode->run(&load);
	load_deinit(&load);
	return 0;
}
