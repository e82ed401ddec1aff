/* The shape of a block: on the wire, and in the facts of cowork.block_facts. */

#include "daemon/noun.h"

struct block_view {
	struct field_int id;
	const char *ref;
	const char *site;
	const char *space;
	struct field_int start;
	struct field_int end;
	struct noun_local local;
	const char *reason;
	const char *note;
	struct field_int state;
	struct field_int created;
	const char *external_id;
	struct field_int version;
};

#define AT(member) offsetof(struct block_view, member)

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "ref", FIELD_BLOCK, AT(ref), 0 },
	{ "site", FIELD_CODE, AT(site), 0 },
	{ "space", FIELD_CODE, AT(space), 0 },
	{ "start", FIELD_INSTANT, AT(start), 0 },
	{ "end", FIELD_INSTANT, AT(end), 0 },
	{ "local", FIELD_OBJECT, AT(local), .fields = noun_local_fields,
	  .help = "the same on the site's clock" },
	{ "reason", FIELD_CODE, AT(reason), 0, .help = "one word" },
	{ "note", FIELD_TEXT, AT(note), FIELD_STAFF },
	{ "state", FIELD_ENUM, AT(state), 0, .choices = block_states },
	{ "created", FIELD_INSTANT, AT(created), 0 },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_STAFF },
	{ "version", FIELD_INT, AT(version), 0 },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "block_by_id",
	.sql = "SELECT v.facts FROM cowork.block_facts v WHERE v.site_id = $1::int AND v.block_id "
	       "= $2::bigint",
	.params = 2,
};

const struct noun noun_block = {
	.name = "block",
	.plural = "blocks",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct block_view),
};
