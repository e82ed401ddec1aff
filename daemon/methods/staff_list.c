/* staff.list: the operator's own people, and what each may do where. */

#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/query.h"

struct staff_list {
	struct field_int role;
	const char *site;
	bool revoked;
	struct page_params page;
	struct query query;
};

#define AT(member) offsetof(struct staff_list, member)

static const struct field params[] = {
	{ "role", FIELD_ENUM, AT(role), .choices = staff_roles },
	{ "site", FIELD_CODE, AT(site), .help = "only who is there for this site, or for all" },
	{ "revoked", FIELD_BOOL, AT(revoked), .help = "those whose rights were ended, too" },
	PAGE_FIELDS(struct staff_list),
	FIELD_END,
};

/* No row at all: there is no such site. */
static const struct db_statement LIST = {
	.name = "staff_list",
	.sql = "SELECT s.rev, f.facts, f.cursor FROM cowork.site s LEFT JOIN LATERAL ("
	       "SELECT v.facts, v.login AS cursor FROM cowork.staff_facts v"
	       " WHERE ($1::text IS NULL OR v.role = $1)"
	       " AND ($2::text IS NULL OR v.site_id IS NULL"
	       " OR lower(v.facts->>'site') = lower($2))"
	       " AND ($3::bool OR v.state <> 'revoked')"
	       " AND ($4::text IS NULL OR v.login > $4) ORDER BY v.login LIMIT $5::bigint"
	       ") f ON true WHERE s.site_id = 0 AND ($2::text IS NULL OR EXISTS"
	       " (SELECT FROM cowork.site t WHERE t.site_id <> 0 AND lower(t.code) = lower($2)))",
	.params = 5,
};

static void start(struct request *request, void *data)
{
	struct staff_list *op = data;

	op->query.request = request;
	op->query.of = op->site ? "site" : NULL;
	query_param(&op->query, 0, op->role.set ? staff_roles[op->role.value] : NULL);
	query_param(&op->query, 1, op->site);
	query_param(&op->query, 2, op->revoked ? "t" : "f");
	query_list(request, &op->query, &LIST, &op->page);
}

const struct method method_staff_list = {
	.name = "staff.list",
	.summary = "the operator's own people, and what each may do where",
	.params = params,
	.size = sizeof(struct staff_list),
	.noun = &noun_staff,
	.list = true,
	.start = start,
};
