/*
 * booking.list: bookings of a site, mine, my tenant's, a space's, or all, from one instant to
 * another or of a day.
 *
 * One statement for each way to look, so that each has its own plan and index. A page begins behind
 * the last start and reference of the one before, so that bookings that come and go between two
 * pages neither repeat nor hide others.
 */

#include "common/macros.h"
#include "daemon/day.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"
#include "daemon/wall_clock.h"

static const char *const states[] = { "live", "all", NULL };

struct booking_list {
	struct site_params at;
	bool mine;
	const char *tenant;
	const char *space;
	const char *date;
	struct field_when from;
	struct field_when to;
	struct field_int fold;
	struct field_int state;
	bool newest;
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct booking_list, member)

static const struct field params[] = {
	SITE_FIELDS(struct booking_list),
	{ "mine", FIELD_BOOL, AT(mine), .help = "only my own" },
	{ "tenant", FIELD_CODE, AT(tenant), .help = "only this tenant's" },
	{ "space", FIELD_CODE, AT(space), .help = "only of this space" },
	{ "date", FIELD_DATE, AT(date),
	  .help = "those of this day on the site's clock, 500 to a page unless told" },
	{ "from", FIELD_WHEN, AT(from), .help = "those that end after it" },
	{ "to", FIELD_WHEN, AT(to), .help = "those that start before it" },
	{ "fold", FIELD_INT, AT(fold), 0, 0, 1 },
	{ "state", FIELD_ENUM, AT(state), .choices = states,
	  .help = "live: those that hold their place; all: cancelled ones too" },
	{ "newest", FIELD_BOOL, AT(newest), .help = "the latest start first" },
	PAGE_FIELDS(struct booking_list),
	FIELD_END,
};

/* $1 site, $2 whose, $3 and $4 the interval, $5 state, $6 tenant the actor is bound to, $7 cursor,
 * $8 rows. No booking is longer than 366 days: said so, the index by start need not be read from
 * the site's first day on. */
