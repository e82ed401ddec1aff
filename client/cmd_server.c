/*
 * whoami, status, call: questions to the server itself.
 */

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/view.h"

/* A method without parameters whose result is shown member by member. */
static int show_result(struct client *client, const char *method)
{
	struct call call;
	int r;

	call_begin(&call, method, false);
	r = call_run(client, &call);
	if (r == STATUS_OK)
		r = view_members(client, call_result(&call));
	call_done(&call);
	return r;
}

int cmd_whoami(struct client *client, const struct command *command,
	       const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	return show_result(client, "session.whoami");
}

int cmd_status(struct client *client, const struct command *command,
	       const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	return show_result(client, "server.status");
}

int cmd_call(struct client *client, const struct command *command,
	     const struct arguments *arguments)
{
	const char *params = arguments_get(arguments, "params");
	struct call call;
	int r;

	(void)command;
	/* Methods like session.ping answer without a login, so its absence is no error here. */
	(void)client_find_token(client);
	call_begin(&call, arguments_get(arguments, "method"),
		   client->options.key || client->options.dry_run);
	if (params && !params_members(&call.params, params)) {
		complain(_("the parameters are not one JSON object"));
		r = STATUS_DATA;
	} else {
		client->out.format = FORMAT_JSON;
		r = call_run(client, &call);
		if (r == STATUS_OK)
			r = view_members(client, call_result(&call));
	}
	call_done(&call);
	return r;
}
