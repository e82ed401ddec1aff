/* site.create: open a new site. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/site_rules.h"
#include "common/zone.h"

struct site_create {
	struct mutation mutation;
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
	struct command command;
};

#define AT(member) offsetof(struct site_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct site_create),
	{ "code", FIELD_CODE, AT(code), FIELD_REQUIRED, .help = "the word people say for it" },
	{ "name", FIELD_STRING, AT(name), FIELD_REQUIRED, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), 0, 1, 200,
	  .help = "in the site's other language" },
	{ "zone", FIELD_ZONE, AT(zone), FIELD_REQUIRED, .help = "IANA time zone" },
	{ "open", FIELD_TIME, AT(open), .help = "opens, on the site's clock" },
	{ "close", FIELD_TIME, AT(close), .help = "closes; 24:00 is the end of the day" },
	{ "closed_days", FIELD_INTS, AT(closed_days), 0, 0, 6,
	  .help = "days of the week it is closed, 0 is Sunday" },
	{ "rules", FIELD_OBJECT, AT(rules), .fields = site_rules_fields, .help = SITE_RULES_HELP },
	{ "currency", FIELD_STRING, AT(currency), 0, 3, 3, .help = "ISO 4217, e.g. KRW" },
	{ "locale", FIELD_STRING, AT(locale), 0, 2, 35 },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200,
	  .help = "what it is called elsewhere" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct site_create *op = data;

	if (!command_zone_known(request, op->zone) ||
	    !command_currency_valid(request, op->currency) ||
	    !site_rules_valid(request, &op->rules))
		return;
	if (!op->rules.set)
		op->rules = site_rules_default;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_site_create = {
	.name = "site.create",
	.summary = "open a new site",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct site_create),
	.noun = &noun_site,
	.start = start,
};
