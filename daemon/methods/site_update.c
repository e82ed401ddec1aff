/* site.update: change a site. */

#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/site_rules.h"

struct site_update {
	struct mutation mutation;
	struct site_params at;
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
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct site_update, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct site_update),
	SITE_FIELDS(struct site_update),
	{ "name", FIELD_STRING, AT(name), 0, 1, 200 },
	{ "name_alt", FIELD_STRING, AT(name_alt), FIELD_CLEARABLE, 1, 200,
	  .help = "in the site's other language" },
	{ "zone", FIELD_ZONE, AT(zone), .help = "IANA time zone" },
	{ "open", FIELD_TIME, AT(open), .help = "opens, on the site's clock" },
	{ "close", FIELD_TIME, AT(close), .help = "closes; 24:00 is the end of the day" },
	{ "closed_days", FIELD_INTS, AT(closed_days), 0, 0, 6,
	  .help = "days of the week it is closed, 0 is Sunday" },
	{ "rules", FIELD_OBJECT, AT(rules), .fields = site_rules_fields, .help = SITE_RULES_HELP },
	{ "currency", FIELD_STRING, AT(currency), FIELD_CLEARABLE, 3, 3,
	  .help = "ISO 4217, e.g. KRW" },
	{ "locale", FIELD_STRING, AT(locale), FIELD_CLEARABLE, 2, 35 },
	{ "external_id", FIELD_STRING, AT(external_id), FIELD_CLEARABLE, 1, 200,
	  .help = "what it is called elsewhere" },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static void start(struct request *request, void *data)
{
	struct site_update *op = data;

	if ((op->zone && !command_zone_known(request, op->zone)) ||
	    !command_currency_valid(request, op->currency) ||
	    !site_rules_valid(request, &op->rules))
		return;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_site_update = {
	.name = "site.update",
	.summary = "change a site",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct site_update),
	.site_offset = AT(at),
	.noun = &noun_site,
	.start = start,
};
