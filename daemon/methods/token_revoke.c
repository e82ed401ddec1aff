/* token.revoke: a token is valid no longer. One's own; the operator's staff may revoke anybody's.
 */

#include "daemon/command.h"
#include "daemon/method.h"

struct token_revoke {
	struct mutation mutation;
	const char *token;
	struct command command;
};

#define AT(member) offsetof(struct token_revoke, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct token_revoke),
	{ "token", FIELD_STRING, AT(token), FIELD_REQUIRED, 8, 8,
	  .help = "its id, from token.list" },
	FIELD_END,
};

static bool write(struct command *command, struct jsonw *w)
{
	if (command->request->scope == SCOPE_OWN)
		jsonw_kint(w, "own_person", command->request->actor->person_id);
	return true;
}

static void start(struct request *request, void *data)
{
	struct token_revoke *op = data;

	op->command.write = write;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_token_revoke = {
	.name = "token.revoke",
	.summary = "end a token",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct token_revoke),
	.start = start,
};
