/* See evictor.h. */

#include "daemon/evictor.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/log.h"

#define LOOK_MS 1000

static const struct db_statement EVICT = {
	.name = "evict",
	.sql = "SELECT cowork.evict($1, $2)",
	.params = 2,
};

static int64_t terminated;

int64_t evictor_count(void)
{
	return terminated;
}

static void take_look(struct evictor *evictor, const char *text, size_t len)
{
	_cleanup_(json_freep) struct cJSON *look = NULL;
	struct json_problem problem;
	int64_t root = 0;

	if (json_parse(text, len, &json_limits_reply, &look, &problem) < 0)
		return;
	json_int(look, "root", &root);
	snprintf(evictor->seen, sizeof(evictor->seen), "%lld", (long long)root);
	if (!json_bool(look, "terminated"))
		return;
	terminated++;
	log_warning("a stuck holder of a site's lock was terminated",
		    log_int("site", evictor->site_id), log_int("backend", root),
		    log_str("state", json_str(look, "state")),
		    log_str("wait", json_str(look, "wait")));
}

static void on_looked(struct db_call *call)
{
	struct evictor *evictor = container_of(call, struct evictor, call);

	evictor->looking = false;
	if (call->status == DB_DONE && db_rows(call) == 1 && db_value(call, 0, 0))
		take_look(evictor, db_value(call, 0, 0), (size_t)db_value_len(call, 0, 0));
	timer_start(evictor->loop, &evictor->timer, LOOK_MS);
}

static void on_timer(struct timer *timer)
{
	struct evictor *evictor = container_of(timer, struct evictor, timer);

	evictor->looking = true;
	evictor->call.statement = &EVICT;
	evictor->call.params[0] = evictor->pid;
	evictor->call.params[1] = evictor->seen;
	evictor->call.done = on_looked;
	db_submit(evictor->db, DB_CONTROL, &evictor->call);
}

void evictor_init(struct evictor *evictor, struct loop *loop, struct db *db, int site_id)
{
	*evictor = (struct evictor){ .loop = loop, .db = db, .site_id = site_id };
	evictor->timer.fire = on_timer;
}

void evictor_stop(struct evictor *evictor)
{
	timer_stop(&evictor->timer);
	if (evictor->looking)
		db_forget(&evictor->call);
	evictor->looking = false;
}

void evictor_deinit(struct evictor *evictor)
{
	evictor_stop(evictor);
}

void evictor_start(struct evictor *evictor, int backend_pid)
{
	evictor_stop(evictor);
	snprintf(evictor->pid, sizeof(evictor->pid), "%d", backend_pid);
	strcpy(evictor->seen, "0");
	timer_start(evictor->loop, &evictor->timer, LOOK_MS);
}
