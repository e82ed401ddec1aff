/*
 * staff.revoke: end the rights of one of the staff, with tokens, codes and password, whatever they
 * are besides: a member is invited again.
 */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct staff_revoke {
	struct mutation mutation;
	const char *login;
	struct command command;
};

#define AT(member) offsetof(struct staff_revoke, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct staff_revoke),
	{ "login", FIELD_LOGIN, AT(login), FIELD_REQUIRED },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct staff_revoke *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_staff_revoke = {
	.name = "staff.revoke",
	.summary = "end the rights of one of the staff",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct staff_revoke),
	.noun = &noun_staff,
	.start = start,
};
