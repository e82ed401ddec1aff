/* site.list: the sites. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct site_list {
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct site_list, member)

static const struct field params[] = {
	PAGE_FIELDS(struct site_list),
	FIELD_END,
};

static const struct db_statement LIST = {
	.name = "site_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.code AS cursor FROM cowork.site_facts v"
	       " WHERE ($1::text IS NULL OR v.code > $1) ORDER BY v.code LIMIT $2::bigint"
	       ") f ON true WHERE s.site_id = 0",
	.params = 2,
};

static void start(struct request *request, void *data)
{
	struct site_list *op = data;

	op->query.request = request;
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_site_list = {
	.name = "site.list",
	.summary = "the sites",
	.params = params,
	.size = sizeof(struct site_list),
	.noun = &noun_site,
	.list = true,
	.start = start,
};