#define LIST(statement, whose, exists, behind, order)                                              \
	{                                                                                          \
		.name = statement, .params = 8,                                                    \
		.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("    \
		       "SELECT v.facts, cowork.us(v.starts) || '/' || v.ref AS cursor"             \
		       " FROM cowork.booking_facts v WHERE v.site_id = s.site_id AND " whose       \
		       " AND v.starts < cowork.from_us($4::bigint)"                                \
		       " AND v.ends > cowork.from_us($3::bigint)"                                  \
		       " AND v.starts > cowork.from_us($3::bigint) - interval '366 days'"          \
		       " AND ($5::text = 'all' OR v.state IN ('held', 'confirmed', 'checked_in'))" \
		       " AND ($6::bigint IS NULL OR v.tenant_id = $6)"                             \
		       " AND CASE WHEN $7::text IS NULL THEN true"                                 \
		       " WHEN $7 ~ '^[0-9]{1,17}/' THEN (v.starts, v.ref) " behind                 \
		       " (cowork.from_us(split_part($7, '/', 1)::bigint), split_part($7, '/', 2))" \
		       " ELSE false END ORDER BY v.starts" order ", v.ref" order                   \
		       " LIMIT $8::bigint) f ON true WHERE s.site_id = $1::int AND " exists,       \
	}
/* Oldest first, and newest first. */
#define LISTS(statement, whose, exists)                                                            \
	{                                                                                          \
		LIST(statement, whose, exists, ">", ""),                                           \
			LIST(statement "_newest", whose, exists, "<", " DESC")                     \
	}

static const struct db_statement BY_MEMBER[] =
	LISTS("bookings_by_member", "v.member_id = $2::bigint", "true");
/* Another's tenant is no tenant to who is bound to one. */
static const struct db_statement BY_TENANT[] =
	LISTS("bookings_by_tenant",
	      "v.tenant_id = (SELECT t.tenant_id FROM cowork.tenant t"
	      " WHERE lower(t.code) = lower($2::text))",
	      "EXISTS (SELECT FROM cowork.tenant t WHERE lower(t.code) = lower($2)"
	      " AND ($6 IS NULL OR t.tenant_id = $6))");
static const struct db_statement BY_SPACE[] = LISTS(
	"bookings_by_space",
	"v.space_id = (SELECT p.space_id FROM cowork.space p WHERE"
	" p.site_id = $1::int AND lower(p.code) = lower($2::text))",
	"EXISTS (SELECT FROM cowork.space p WHERE p.site_id = $1 AND lower(p.code) = lower($2))");
static const struct db_statement BY_SITE[] = LISTS("bookings_by_site", "$2::text IS NULL", "true");

/* The filters exclude one another: each is a question of its own. */
static const struct db_statement *choose(struct request *request, struct booking_list *op)
{
	if (!!op->mine + !!op->tenant + !!op->space > 1) {
		request_fail_field(request, ERROR_params, op->mine ? "mine" : "tenant", "choice",
				   "mine, tenant and space cannot be asked for at once");
		return NULL;
	}
	if (op->mine) {
		query_param_int(&op->query, 1, request->actor->person_id);
		return BY_MEMBER;
	}
	query_param(&op->query, 1, op->tenant ? op->tenant : op->space);
	op->query.of = op->tenant ? "tenant" : op->space ? "space" : NULL;
	return op->tenant ? BY_TENANT : op->space ? BY_SPACE : BY_SITE;
}

/* The day of `date` on the site's clock. False: it has answered the request. */
static bool read_day(struct request *request, struct booking_list *op, int64_t *ret_from,
		     int64_t *ret_to)
{
	struct civil date;

	if (op->from.kind != FIELD_WHEN_ABSENT || op->to.kind != FIELD_WHEN_ABSENT) {
		request_fail_field(request, ERROR_params, "date", "choice",
				   "a date cannot be asked for together with from and to");
		return false;
	}
	if (!wall_clock_date(request, op->date, "date", &date))
		return false;
	*ret_from = day_begin(request->site->zone, &date);
	date = civil_from_seconds(civil_to_seconds(&date) + 86400);
	*ret_to = day_begin(request->site->zone, &date);
	if (!op->page.limit.set)
		op->page.limit = (struct field_int){ true, QUERY_LIMIT_MAX };
	return true;
}

/* The interval to look at. False: it has answered the request. */
static bool read_interval(struct request *request, struct booking_list *op, int64_t *ret_from,
			  int64_t *ret_to)
{
	if (op->date)
		return read_day(request, op, ret_from, ret_to);
	if (op->from.kind != FIELD_WHEN_ABSENT &&
	    !wall_clock_resolve(request, &op->from, &op->fold, "from", ret_from))
		return false;
	if (op->to.kind != FIELD_WHEN_ABSENT &&
	    !wall_clock_resolve(request, &op->to, &op->fold, "to", ret_to))
		return false;
	if (*ret_to > *ret_from)
		return true;
	request_fail_field(request, ERROR_bad_time, "to", "order", "to has to be after from");
	return false;
}

static void start(struct request *request, void *data)
{
	struct booking_list *op = data;
	const struct db_statement *statements;
	int64_t from = 0, to = INT64_C(253402300799000000); /* year 9999 */

	op->query.request = request;
	if (!read_interval(request, op, &from, &to))
		return;
	statements = choose(request, op);
	if (!statements)
		return;
	query_param_int(&op->query, 0, request->site->id);
	query_param_int(&op->query, 2, from);
	query_param_int(&op->query, 3, to);
	query_param(&op->query, 4, states[op->state.value]);
	if (request->scope == SCOPE_TENANT)
		query_param_int(&op->query, 5, request->actor->tenant_id);
	query_list(request, &op->query, &statements[op->newest], &op->page);
}

const struct method method_booking_list = {
	.name = "booking.list",
	.summary = "bookings of a site: mine, a tenant's, a space's or all, of a day or an "
		   "interval, in order of start",
	.flags = METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_list),
	.site_offset = AT(at),
	.noun = &noun_booking,
	.list = true,
	.start = start,
};
