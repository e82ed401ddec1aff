/*
 * The life of one run: options, configuration, token, connection.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/complete.h"
#include "client/i18n.h"
#include "client/interrupt.h"
#include "client/lookup.h"
#include "client/state.h"
#include "common/civil.h"
#include "common/crypto.h"
#include "common/macros.h"
#include "common/reference.h"
#include "common/utf8.h"
#include "common/zone.h"

#define CONTEXT_DEFAULT "default"

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *first(const char *a, const char *b, const char *c)
{
	return a ? a : b ? b : c;
}

int client_load_config(struct client *client)
{
	struct config_problem problem = { 0 };
	const char *named;
	int r = paths_init(&client->paths);

	if (r < 0) {
		complain(_("there is no home folder: set HOME"));
		return STATUS_CONFIG;
	}
	r = config_load(client->paths.config, &client->config, &problem);
	if (r < 0) {
		complain("%s", problem.text);
		return STATUS_CONFIG;
	}
	named = first(client->options.context, environment("COWORK_CONTEXT"), NULL);
	client->context_name = first(named, client->config.current, CONTEXT_DEFAULT);
	client->context = config_find(&client->config, client->context_name);
	return STATUS_OK;
}

const char *client_site_or_none(const struct client *client)
{
	return first(client->options.site, environment("COWORK_SITE"),
		     client->context ? client->context->site : NULL);
}

const char *client_site(struct client *client)
{
	const char *site = client_site_or_none(client);

	if (!site) {
		complain(_("which site? None is given"));
		lookup_sites(client);
	}
	return site;
}

const char *client_zone(const struct client *client)
{
	return first(client->options.tz, client->context ? client->context->tz : NULL, NULL);
}

/* Whether both name the same host and port; NULL names none. */
static bool same_server(const char *a, const char *b)
{
	struct connection_target x, y;

	return a && b && connection_parse_server(a, &x) == 0 &&
	       connection_parse_server(b, &y) == 0 && strcasecmp(x.host, y.host) == 0 &&
	       strcmp(x.port, y.port) == 0;
}

const char *client_lang(const struct client *client)
{
	return first(client->options.lang, i18n_language(), NULL);
}

int client_target(struct client *client, struct connection_target *ret)
{
	const struct context *context = client->context;
	const char *own = context ? context->server : NULL;
	const char *server = first(client->options.server, environment("COWORK_SERVER"), own);

	*ret = (struct connection_target){ .ca = client->options.ca };
	if (!server) {
		complain(_("no server is known in context %s"), client->context_name);
		complain_more(_("try"), "cowork login --server HOST[:PORT]");
		return STATUS_CONFIG;
	}
	if (connection_parse_server(server, ret) < 0) {
		complain(_("\"%s\" is not a server; write HOST or HOST:PORT"), server);
		return STATUS_USAGE;
	}
	if (!same_server(own, server))
		return STATUS_OK;
	ret->certificate = context->certificate;
	ret->key = first(context->certificate_key, context->certificate, NULL);
	if (ret->ca)
		return STATUS_OK;
	ret->ca = context->ca;
	if (context->fingerprint) {
		if (tls_fingerprint_parse(context->fingerprint, client->fingerprint) < 0) {
			complain(_("fingerprint= of context %s is not one"), context->name);
			return STATUS_CONFIG;
		}
		ret->fingerprint = client->fingerprint;
	}
	return STATUS_OK;
}

/* A context's token is for its own server: another one must not even see it. */
static bool server_is_own(const struct client *client)
{
	const char *own = client->context ? client->context->server : NULL;
	const char *asked = first(client->options.server, environment("COWORK_SERVER"), own);

	return same_server(own, asked);
}

int client_find_token(struct client *client)
{
	const char *file = environment("COWORK_TOKEN_FILE");
	int r = -ENOENT;

	client->certificate = !file && server_is_own(client) && client->context->certificate;
	if (file)
		r = state_read_secret(file, client->token);
	else if (client->certificate)
		r = 0;
	else if (server_is_own(client))
		r = state_token(&client->paths, client->context_name, client->token);
	if (r < 0)
		client->token[0] = '\0';
	return r;
}

