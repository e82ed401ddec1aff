/* The shape of a site: on the wire, and in the facts of cowork.site_facts. */

#include "daemon/noun.h"
#include "daemon/site_rules.h"

struct site_view {
	struct field_int id;
	const char *code;
	const char *name;
	const char *name_alt;
	const char *zone;
	struct field_int open;
	struct field_int close;
	struct field_ints closed_days;
	struct site_rules rules;
	const char *currency;
	const char *locale;
	const char *external_id;
	struct field_int version;
};

#define AT(member) offsetof(struct site_view, member)

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "code", FIELD_CODE, AT(code), 0, .help = "the word people say for it" },
	{ "name", FIELD_STRING, AT(name), 0 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, .help = "in the site's other language" },
	{ "zone", FIELD_ZONE, AT(zone), 0, .help = "IANA time zone: the site's clock" },
	{ "open", FIELD_TIME, AT(open), 0, .help = "opens, on the site's clock" },
	{ "close", FIELD_TIME, AT(close), 0, .help = "closes, on the site's clock" },
	{ "closed_days", FIELD_INTS, AT(closed_days), 0,
	  .help = "days of the week it is closed, 0 is Sunday" },
	{ "rules", FIELD_OBJECT, AT(rules), .fields = site_rules_fields,
	  .help = "by kind of space what a booking may be; what is not told has no limit" },
	{ "currency", FIELD_STRING, AT(currency), 0, .help = "ISO 4217" },
	{ "locale", FIELD_STRING, AT(locale), 0 },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_STAFF },
	{ "version", FIELD_INT, AT(version), 0, .help = "one more with each change" },
	FIELD_END,
};

static const struct db_statement by_id = {
	.name = "site_by_id",
	.sql = "SELECT v.facts FROM cowork.site_facts v WHERE v.site_id = $2::int AND $1::int IS "
	       "NOT NULL",
	.params = 2,
};

const struct noun noun_site = {
	.name = "site",
	.plural = "sites",
	.by_id = &by_id,
	.fields = fields,
	.size = sizeof(struct site_view),
};
