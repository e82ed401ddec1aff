/* space.show: one space. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct space_show {
	struct site_params at;
	const char *space;
	struct query query;
};

#define AT(member) offsetof(struct space_show, member)

static const struct field params[] = {
	SITE_FIELDS(struct space_show),
	{ "space", FIELD_CODE, AT(space), FIELD_REQUIRED },
	FIELD_END,
};

static const struct db_statement SHOW = {
	.name = "space_show",
	.sql = "SELECT s.rev, v.facts FROM cowork.site s LEFT JOIN cowork.space_facts v"
	       " ON v.site_id = s.site_id AND lower(v.code) = lower($2::text)"
	       " WHERE s.site_id = $1::int",
	.params = 2,
};

static void start(struct request *request, void *data)
{
	struct space_show *op = data;

	op->query.request = request;
	query_param_int(&op->query, 0, request->site->id);
	query_param(&op->query, 1, op->space);
	query_show(request, &op->query, &SHOW, "space");
}

const struct method method_space_show = {
	.name = "space.show",
	.summary = "one space",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct space_show),
	.site_offset = AT(at),
	.noun = &noun_space,
	.start = start,
};
