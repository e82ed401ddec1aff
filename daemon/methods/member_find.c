/*
 * member.find: whose login, or a word of whose name, begins like this. From memory: it is asked with
 * somebody standing at the desk.
 */

#include "common/macros.h"
#include "daemon/feed.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/people.h"

#define LIMIT	  20
#define LIMIT_MAX 500

struct member_find {
	const char *text;
	struct field_int limit;
};

#define AT(member) offsetof(struct member_find, member)

static const struct field params[] = {
	{ "text", FIELD_STRING, AT(text), FIELD_REQUIRED, 1, 100,
	  .help = "how the login begins, or a word of the name; case of ASCII letters is ignored" },
	{ "limit", FIELD_INT, AT(limit), 0, 1, LIMIT_MAX, .help = "20 unless told" },
	FIELD_END,
};

static const struct field found_fields[] = {
	{ "login", FIELD_LOGIN, 0 },
	{ "name", FIELD_STRING, 0 },
	{ "tenant", FIELD_CODE, 0 },
	{ "role", FIELD_ENUM, 0, .choices = member_roles },
	{ "state", FIELD_ENUM, 0, .choices = person_states },
	FIELD_END,
};

static const struct field result[] = {
	{ "members", FIELD_OBJECTS, 0, .fields = found_fields, .help = "in order of login" },
	{ "has_more", FIELD_BOOL, 0 },
	{ "rev", FIELD_INT, 0, .help = "of the operator's log" },
	{ "stale_ms", FIELD_INT, 0, .help = "age, while the database is away" },
	FIELD_END,
};

static void write_found(struct jsonw *w, const struct people *people, const struct person *person)
{
	const struct people_tenant *tenant = people_tenant(people, person->tenant_id);

	jsonw_object(w);
	jsonw_kstr(w, "login", person->login);
	jsonw_kstr(w, "name", person->name);
	if (tenant && tenant->code)
		jsonw_kstr(w, "tenant", tenant->code);
	jsonw_kstr(w, "role", member_roles[person->member_role]);
	jsonw_kstr(w, "state", person_states[person->member_state]);
	jsonw_object_end(w);
}

static void start(struct request *request, void *data)
{
	struct member_find *op = data;
	const struct services *services = request->services;
	int64_t tenant_id = request->scope == SCOPE_TENANT ? request->actor->tenant_id : 0;
	int64_t stale = feed_stale_ms(services->feed);
	const struct person *found[LIMIT_MAX];
	struct jsonw *w;
	size_t count;
	bool more;

	if (!people_ready(services->people)) {
		request_fail(request, ERROR_db_unavailable, NULL);
		return;
	}
	count = people_find(services->people, op->text, tenant_id, found,
			    op->limit.set ? (size_t)op->limit.value : LIMIT, &more);
	w = request_reply_begin(request);
	jsonw_object(w);
	jsonw_key(w, "members");
	jsonw_array(w);
	for (size_t i = 0; i < count; i++)
		write_found(w, services->people, found[i]);
	jsonw_array_end(w);
	jsonw_kbool(w, "has_more", more);
	jsonw_kint(w, "rev", people_rev(services->people));
	if (stale > 0)
		jsonw_kint(w, "stale_ms", stale);
	jsonw_object_end(w);
	request_reply_end(request);
}

const struct method method_member_find = {
	.name = "member.find",
	.summary = "members whose login, or a word of whose name, begins like this",
	.flags = METHOD_NO_DB,
	.params = params,
	.size = sizeof(struct member_find),
	.result = result,
	.start = start,
};
