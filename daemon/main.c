/*
 * The command line of coworkd: reads the configuration and hands over to the daemon or to one of
 * the subcommands that talk to PostgreSQL and end.
 *
 * Exit statuses: 0; 64 usage; 78 configuration; those of the subcommands are in admin.h.
 */

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/civil.h"
#include "common/macros.h"
#include "common/tls.h"
#include "daemon/admin.h"
#include "daemon/certificate.h"
#include "daemon/config.h"
#include "daemon/config_exposed.h"
#include "daemon/daemon.h"

static const char usage[] =
	"Usage: coworkd [--config FILE]             run the daemon in the foreground\n"
	"       coworkd [--config FILE] --check-config | --dump-config\n"
	"       coworkd [--config FILE] setup | migrate | verify [OPTION...]\n"
	"       coworkd --example-config | --version | --help\n"
	"\n"
	"--config FILE     instead of " CONFIG_PATH_DEFAULT "\n"
	"--check-config    say whether the configuration is right, and where it is not\n"
	"--dump-config     print what is in force, each value with the place it comes from\n"
	"--example-config  print a file with every option, explained, at its default\n";

enum action { RUN, CHECK_CONFIG, DUMP_CONFIG, EXAMPLE_CONFIG, VERSION, HELP };

struct invocation {
	enum action action;
	const char *config_path; /* NULL: not given */
};

/* 0 or -1 when the command line is wrong, which has been said then. */
static int read_command_line(int argc, char **argv, struct invocation *ret)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, CHECK_CONFIG },
		{ "dump-config", no_argument, NULL, DUMP_CONFIG },
		{ "example-config", no_argument, NULL, EXAMPLE_CONFIG },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, HELP },
		{ NULL },
	};
	int c;

	*ret = (struct invocation){ .action = RUN };
	/* "+": a subcommand's own options are for the subcommand. */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == '?')
			return -1;
		if (c == 'c')
			ret->config_path = optarg;
		else
			ret->action = (enum action)c;
	}
	return 0;
}

/*
 * The given file, which has to exist; or the usual one; or the defaults where that does not exist.
 * NULL when it is wrong, which has been said then.
 */
static struct config_file *load_config(const char *path)
{
	struct config_problem problem;
	struct config_file *file = NULL;

	if (!path && access(CONFIG_PATH_DEFAULT, F_OK) < 0)
		return config_new();
	if (config_load(path ? path : CONFIG_PATH_DEFAULT, &file, &problem) < 0) {
		fprintf(stderr, "%s\n", problem.text);
		return NULL;
	}
	return file;
}

struct command {
	const char *name;
	int (*run)(int argc, char **argv, const struct config *config);
	const char *usage;
};

static const struct command commands[] = {
	{ "migrate", admin_migrate, admin_migrate_usage },
	{ "setup", admin_setup, admin_setup_usage },
	{ "verify", admin_verify, admin_verify_usage },
};

/* The command with that name, or NULL. */
static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* "coworkd setup --help": whatever else stands there, and however the configuration is. */
static bool tell_usage(char **argv)
{
	const struct command *command = find_command(argv[0]);

	for (char **word = argv; command && *word; word++)
		if (!strcmp(*word, "--help") || !strcmp(*word, "-h")) {
			fputs(command->usage, stdout);
			return true;
		}
	return false;
}

/* Without any file it runs on the defaults, and a reload finds none either. */
static int run_daemon(const char *path, struct config_file **file)
{
	if (!path && access(CONFIG_PATH_DEFAULT, F_OK) == 0)
		path = CONFIG_PATH_DEFAULT;
	return daemon_run(file, path);
}

/* What the daemon would start with, and its log then tell. */
static void print_warnings(const struct config_file *file, int64_t expiry_usec)
{
	int64_t days = certificate_days_left(expiry_usec);
	char text[INSTANT_TEXT_MAX];

	config_exposed_print(file, stderr);
	if (days < CERTIFICATE_WARN_DAYS)
		fprintf(stderr, "warning: %s: the certificate expires soon, at %s: replace it\n",
			config_values(file)->certificate, instant_format(expiry_usec, text));
}

/* Certificate and key are part of it: without them the daemon would not start. */
static int check_config(const char *path, const struct config_file *file)
{
	struct tls_problem problem;
	struct ssl_ctx_st *tls = NULL;
	int64_t expiry = INT64_MAX;

	if (certificate_read(config_values(file), &tls, &problem) < 0) {
		fprintf(stderr, "%s\n", problem.text);
		return EX_CONFIG;
	}
	tls_certificate_expiry(tls, &expiry);
	tls_ctx_free(tls);
	print_warnings(file, expiry);
	if (path || access(CONFIG_PATH_DEFAULT, F_OK) == 0)
		printf("%s: the configuration is right, and so are certificate and key\n",
		       path ? path : CONFIG_PATH_DEFAULT);
	else
		puts("there is no " CONFIG_PATH_DEFAULT
		     ": every option is at its default; certificate and key are right");
	return 0;
}

static int act(const struct invocation *invocation, struct config_file **file, int argc,
	       char **argv)
{
	const char *path = invocation->config_path;
	const struct command *command;

	if (invocation->action == CHECK_CONFIG)
		return check_config(path, *file);
	if (invocation->action == DUMP_CONFIG) {
		config_dump(*file, stdout);
		return 0;
	}
	if (argc == 0)
		return run_daemon(path, file);
	command = find_command(argv[0]);
	if (command)
		return command->run(argc, argv, config_values(*file));
	fprintf(stderr, "coworkd: unknown command \"%s\"\n%s", argv[0], usage);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	struct invocation invocation;
	struct config_file *file;
	int status = 0;

	if (read_command_line(argc, argv, &invocation) < 0) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (invocation.action == HELP) {
		fputs(usage, stdout);
	} else if (invocation.action == VERSION) {
		puts("coworkd " COWORK_VERSION);
	} else if (invocation.action == EXAMPLE_CONFIG) {
		config_example(stdout);
	} else if (!tell_usage(argv + optind)) {
		file = load_config(invocation.config_path);
		status = file ? act(&invocation, &file, argc - optind, argv + optind) : EX_CONFIG;
		config_free(file);
	}
	if (fflush(stdout) != 0 && status == 0)
		status = EX_IOERR;
	return status;
}
