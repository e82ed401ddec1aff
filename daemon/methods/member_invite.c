/* member.invite: add a person to a tenant and make a one-time code for the first login. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "common/macros.h"
#include "daemon/invitation.h"
#include <strings.h>

struct member_invite {
	struct mutation mutation;
	const char *tenant;
	const char *login;
	const char *name;
	const char *lang;
	struct field_int role;
	const char *external_id;
	bool again;
	struct invitation invitation;
	struct command command;
};

#define AT(member) offsetof(struct member_invite, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct member_invite),
	{ "tenant", FIELD_CODE, AT(tenant), FIELD_REQUIRED },
	{ "login", FIELD_LOGIN, AT(login), FIELD_REQUIRED, .help = "e-mail address" },
	{ "name", FIELD_STRING, AT(name), FIELD_REQUIRED, 1, 200 },
	{ "lang", FIELD_STRING, AT(lang), 0, 2, 35 },
	{ "role", FIELD_ENUM, AT(role), .choices = member_roles },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200,
	  .help = "what it is called elsewhere" },
	{ "again", FIELD_BOOL, AT(again),
	  .help = "a member who lost code or token: another code, and what was given out ends" },
	FIELD_END,
};

/* The one-time code is random: no part of what the request means. */
static void extra(struct command *command, struct jsonw *w)
{
	struct member_invite *op = container_of(command, struct member_invite, command);

	invitation_write(&op->invitation, w);
}

static void reply(struct command *command, struct jsonw *w)
{
	struct member_invite *op = container_of(command, struct member_invite, command);

	if (!command_replayed(command) && !command->lane.dry_run)
		jsonw_kstr(w, "code", op->invitation.text);
}

static void start(struct request *request, void *data)
{
	struct member_invite *op = data;

	if (request->scope == SCOPE_TENANT && strcasecmp(op->tenant, request->actor->tenant) != 0) {
		request_fail(request, ERROR_forbidden,
			     "you may only invite people to your own tenant");
		return;
	}
	if (invitation_make(&op->invitation) < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	op->command.extra = extra;
	op->command.reply = reply;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_member_invite = {
	.name = "member.invite",
	.summary = "add a person to a tenant and make a one-time code for the first login",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct member_invite),
	.noun = &noun_member,
	.result = invitation_result,
	.start = start,
};
