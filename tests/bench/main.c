/* cowork-load: makes load for measuring, see usage. */

#include <getopt.h>
#include <signal.h>
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

static double number(const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || value < least || value > most)
		die("%s: not a number from %g to %g", text, least, most);
	return value;
}

static void read_option(int c, const char *text, struct options *options)
{
	switch (c) {
	case 'p':
		options->port = (int)number(text, 1, 65535);
		break;
	case 'a':
		options->ca = text;
		break;
	case 't':
		options->tokens = text;
		break;
	case 'c':
		options->connections = (unsigned)number(text, 1, 100000);
		break;
	case 'd':
		options->pipeline = (unsigned)number(text, 1, PIPELINE_MAX);
		break;
	case 'e':
		options->every_us = (int64_t)number(text, 1, 1e9);
		break;
	case 's':
		options->seconds = number(text, 0.01, 1e6);
		break;
	case 'w':
		options->warmup = number(text, 0, 1e6);
		break;
	case 'x':
		options->expect = text;
		break;
	case 'r':
		options->seed = (uint64_t)number(text, 0, 1e15);
		break;
	case 'l':
		options->lines = text;
		break;
	case 'S':
		options->site = text;
		break;
	case 'n':
		options->spaces = (unsigned)number(text, 1, 9999);
		break;
	case 'f':
		options->first_day = text;
		break;
	case 'F':
		options->first = (uint64_t)number(text, 0, 1e12);
		break;
	case 'k':
		options->keys = (unsigned)number(text, 1, 999999);
		break;
	case 'R':
		options->since_rev = (int64_t)number(text, 0, 9e15);
		break;
	default:
		break;
	}
}

/* False: it is wrong, or asks for help, which has been given then. */
static bool read_command_line(int argc, char **argv, struct options *options, bool *ret_help)
{
	static const struct option names[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "ca", required_argument, NULL, 'a' },
		{ "tokens", required_argument, NULL, 't' },
		{ "connections", required_argument, NULL, 'c' },
		{ "pipeline", required_argument, NULL, 'd' },
		{ "every-us", required_argument, NULL, 'e' },
		{ "seconds", required_argument, NULL, 's' },
		{ "warmup", required_argument, NULL, 'w' },
		{ "expect", required_argument, NULL, 'x' },
		{ "seed", required_argument, NULL, 'r' },
		{ "lines", required_argument, NULL, 'l' },
		{ "site", required_argument, NULL, 'S' },
		{ "spaces", required_argument, NULL, 'n' },
		{ "first-day", required_argument, NULL, 'f' },
		{ "first", required_argument, NULL, 'F' },
		{ "keys", required_argument, NULL, 'k' },
		{ "since-rev", required_argument, NULL, 'R' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		*ret_help = c == 'h';
		if (c == '?' || c == 'h')
			return false;
		read_option(c, optarg, options);
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
