/* booking.show: one booking. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct booking_show {
	struct site_params at;
	const char *ref;
	struct query query;
};

#define AT(member) offsetof(struct booking_show, member)

static const struct field params[] = {
	SITE_FIELDS(struct booking_show),
	{ "ref", FIELD_REF, AT(ref), FIELD_REQUIRED },
	FIELD_END,
};

static const struct db_statement SHOW = {
	.name = "booking_show",
	.sql = "SELECT s.rev, v.facts FROM cowork.site s LEFT JOIN cowork.booking_facts v"
	       " ON v.site_id = s.site_id AND v.ref = $2::text AND ($3::bigint IS NULL OR "
	       "v.tenant_id = $3)"
	       " WHERE s.site_id = $1::int",
	.params = 3,
};

static void start(struct request *request, void *data)
{
	struct booking_show *op = data;

	op->query.request = request;
	query_param_int(&op->query, 0, request->site->id);
	query_param(&op->query, 1, op->ref);
	if (request->scope == SCOPE_TENANT)
		query_param_int(&op->query, 2, request->actor->tenant_id);
	query_show(request, &op->query, &SHOW, "ref");
}

const struct method method_booking_show = {
	.name = "booking.show",
	.summary = "one booking",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_show),
	.site_offset = AT(at),
	.noun = &noun_booking,
	.start = start,
};
