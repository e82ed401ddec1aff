/* tenant.create: add a tenant, a company. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct tenant_create {
	struct mutation mutation;
	const char *code;
	const char *name;
	const char *name_alt;
	const char *email;
	const char *external_id;
	struct command command;
};

#define AT(member) offsetof(struct tenant_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct tenant_create),
	{ "code", FIELD_CODE, AT(code), FIELD_REQUIRED, .help = "the word people say for it" },
	{ "name", FIELD_STRING, AT(name), FIELD_REQUIRED, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, 1, 200, .help = "in another language" },
	{ "email", FIELD_LOGIN, AT(email) },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200,
	  .help = "what it is called elsewhere" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct tenant_create *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_tenant_create = {
	.name = "tenant.create",
	.summary = "add a tenant, a company",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct tenant_create),
	.noun = &noun_tenant,
	.start = start,
};
