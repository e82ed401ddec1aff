/* staff.grant: give a person a role among the staff and make a one-time code for the first login.
 */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "common/macros.h"
#include "daemon/invitation.h"

struct staff_grant {
	struct mutation mutation;
	const char *login;
	const char *name;
	const char *lang;
	struct field_int role;
	const char *site;
	struct invitation invitation;
	struct command command;
};

#define AT(member) offsetof(struct staff_grant, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct staff_grant),
	{ "login", FIELD_LOGIN, AT(login), FIELD_REQUIRED, .help = "e-mail address" },
	{ "name", FIELD_STRING, AT(name), FIELD_REQUIRED, 1, 200 },
	{ "lang", FIELD_STRING, AT(lang), 0, 2, 35 },
	{ "role", FIELD_ENUM, AT(role), FIELD_REQUIRED, .choices = staff_roles },
	{ "site", FIELD_CODE, AT(site), .help = "of one site; all sites unless told" },
	FIELD_END,
};

/* The one-time code is random: no part of what the request means. */
static void extra(struct command *command, struct jsonw *w)
{
	struct staff_grant *op = container_of(command, struct staff_grant, command);

	invitation_write(&op->invitation, w);
}

static void reply(struct command *command, struct jsonw *w)
{
	struct staff_grant *op = container_of(command, struct staff_grant, command);

	if (!command_replayed(command) && !command->lane.dry_run)
		jsonw_kstr(w, "code", op->invitation.text);
}

static void start(struct request *request, void *data)
{
	struct staff_grant *op = data;

	if (invitation_make(&op->invitation) < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	op->command.extra = extra;
	op->command.reply = reply;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_staff_grant = {
	.name = "staff.grant",
	.summary =
		"give a person a role among the staff and make a one-time code for the first login",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct staff_grant),
	.noun = &noun_staff,
	.result = invitation_result,
	.start = start,
};
