/* booking.history: what became of a booking, from the log itself. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct booking_history {
	struct site_params at;
	const char *ref;
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct booking_history, member)

static const struct field params[] = {
	SITE_FIELDS(struct booking_history),
	{ "ref", FIELD_REF, AT(ref), FIELD_REQUIRED },
	PAGE_FIELDS(struct booking_history),
	FIELD_END,
};

#define WALL(edge) "cowork.wall(cowork.from_us((h.body->>'" edge "')::bigint) AT TIME ZONE s.zone)"

static const struct db_statement LIST = {
	.name = "booking_history",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT jsonb_strip_nulls(jsonb_build_object('rev', h.rev, 'at', cowork.us(h.at),"
	       " 'kind', h.kind, 'actor', h.actor_login, 'space', p.code,"
	       " 'start', h.body->'start', 'end', h.body->'end', 'local', jsonb_build_object("
	       "'start', " WALL("start") ", 'end', " WALL(
		       "end") ", 'zone', s.zone),"
			      " 'state', h.body->'state',"
			      " 'version', h.body->'version', 'undo', h.body->'undo', 'tenant_id', "
			      "b.tenant_id)) "
			      "AS facts,"
			      " h.rev::text AS cursor"
			      " FROM cowork.booking b JOIN cowork.booking_history h"
			      " ON h.site_id = b.site_id AND h.booking_id = b.booking_id"
			      " LEFT JOIN cowork.space p ON p.site_id = b.site_id"
			      " AND p.space_id = (h.body->>'space')::bigint"
			      " WHERE b.site_id = s.site_id AND b.ref = $2::text"
			      " AND ($3::bigint IS NULL OR b.tenant_id = $3)"
			      " AND CASE WHEN $4::text IS NULL THEN true"
			      " WHEN $4 ~ '^[0-9]{1,17}$' THEN h.rev > $4::bigint ELSE false END"
			      " ORDER BY h.rev LIMIT $5::bigint) f ON true WHERE s.site_id = "
			      "$1::int",
	.params = 5,
};

static void start(struct request *request, void *data)
{
	struct booking_history *op = data;

	op->query.request = request;
	op->query.missing = "ref";
	query_param_int(&op->query, 0, request->site->id);
	query_param(&op->query, 1, op->ref);
	if (request->scope == SCOPE_TENANT)
		query_param_int(&op->query, 2, request->actor->tenant_id);
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_booking_history = {
	.name = "booking.history",
	.summary = "what became of a booking, oldest first",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_history),
	.site_offset = AT(at),
	.noun = &noun_event,
	.list = true,
	.start = start,
};
