/*
 * member.update: change a member. With the state "disabled" it is member.disable too. Whom somebody
 * disabled is let in again only by those who may change members of every tenant, the operator and
 * site admins: a tenant's admin cannot know why it was done, nor by whom. Nothing that let them in
 * before does so again; they are invited again for that.
 */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct member_update {
	struct mutation mutation;
	const char *login;
	const char *name;
	const char *lang;
	struct field_int role;
	struct field_int state;
	const char *external_id;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct member_update, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct member_update),
	{ "login", FIELD_LOGIN, AT(login), FIELD_REQUIRED },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "lang", FIELD_STRING, AT(lang), FIELD_CLEARABLE, 2, 35 },
	{ "role", FIELD_ENUM, AT(role), .choices = member_roles },
	{ "state", FIELD_ENUM, AT(state), .choices = person_states,
	  .help = "disabled: as member.disable; out of it only by operators and site admins" },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_CLEARABLE, 1, 200,
	  .help = "what it is called elsewhere" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

/* A tenant's admin changes people of that tenant only; others look as if they were not there. */
static bool write(struct command *command, struct jsonw *w)
{
	command_write_own(command, w);
	return true;
}

static void start(struct request *request, void *data)
{
	struct member_update *op = data;

	op->command.write = write;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_member_update = {
	.name = "member.update",
	.summary = "change a member",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct member_update),
	.noun = &noun_member,
	.start = start,
};
