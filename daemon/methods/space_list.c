/* space.list: the spaces of a site. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct space_list {
	struct site_params at;
	struct field_int kind;
	const char *area;
	const char *floor;
	bool retired;
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct space_list, member)

static const struct field params[] = {
	SITE_FIELDS(struct space_list),
	{ "kind", FIELD_ENUM, AT(kind), .choices = space_kinds },
	{ "area", FIELD_CODE, AT(area) },
	{ "floor", FIELD_CODE, AT(floor) },
	{ "retired", FIELD_BOOL, AT(retired), .help = "retired ones too" },
	PAGE_FIELDS(struct space_list),
	FIELD_END,
};

static const struct db_statement LIST = {
	.name = "space_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.code AS cursor FROM cowork.space_facts v"
	       " WHERE v.site_id = $1 AND ($2::text IS NULL OR v.kind = $2)"
	       " AND ($3::text IS NULL OR lower(v.facts->>'area') = lower($3))"
	       " AND ($4::text IS NULL OR lower(v.facts->>'floor') = lower($4))"
	       " AND ($5::text = 't' OR v.state = 'active')"
	       " AND ($6::text IS NULL OR v.code > $6) ORDER BY v.code LIMIT $7::bigint"
	       ") f ON true WHERE s.site_id = $1::int",
	.params = 7,
};

static void start(struct request *request, void *data)
{
	struct space_list *op = data;

	op->query.request = request;
	query_param_int(&op->query, 0, request->site->id);
	if (op->kind.set)
		query_param(&op->query, 1, space_kinds[op->kind.value]);
	query_param(&op->query, 2, op->area);
	query_param(&op->query, 3, op->floor);
	query_param(&op->query, 4, op->retired ? "t" : "f");
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_space_list = {
	.name = "space.list",
	.summary = "the spaces of a site",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct space_list),
	.site_offset = AT(at),
	.noun = &noun_space,
	.list = true,
	.start = start,
};
