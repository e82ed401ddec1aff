/*
 * password: set or change one's own. Whether there is an old one only the server knows; who has none
 * leaves it out.
 */

#include <errno.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/interrupt.h"
#include "client/secret.h"
#include "common/crypto.h"

static int read_old(struct client *client, const char *file, char out[SECRET_PASSWORD_MAX])
{
	int r;

	if (file)
		return secret_password(client, file, "", out);
	if (!secret_can_ask(client))
		return STATUS_OK;
	r = secret_ask(_("Old password (not shown; empty: there is none yet): "), out,
		       SECRET_PASSWORD_MAX);
	if (r == -ENOENT)
		complain(_("no password was given"));
	else if (r < 0 && r != -EINTR)
		complain("%s: %s", _("standard input"), strerror(-r));
	return r == 0 ? STATUS_OK : r == -EINTR ? STATUS_INTERRUPTED : STATUS_NOINPUT;
}

static int change(struct client *client, const char *old, const char *fresh)
{
	struct call call;
	int r;

	call_begin(&call, "session.password", true);
	if (*old)
		params_str(&call.params, "old", old);
	params_str(&call.params, "new", fresh);
	r = call_run(client, &call);
	if (r == STATUS_OK)
		note(&client->out, client->options.dry_run ? _("the password would be set")
							   : _("the password is set"));
	if (call.params.text.data)
		crypto_wipe(call.params.text.data, call.params.text.size);
	call_done(&call);
	return r;
}

int cmd_password(struct client *client, const struct command *command,
		 const struct arguments *arguments)
{
	char old[SECRET_PASSWORD_MAX] = "", fresh[SECRET_PASSWORD_MAX] = "";
	int r;

	(void)command;
	r = read_old(client, arguments_get(arguments, "old_password_file"), old);
	if (r == STATUS_OK)
		r = secret_new_password(client, arguments_get(arguments, "password_file"), false,
					fresh);
	if (r == STATUS_OK)
		r = change(client, old, fresh);
	crypto_wipe(old, sizeof(old));
	crypto_wipe(fresh, sizeof(fresh));
	return r;
}
