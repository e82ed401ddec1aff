/* tenant.update: change a tenant. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct tenant_update {
	struct mutation mutation;
	const char *tenant;
	const char *name;
	const char *name_alt;
	const char *email;
	struct field_int state;
	const char *external_id;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct tenant_update, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct tenant_update),
	{ "tenant", FIELD_CODE, AT(tenant), FIELD_REQUIRED },
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), FIELD_CLEARABLE, 1, 200,
	  .help = "in another language" },
	{ "email", FIELD_LOGIN, AT(email), FIELD_CLEARABLE },
	{ "state", FIELD_ENUM, AT(state), .choices = tenant_states },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_CLEARABLE, 1, 200,
	  .help = "what it is called elsewhere" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct tenant_update *op = data;

	command_run(request, &op->command, &op->mutation);
}

const struct method method_tenant_update = {
	.name = "tenant.update",
	.summary = "change a tenant",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct tenant_update),
	.noun = &noun_tenant,
	.start = start,
};
