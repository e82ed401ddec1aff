/* tenant.show: one tenant. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct tenant_show {
	const char *tenant;
	struct query query;
};

#define AT(member) offsetof(struct tenant_show, member)

static const struct field params[] = {
	{ "tenant", FIELD_CODE, AT(tenant), FIELD_REQUIRED },
	FIELD_END,
};

static const struct db_statement SHOW = {
	.name = "tenant_show",
	.sql = "SELECT s.rev, v.facts FROM cowork.site s LEFT JOIN cowork.tenant_facts v"
	       " ON lower(v.code) = lower($1::text) AND ($2::bigint IS NULL OR v.tenant_id = $2)"
	       " WHERE s.site_id = 0",
	.params = 2,
};

static void start(struct request *request, void *data)
{
	struct tenant_show *op = data;

	op->query.request = request;
	query_param(&op->query, 0, op->tenant);
	if (request->scope == SCOPE_TENANT)
		query_param_int(&op->query, 1, request->actor->tenant_id);
	query_show(request, &op->query, &SHOW, "tenant");
}

const struct method method_tenant_show = {
	.name = "tenant.show",
	.summary = "one tenant",
	.params = params,
	.size = sizeof(struct tenant_show),
	.noun = &noun_tenant,
	.start = start,
};
