/* block.list: the blocks of a site: what is out of service, from when to when. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct block_list {
	struct site_params at;
	const char *space;
	bool ended;
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct block_list, member)

static const struct field params[] = {
	SITE_FIELDS(struct block_list),
	{ "space", FIELD_CODE, AT(space) },
	{ "ended", FIELD_BOOL, AT(ended), .help = "those that are over or were ended, too" },
	PAGE_FIELDS(struct block_list),
	FIELD_END,
};

static const struct db_statement LIST = {
	.name = "block_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.ref AS cursor FROM cowork.block_facts v"
	       " WHERE v.site_id = $1 AND ($2::text IS NULL OR lower(v.facts->>'space') = "
	       "lower($2))"
	       " AND ($3::text = 't' OR (v.state = 'active' AND v.ends > now()))"
	       " AND ($4::text IS NULL OR v.ref > $4) ORDER BY v.ref LIMIT $5::bigint"
	       ") f ON true WHERE s.site_id = $1::int AND ($2 IS NULL OR EXISTS (SELECT FROM"
	       " cowork.space p WHERE p.site_id = $1 AND lower(p.code) = lower($2)))",
	.params = 5,
};

static void start(struct request *request, void *data)
{
	struct block_list *op = data;

	op->query.request = request;
	query_param_int(&op->query, 0, request->site->id);
	op->query.of = op->space ? "space" : NULL;
	query_param(&op->query, 1, op->space);
	query_param(&op->query, 2, op->ended ? "t" : "f");
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_block_list = {
	.name = "block.list",
	.summary = "the blocks of a site: what is out of service, from when to when",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct block_list),
	.site_offset = AT(at),
	.noun = &noun_block,
	.list = true,
	.start = start,
};
