/* See whom.h. */

#include "daemon/whom.h"

#include "common/macros.h"
#include "daemon/people.h"
#include "daemon/request.h"

static const struct db_statement FIND = {
	.name = "whom_find",
	.sql = "SELECT m.person_id, m.tenant_id FROM cowork.member m"
	       " JOIN cowork.member_facts f USING (person_id) WHERE f.login = $1",
	.params = 1,
};

static void on_found(struct db_call *call)
{
	struct whom *whom = container_of(call, struct whom, call);
	struct request *request = whom->request;

	request->cancel = NULL;
	request_release(request);
	if (call->status != DB_DONE) {
		request_fail(request, ERROR_db_unavailable, NULL);
		return;
	}
	if (db_rows(call) == 1) {
		whom->id = db_value_int(call, 0, 0);
		whom->tenant_id = db_value_int(call, 0, 1);
	}
	whom->done(whom);
}

static bool cancel_find(struct request *request)
{
	struct whom *whom = request->waiting;

	db_forget(&whom->call);
	return true;
}

void whom_find(struct request *request, struct whom *whom, const char *login,
	       void (*done)(struct whom *whom))
{
	const struct person *person = people_by_login(request->services->people, login);

	whom->request = request;
	whom->done = done;
	whom->id = person ? person->id : 0;
	whom->tenant_id = person ? person->tenant_id : 0;
	if (person) {
		done(whom);
		return;
	}
	whom->call.statement = &FIND;
	whom->call.params[0] = login;
	whom->call.done = on_found;
	request->waiting = whom;
	request->cancel = cancel_find;
	request_hold(request);
	db_submit(request->services->db, DB_READS, &whom->call);
}
