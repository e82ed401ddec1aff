/* site.show: one site. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct site_show {
	struct site_params at;
	struct query query;
};

#define AT(member) offsetof(struct site_show, member)

static const struct field params[] = {
	SITE_FIELDS(struct site_show),
	FIELD_END,
};

static const struct db_statement SHOW = {
	.name = "site_show",
	.sql = "SELECT s.rev, v.facts FROM cowork.site s LEFT JOIN cowork.site_facts v"
	       " ON v.site_id = s.site_id AND true"
	       " WHERE s.site_id = $1::int",
	.params = 1,
};

static void start(struct request *request, void *data)
{
	struct site_show *op = data;

	op->query.request = request;
	query_param_int(&op->query, 0, request->site->id);
	query_show(request, &op->query, &SHOW, "site");
}

const struct method method_site_show = {
	.name = "site.show",
	.summary = "one site",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct site_show),
	.site_offset = AT(at),
	.noun = &noun_site,
	.start = start,
};
