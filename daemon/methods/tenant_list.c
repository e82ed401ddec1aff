/* tenant.list: the tenants. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct tenant_list {
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct tenant_list, member)

static const struct field params[] = {
	PAGE_FIELDS(struct tenant_list),
	FIELD_END,
};

static const struct db_statement LIST = {
	.name = "tenant_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.code AS cursor FROM cowork.tenant_facts v"
	       " WHERE ($1::bigint IS NULL OR v.tenant_id = $1)"
	       " AND ($2::text IS NULL OR v.code > $2) ORDER BY v.code LIMIT $3::bigint"
	       ") f ON true WHERE s.site_id = 0",
	.params = 3,
};

static void start(struct request *request, void *data)
{
	struct tenant_list *op = data;

	op->query.request = request;
	if (request->scope == SCOPE_TENANT)
		query_param_int(&op->query, 0, request->actor->tenant_id);
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_tenant_list = {
	.name = "tenant.list",
	.summary = "the tenants",
	.params = params,
	.size = sizeof(struct tenant_list),
	.noun = &noun_tenant,
	.list = true,
	.start = start,
};
