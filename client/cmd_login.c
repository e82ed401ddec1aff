/*
 * login and logout. Login checks the token or swaps a code or a password for one, accepts the server's
 * certificate where the system does not know it, and writes the context and the token, in this
 * order: a token without its context would be of no use.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/interrupt.h"
#include "client/secret.h"
#include "client/state.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/uuid7.h"

/* Asks for a token or a code. */
static int ask_token(char out[TOKEN_TEXT_MAX])
{
	struct token_parts parts;
	char line[512] = "";
	int r = secret_ask(_("Token or one-time code (not shown): "), line, sizeof(line));

	if (r == 0) {
		size_t skip = strspn(line, " \t"), len = strcspn(line + skip, " \t\r");

		r = len > 0 && len < TOKEN_TEXT_MAX ? 0 : -EINVAL;
		if (r == 0) {
			memcpy(out, line + skip, len);
			out[len] = '\0';
			r = token_parse(out, &parts);
		}
	}
	crypto_wipe(line, sizeof(line));
	return r;
}

static int read_token(struct client *client, const struct arguments *arguments,
		      char out[TOKEN_TEXT_MAX])
{
	const char *file = arguments_get(arguments, "token_file");
	int r;

	if (!file)
		file = arguments_get(arguments, "code_file");
	if (!file && secret_can_ask(client))
		r = ask_token(out);
	else
		r = state_read_secret(file ? file : "-", out);
	if (r == 0)
		return STATUS_OK;
	if (r == -EINTR)
		return STATUS_INTERRUPTED;
	if (r == -EINVAL || r == -EMSGSIZE || r == -EFBIG)
		complain(_("that is not a token or code; check it for a slip"));
	else if (r == -ENOENT)
		complain(_("no token or code was given"));
	else
		complain("%s: %s", file ? file : _("standard input"), strerror(-r));
	return r == -EINVAL || r == -EMSGSIZE || r == -EFBIG ? STATUS_DATA : STATUS_NOINPUT;
}

/* The context to log in to, with what the options say about it. */
static int prepare_context(struct client *client, const struct arguments *arguments)
{
	const struct options *options = &client->options;
	const char *trust = arguments_get(arguments, "trust_fingerprint");
	const char *server = options->server ? options->server : getenv("COWORK_SERVER");
	struct context *context = config_add(&client->config, client->context_name);
	int r = 0;

	if (!context) {
		complain(_("\"%s\" is not a usable name for a context"), client->context_name);
		return STATUS_USAGE;
	}
	client->context = context;
	if (server && *server && (!context->server || strcmp(context->server, server) != 0)) {
		/* Another server: what was trusted and seen before means nothing there. */
		r = context_set(context, "server", server);
		(void)context_set(context, "fingerprint", NULL);
		(void)context_set(context, "ca", NULL);
		(void)context_set(context, "site", NULL);
		(void)context_set(context, "certificate", NULL);
		(void)context_set(context, "certificate_key", NULL);
	}
	if (r == 0 && options->site)
		r = context_set(context, "site", options->site);
	if (r == 0 && trust) {
		r = tls_fingerprint_parse(trust, client->fingerprint);
		if (r < 0)
			complain(_("--trust-fingerprint wants SHA256: and 32 bytes in hex"));
		else
			r = context_set(context, "fingerprint", trust);
	}
	if (r == 0 && !client->config.current)
		r = config_set_current(&client->config, context->name);
	return r == 0 ? STATUS_OK : r == -EINVAL ? STATUS_USAGE : STATUS_SOFTWARE;
}