static bool server_is_known(const struct client *client)
{
	return client->options.server || environment("COWORK_SERVER") ||
	       (client->context && client->context->server);
}

bool client_has_login(const struct client *client)
{
	return client->certificate || client->token[0];
}

int client_load_token(struct client *client)
{
	const char *file = environment("COWORK_TOKEN_FILE");
	int r = client_find_token(client);

	if (r == 0)
		return STATUS_OK;
	if (r == -ENOENT && !file)
		complain(_("you are not logged in"));
	else if (r == -EINVAL)
		complain(_("what %s holds is not a token"), file ? file : _("the token's file"));
	else
		complain(_("the token cannot be read: %s"), strerror(-r));
	complain_more(_("try"), server_is_known(client) ? "cowork login"
							: "cowork login --server HOST[:PORT]");
	complain_more(_("help"), _("who invited you has the address and a one-time code"));
	return STATUS_AUTH;
}

int client_connect(struct client *client, const struct connection_target *target, int64_t deadline)
{
	struct session_start start = {
		.token = client->token[0] ? client->token : NULL,
		.certificate = client->certificate,
		.lang = client->options.lang,
		.tz = client_zone(client),
	};
	int r;

	if (session_is_open(&client->session))
		return 0;
	r = session_open(&client->session, target, &start, deadline, &client->report);
	if (r < 0)
		session_close(&client->session);
	return r;
}

/* Whose certificate is of another time has to be told: to trust it all the same helps nobody. */
static void tell_untrusted(const struct client *client)
{
	if (client->report.untimely) {
		complain_more(_("try"), _("tell the server's administrator, who has to renew it"));
		complain_more(_("or"), _("set this machine's clock, if that is wrong"));
	} else {
		complain_more(_("try"), _("--ca FILE, or accept its fingerprint by cowork login"));
	}
}

int client_tell_unreachable(struct client *client, int error)
{
	const char *problem = client->report.problem;

	switch (error) {
	case -EINTR:
		complain(_("interrupted"));
		return STATUS_INTERRUPTED;
	case -ETIMEDOUT:
		complain("%s", *problem ? problem : _("the server did not answer in time"));
		complain_more(_("try"), _("again, or a longer --timeout"));
		return STATUS_TEMPFAIL;
	case -EAGAIN:
		complain("%s", problem);
		return STATUS_TEMPFAIL;
	case -EACCES:
		complain("%s", problem);
		tell_untrusted(client);
		return STATUS_UNAVAILABLE;
	case -EPROTO:
		complain("%s", problem);
		return STATUS_PROTOCOL;
	case -EBADMSG:
		complain(_("the server's answer cannot be understood"));
		return STATUS_PROTOCOL;
	case -EMSGSIZE:
		complain(_("a message is too large"));
		return STATUS_DATA;
	case -EINVAL:
		complain("%s", *problem ? problem : strerror(-error));
		return STATUS_CONFIG;
	case -ENOMEM:
		complain(_("out of memory"));
		return STATUS_SOFTWARE;
	case -ECONNRESET:
		complain("%s", *problem ? problem : _("the connection to the server was lost"));
		return STATUS_UNAVAILABLE;
	default:
		complain("%s", *problem ? problem : strerror(-error));
		complain_more(_("try"), "cowork doctor");
		return STATUS_UNAVAILABLE;
	}
}

/* The one clock of the command; tests and the curious set it. */
static int set_now(struct client *client)
{
	const char *now = environment("COWORK_NOW");

	client->now = instant_now();
	if (!now || instant_parse(now, &client->now) == 0)
		return STATUS_OK;
	complain(_("COWORK_NOW is \"%s\", which is not an instant such as 2026-11-23T09:00:00Z"),
		 now);
	return STATUS_CONFIG;
}

