/* member.list: the people of a tenant, or of all. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct member_list {
	const char *tenant;
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct member_list, member)

static const struct field params[] = {
	{ "tenant", FIELD_CODE, AT(tenant) },
	PAGE_FIELDS(struct member_list),
	FIELD_END,
};

static const struct db_statement LIST = {
	.name = "member_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.login AS cursor FROM cowork.member_facts v"
	       " WHERE ($1::bigint IS NULL OR v.tenant_id = $1)"
	       " AND ($2::text IS NULL OR lower(v.facts->>'tenant') = lower($2))"
	       " AND ($3::text IS NULL OR v.login > $3) ORDER BY v.login LIMIT $4::bigint"
	       ") f ON true WHERE s.site_id = 0 AND ($2 IS NULL OR EXISTS (SELECT FROM"
	       " cowork.tenant t WHERE lower(t.code) = lower($2)"
	       " AND ($1 IS NULL OR t.tenant_id = $1)))",
	.params = 4,
};

static void start(struct request *request, void *data)
{
	struct member_list *op = data;

	op->query.request = request;
	if (request->scope == SCOPE_TENANT)
		query_param_int(&op->query, 0, request->actor->tenant_id);
	op->query.of = op->tenant ? "tenant" : NULL;
	query_param(&op->query, 1, op->tenant);
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_member_list = {
	.name = "member.list",
	.summary = "the people of a tenant, or of all",
	.params = params,
	.size = sizeof(struct member_list),
	.noun = &noun_member,
	.list = true,
	.start = start,
};
