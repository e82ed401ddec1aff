/* See db_schema.h. */

#include "daemon/db_schema.h"

#include <stdlib.h>

#include "common/macros.h"
#include "daemon/admin.h"

static const struct db_statement VERSION = {
	.name = "schema",
	.sql = "SELECT coalesce(max(version), 0) FROM cowork.migration",
};

static void on_pause(struct timer *timer)
{
	struct db_schema *schema = container_of(timer, struct db_schema, pause);

	db_submit(schema->db, DB_CONTROL, &schema->call);
}

static void on_version(struct db_call *call)
{
	struct db_schema *schema = container_of(call, struct db_schema, call);
	const char *version = call->status == DB_DONE ? db_value(call, 0, 0) : NULL;

	timer_start(schema->loop, &schema->pause, DB_SCHEMA_PAUSE_MS);
	if (call->status == DB_REFUSED || (version && atoi(version) != admin_schema_version()))
		schema->changed(schema);
}

void db_schema_init(struct db_schema *schema, struct loop *loop, struct db *db,
		    void (*changed)(struct db_schema *schema))
{
	*schema = (struct db_schema){ .loop = loop, .db = db, .changed = changed };
	schema->call.statement = &VERSION;
	schema->call.done = on_version;
	schema->pause.fire = on_pause;
	timer_start(loop, &schema->pause, DB_SCHEMA_PAUSE_MS);
}

void db_schema_deinit(struct db_schema *schema)
{
	timer_stop(&schema->pause);
	db_forget(&schema->call);
}
