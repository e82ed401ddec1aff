/* area.list: the areas of a site. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct area_list {
	struct site_params at;
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct area_list, member)

static const struct field params[] = {
	SITE_FIELDS(struct area_list),
	PAGE_FIELDS(struct area_list),
	FIELD_END,
};

static const struct db_statement LIST = {
	.name = "area_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.code AS cursor FROM cowork.area_facts v"
	       " WHERE v.site_id = $1 AND ($2::text IS NULL OR v.code > $2) ORDER BY v.code LIMIT "
	       "$3::bigint"
	       ") f ON true WHERE s.site_id = $1::int",
	.params = 3,
};

static void start(struct request *request, void *data)
{
	struct area_list *op = data;

	op->query.request = request;
	query_param_int(&op->query, 0, request->site->id);
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_area_list = {
	.name = "area.list",
	.summary = "the areas of a site",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct area_list),
	.site_offset = AT(at),
	.noun = &noun_area,
	.list = true,
	.start = start,
};
