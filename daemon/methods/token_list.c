/* token.list: your own tokens. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct token_list {
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct token_list, member)

static const struct field params[] = {
	PAGE_FIELDS(struct token_list),
	FIELD_END,
};

static const struct db_statement LIST = {
	.name = "token_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.token_id AS cursor FROM cowork.token_facts v"
	       " WHERE v.person_id = $1::bigint AND ($2::text IS NULL OR v.token_id > $2)"
	       " ORDER BY v.token_id LIMIT $3::bigint"
	       ") f ON true WHERE s.site_id = 0",
	.params = 3,
};

static void start(struct request *request, void *data)
{
	struct token_list *op = data;

	op->query.request = request;
	query_param_int(&op->query, 0, request->actor->person_id);
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_token_list = {
	.name = "token.list",
	.summary = "your own tokens",
	.params = params,
	.size = sizeof(struct token_list),
	.noun = &noun_token,
	.list = true,
	.start = start,
};
