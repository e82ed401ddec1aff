/* See db_hints.h. */

#include "daemon/db_hints.h"

#include <stdio.h>

#include "common/macros.h"

static const struct db_statement HINT = {
	.name = "hint",
	.sql = "SELECT pg_notify('cowork', hint) FROM unnest($1::text[]) hint",
	.params = 1,
};

static void send_waiting(struct db_hints *hints)
{
	size_t used = 0;

	if (hints->busy || timer_running(&hints->pause) || hints->count == 0)
		return;
	for (int i = 0; i < hints->count; i++)
		used += (size_t)snprintf(hints->text + used, sizeof(hints->text) - used,
					 "%c\"%d %lld\"", i == 0 ? '{' : ',',
					 hints->waiting[i].site_id,
					 (long long)hints->waiting[i].rev);
	snprintf(hints->text + used, sizeof(hints->text) - used, "}");
	hints->count = 0;
	hints->busy = true;
	timer_start(hints->loop, &hints->pause, DB_HINT_PAUSE_MS);
	db_submit(hints->db, DB_CONTROL, &hints->call);
}

static void on_pause(struct timer *timer)
{
	send_waiting(container_of(timer, struct db_hints, pause));
}

static void on_told(struct db_call *call)
{
	struct db_hints *hints = container_of(call, struct db_hints, call);

	hints->busy = false;
	send_waiting(hints);
}

void db_hints_init(struct db_hints *hints, struct loop *loop, struct db *db)
{
	*hints = (struct db_hints){ .loop = loop, .db = db };
	hints->call.statement = &HINT;
	hints->call.params[0] = hints->text;
	hints->call.done = on_told;
	hints->pause.fire = on_pause;
}

void db_hints_deinit(struct db_hints *hints)
{
	timer_stop(&hints->pause);
	db_forget(&hints->call);
}

void db_hints_tell(struct db_hints *hints, int site_id, int64_t rev)
{
	for (int i = 0; i < hints->count; i++) {
		if (hints->waiting[i].site_id == site_id) {
			hints->waiting[i].rev = rev;
			return;
		}
	}
	if (hints->count < DB_HINTS_MAX) {
		hints->waiting[hints->count].site_id = site_id;
		hints->waiting[hints->count++].rev = rev;
	}
	send_waiting(hints);
}