static bool ask_yes(const char *question)
{
	char line[16];

	fprintf(stderr, "%s", question);
	return secret_ask_line(" [y/N] ", line, sizeof(line)) == 0 &&
	       (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}

/* On two lines for eyes to compare, on one to be copied. */
static void show_fingerprint(const char *text, bool ask)
{
	/* ":XX" for each byte. The colon begins the second line: at the end of the first it would look
	 * like a question. */
	const char *half = ask ? text + strlen("SHA256") + 3 * (SHA256_SIZE / 2) : text;

	if (ask)
		complain_more(_("print"), "%.*s", (int)(half - text), text);
	complain_more(ask ? "" : _("print"), "%s", half);
}

/* Shows the certificate's fingerprint and asks whether it is the right one. */
static int offer_fingerprint(struct client *client, struct connection_target target)
{
	struct connection_report report;
	struct connection *connection = NULL;
	char text[TLS_FINGERPRINT_TEXT_MAX];
	bool ask;
	int r;

	target.probe = true;
	r = connection_open(&target, monotonic_now() + client->options.timeout_usec, &connection,
			    &report);
	connection_close(connection);
	if (r < 0) {
		client->report = report;
		return client_tell_unreachable(client, r);
	}
	tls_fingerprint_format(report.fingerprint, text);
	complain(_("%s"), client->report.problem);
	ask = isatty(STDIN_FILENO) && !client->options.no_input;
	show_fingerprint(text, ask);
	if (!ask) {
		complain_more(_("try"), _("compare it with the server's, then give "
					  "--trust-fingerprint, or --ca FILE"));
		return STATUS_UNAVAILABLE;
	}
	if (!ask_yes(_("Is this the fingerprint that the server's administrator tells?")))
		return interrupt_pending() ? STATUS_INTERRUPTED : 2;
	if (context_set(client->context, "fingerprint", text) < 0)
		return STATUS_SOFTWARE;
	return STATUS_OK;
}

/* Connects once, to learn whether the certificate is trusted before any secret is sent. */
static int check_trust(struct client *client)
{
	struct connection_target target;
	int r = client_target(client, &target);

	if (r != STATUS_OK)
		return r;
	r = client_connect(client, &target, monotonic_now() + client->options.timeout_usec);
	session_close(&client->session);
	if (r == -EACCES && !target.ca && !target.fingerprint && !client->report.untimely)
		return offer_fingerprint(client, target);
	return r < 0 ? client_tell_unreachable(client, r) : STATUS_OK;
}

/* Swaps what the parameters hold for a token, which comes into `secret`. */
static int swap(struct client *client, struct call *call, char secret[TOKEN_TEXT_MAX])
{
	char host[65] = "", label[100], key[UUID_TEXT_MAX];
	const char *token;
	int r;

	(void)gethostname(host, sizeof(host) - 1);
	snprintf(label, sizeof(label), "cowork%s%s", *host ? " on " : "", host);
	r = uuid7_make(instant_now(), key) < 0 ? STATUS_SOFTWARE : STATUS_OK;
	params_str(&call->params, "label", label);
	params_str(&call->params, "key", key);
	if (r == STATUS_OK)
		r = call_run(client, call);
	token = json_str(call_result(call), "token");
	if (r == STATUS_OK && (!token || strlen(token) >= TOKEN_TEXT_MAX)) {
		complain(_("the login worked, but its token did not arrive; log in again"));
		r = STATUS_AUTH;
	}
	if (r == STATUS_OK)
		strcpy(secret, token);
	if (call->params.text.data)
		crypto_wipe(call->params.text.data, call->params.text.size);
	call_done(call);
	session_close(&client->session);
	return r;
}

/* On a terminal a password may come along, so that the next login needs no code. */
static int redeem(struct client *client, char secret[TOKEN_TEXT_MAX])
{
	char password[SECRET_PASSWORD_MAX] = "";
	struct call call;
	int r = STATUS_OK;

	if (secret_can_ask(client)) {
		complain_more(_("hint"), _("a password lets you log in elsewhere without a code"));
		r = secret_new_password(client, NULL, true, password);
	}
	if (r == STATUS_OK) {
		call_begin(&call, "session.auth", false);
		params_str(&call.params, "code", secret);
		if (*password)
			params_str(&call.params, "password", password);
		r = swap(client, &call, secret);
	}
	crypto_wipe(password, sizeof(password));
	return r;
}

/* Where there is exactly one site, nobody needs to name it. */
static void adopt_only_site(struct client *client)
{
	const struct cJSON *sites;
	const char *code;
	struct call call;

	if (client->context->site || client->options.dry_run)
		return;
	call_begin(&call, "site.list", false);
	if (call_try(client, &call) == 0) {
		sites = json_get(call_result(&call), "sites");
		code = json_str(json_first(sites), "code");
		if (json_count(sites) == 1 && code)
			(void)context_set(client->context, "site", code);
	}
	call_done(&call);
}

static int save(struct client *client, const char *secret)
{
	int r;

	if (client->options.dry_run)
		return STATUS_OK;
	r = config_save(client->paths.config, &client->config);
	if (r < 0) {
		complain("%s: %s", client->paths.config, strerror(-r));
		return STATUS_IO;
	}
	/* Revs of an earlier server under this name would make every read wait for a past it never
	 * had. */
	(void)state_forget_sites(&client->paths, client->context_name);
	r = *secret ? state_save_token(&client->paths, client->context_name, secret)
		    : state_forget_token(&client->paths, client->context_name);
	if (r < 0) {
		complain("%s: %s", client->paths.state, strerror(-r));
		return STATUS_IO;
	}
	return STATUS_OK;
}

/* Logs in by the token, or where there is none by the certificate, and says as whom. */
static int prove(struct client *client, const char *secret)
{
	struct call call;
	int r;

	strcpy(client->token, secret);
	call_begin(&call, "session.whoami", false);
	r = call_run(client, &call);
	if (r == STATUS_OK)
		adopt_only_site(client);
	if (r == STATUS_OK)
		r = save(client, secret);
	if (r == STATUS_OK) {
		const char *login = json_str(call_result(&call), "login");
		const char *site = client_site_or_none(client);

		note(&client->out,
		     client->options.dry_run ? _("would be logged in to %s as %s%s%s")
					     : _("logged in to %s as %s%s%s"),
		     client->context->server, login ? login : "?", site ? _(", site ") : "",
		     site ? site : "");
		hint(&client->out, _("Try"),
		     site ? "cowork   cowork free   cowork book desk tomorrow 9-17"
			  : "cowork site list");
	}
	call_done(&call);
	return r;
}

static int ask_login(struct client *client, char out[256])
{
	int r = secret_can_ask(client) ? secret_ask_line(_("Login (an e-mail address): "), out, 256)
				       : -ENOENT;

	if (r == 0 && *out)
		return STATUS_OK;
	if (r == -EINTR)
		return STATUS_INTERRUPTED;
	complain(_("whose password? No login is given"));
	complain_more(_("try"), "cowork login LOGIN");
	return STATUS_USAGE;
}

static int by_password(struct client *client, const struct arguments *arguments)
{
	char password[SECRET_PASSWORD_MAX] = "", secret[TOKEN_TEXT_MAX] = "", asked[256] = "";
	const char *login = arguments_get(arguments, "login");
	struct call call;
	int r = STATUS_OK;

	if (!login) {
		r = ask_login(client, asked);
		login = asked;
	}
	if (r == STATUS_OK)
		r = secret_password(client, arguments_get(arguments, "password_file"),
				    _("Password (not shown): "), password);
	if (r == STATUS_OK && client->options.dry_run) {
		note(&client->out, _("the password would be swapped for a token"));
	} else if (r == STATUS_OK) {
		call_begin(&call, "session.auth", false);
		params_str(&call.params, "login", login);
		params_str(&call.params, "password", password);
		r = swap(client, &call, secret);
		if (r == STATUS_OK)
			r = prove(client, secret);
	}
	crypto_wipe(password, sizeof(password));
	crypto_wipe(secret, sizeof(secret));
	return r;
}

static int by_token(struct client *client, const struct arguments *arguments)
{
	char secret[TOKEN_TEXT_MAX] = "";
	struct token_parts parts;
	bool code = false;
	int r = read_token(client, arguments, secret);

	if (r == STATUS_OK && token_parse(secret, &parts) == 0)
		code = parts.type == TOKEN_CODE;
	if (r == STATUS_OK && code && client->options.dry_run) {
		/* A code works once: asking the server about it would use it up. */
		note(&client->out, _("the code is well-formed; it would be swapped for a token"));
	} else {
		if (r == STATUS_OK && code)
			r = redeem(client, secret);
		if (r == STATUS_OK)
			r = prove(client, secret);
	}
	crypto_wipe(secret, sizeof(secret));
	return r;
}

static int keep_path(struct context *context, const char *key, const char *file)
{
	int r = context_set_file(context, key, file);

	if (r == -EINVAL)
		complain(_("\"%s\" is no name of a file to keep"), file);
	else if (r < 0)
		complain("%s: %s", file ? file : key, strerror(-r));
	return r == -EINVAL ? STATUS_DATA : r < 0 ? STATUS_NOINPUT : STATUS_OK;
}

/* A context logs in by a certificate or by a token. */
static int choose_certificate(struct client *client, const struct arguments *arguments)
{
	const char *certificate = arguments_get(arguments, "certificate");
	const char *key = arguments_get(arguments, "certificate_key");
	int r;

	if (key && !certificate) {
		complain(_("--certificate-key wants --certificate"));
		return STATUS_USAGE;
	}
	r = keep_path(client->context, "certificate", certificate);
	return r == STATUS_OK ? keep_path(client->context, "certificate_key", key) : r;
}

/* Each way in leaves the others out. */
static bool is_one_way(const struct arguments *arguments, bool password)
{
	if (password + arguments_has(arguments, "token_file") +
		    arguments_has(arguments, "code_file") +
		    arguments_has(arguments, "certificate") <=
	    1)
		return true;
	complain(_("log in by one thing: a token, a code, a password or a certificate"));
	return false;
}

int cmd_login(struct client *client, const struct command *command,
	      const struct arguments *arguments)
{
	bool password = arguments_has(arguments, "login") || arguments_has(arguments, "password") ||
			arguments_has(arguments, "password_file");
	int r;

	(void)command;
	if (!is_one_way(arguments, password))
		return STATUS_USAGE;
	r = prepare_context(client, arguments);
	if (r == STATUS_OK && client->options.ca)
		r = keep_path(client->context, "ca", client->options.ca);
	if (r == STATUS_OK)
		r = choose_certificate(client, arguments);
	if (r == STATUS_OK)
		r = check_trust(client);
	if (r != STATUS_OK)
		return r;
	if (password)
		return by_password(client, arguments);
	client->certificate = arguments_has(arguments, "certificate");
	return client->certificate ? prove(client, "") : by_token(client, arguments);
}

/* The files stay where they are; the context does not name them any more. */
static int forget_certificate(struct client *client)
{
	if (!client->context || !client->context->certificate)
		return 0;
	(void)context_set(client->context, "certificate", NULL);
	(void)context_set(client->context, "certificate_key", NULL);
	return config_save(client->paths.config, &client->config);
}

int cmd_logout(struct client *client, const struct command *command,
	       const struct arguments *arguments)
{
	int r;

	(void)command;
	(void)arguments;
	if (client->options.dry_run) {
		note(&client->out, _("the token of context %s would be forgotten here"),
		     client->context_name);
		return STATUS_OK;
	}
	r = state_forget_token(&client->paths, client->context_name);
	if (r == 0)
		r = forget_certificate(client);
	if (r < 0) {
		complain(_("the token cannot be removed: %s"), strerror(-r));
		return STATUS_IO;
	}
	(void)state_forget_sites(&client->paths, client->context_name);
	note(&client->out, _("the token of context %s is forgotten here"), client->context_name);
	return STATUS_OK;
}