/* A slip in a reference is told before anything is sent: it must not find another booking. */
static int check_reference(const char *ref)
{
	static const char symbols[] = "0123456789ABCDEFGHIJKLMNOPQRSTVWXYZ"
				      "abcdefghijklmnopqrstvwxyz";
	char canonical[REFERENCE_TEXT_MAX];

	if (!ref || strlen(ref) != REFERENCE_TEXT_MAX - 1 || !strchr("RrBb", ref[0]) ||
	    ref[1] != '-' || ref[2 + strspn(ref + 2, symbols)] != '\0')
		return STATUS_OK;
	if (reference_parse('R', ref, canonical) == 0 || reference_parse('B', ref, canonical) == 0)
		return STATUS_OK;
	complain(_("%s: the last symbol does not fit the others: there is a slip in it"), ref);
	return STATUS_DATA;
}

/* A zone that nobody knows would make every time be shown in another one. */
static int check_zone(const char *name)
{
	struct zone *zone = NULL;
	int r = name ? zone_load(name, NULL, &zone) : 0;

	zone_free(zone);
	if (r == 0)
		return STATUS_OK;
	complain(_("there is no time zone \"%s\" here: %s"), name, strerror(-r));
	complain_more(_("try"), _("a name such as Asia/Seoul or UTC"));
	return STATUS_USAGE;
}

static int run_command(struct client *client, const struct command *command, char **words,
		       int count)
{
	struct usage_problem problem = { 0 };
	struct arguments arguments;
	int r;

	if (arguments_parse(command->usage, words, count, &client->options, &arguments, &problem) <
	    0) {
		complain("%s", problem.text);
		complain_usage(command->name, command->usage);
		return STATUS_USAGE;
	}
	client->asked.arguments = &arguments;
	out_init(&client->out, &client->options);
	if (client->options.help)
		return command_help(client, command);
	r = set_now(client);
	if (r == STATUS_OK)
		r = check_zone(client->options.tz);
	if (r == STATUS_OK)
		r = check_reference(arguments_get(&arguments, "ref"));
	if (r == STATUS_OK)
		r = client_load_config(client);
	if (r == STATUS_OK && command->flags & COMMAND_LOGIN)
		r = client_load_token(client);
	if (r == STATUS_OK)
		r = command->run(client, command, &arguments);
	client->asked.arguments = NULL;
	return r;
}

/* Names and notes are kept as they are typed: half a character must not become another one. */
static int check_words(const struct client *client)
{
	for (int i = 1; i < client->argc; i++)
		if (!utf8_valid(client->argv[i], strlen(client->argv[i]))) {
			complain(_("word %d of the command is not valid UTF-8"), i);
			return STATUS_DATA;
		}
	return STATUS_OK;
}

static int dispatch(struct client *client)
{
	struct usage_problem problem = { 0 };
	const struct command *command = NULL;
	int skip;

	skip = command_find(client->argv + 1, client->argc - 1, &client->options, &command,
			    &problem);
	out_init(&client->out, &client->options);
	if (skip < 0) {
		complain("%s", problem.text);
		complain_more(_("try"), "cowork help");
		return STATUS_USAGE;
	}
	if (client->options.version) {
		out_printf(&client->out, "cowork %s\n", COWORK_VERSION);
		return STATUS_OK;
	}
	if (!command && client->options.help)
		return command_overview(client);
	if (!command)
		command = &command_none;
	return run_command(client, command, client->argv + 1 + skip, client->argc - 1 - skip);
}

int client_main(int argc, char **argv)
{
	struct client client = { .argc = argc, .argv = argv, .options = OPTIONS_INIT };
	int status, r = interrupt_init();

	if (r < 0) {
		complain("%s", strerror(-r));
		return STATUS_SOFTWARE;
	}
	if (argc > 1 && strcmp(argv[1], "__complete") == 0) {
		status = complete_run(&client);
	} else {
		status = check_words(&client);
		if (status == STATUS_OK)
			status = dispatch(&client);
	}
	session_close(&client.session);
	crypto_wipe(client.token, sizeof(client.token));
	config_deinit(&client.config);
	paths_deinit(&client.paths);
	r = out_finish(&client.out);
	return r != STATUS_OK ? r : status;
}
