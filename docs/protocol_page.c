/*
 * Prints cowork-protocol(7) as scdoc: the prose of its file, and every form of a value, method,
 * noun and kind from the daemon's own tables.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/macros.h"
#include "daemon/actor.h"
#include "daemon/auth.h"
#include "daemon/config.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/notification.h"
#include "daemon/query.h"
#include "docs/page.h"

/* What a value of each type looks like. */
static const char *const forms[] = {
	[FIELD_STRING] = "text of one line, no control characters, at most 200 characters unless "
			 "told otherwise",
	[FIELD_TEXT] = "as string, but line feeds and tabs are allowed; at most 2000 characters",
	[FIELD_SECRET] = "as string; never logged",
	[FIELD_INT] = "an integer; no fraction, no exponent, at most 2^53 - 1",
	[FIELD_BOOL] = "true or false",
	[FIELD_CODE] = "1 to 32 letters, digits, '.', '_' or '-', the first a letter or digit; "
		       "case is ignored when a thing is looked for",
	[FIELD_REF] = "R- and six symbols, the last one a check; case is ignored, I and L are "
		      "read as 1, O as 0",
	[FIELD_BLOCK] = "as booking_ref, with B-",
	[FIELD_UUID] = "8-4-4-4-12 hexadecimal digits",
	[FIELD_LOGIN] = "an e-mail address, at most 254 bytes; kept in lower case",
	[FIELD_ZONE] = "IANA name of a time zone, such as Asia/Seoul",
	[FIELD_DATE] = "YYYY-MM-DD",
	[FIELD_TIME] = "HH:MM, and 24:00 for the end of a day",
	[FIELD_INSTANT] = "RFC 3339; always in UTC with Z from the server",
	[FIELD_WHEN] = "an instant, or a reading of the site's clock, YYYY-MM-DDTHH:MM",
	[FIELD_ENUM] = "one of the words given",
	[FIELD_CODES] = "an array of codes, none twice",
	[FIELD_INTS] = "an array of integers, none twice",
	[FIELD_OBJECT] = "an object; its members are told with a dot",
	[FIELD_OBJECTS] = "an array of objects",
	[FIELD_JSON] = "any value",
};

/* Parameters of many methods: explained once, only named at each. */
static const char *const common[] = { "site",	 "min_rev", "key",    "attempt",
				      "dry_run", "limit",   "cursor", NULL };

static bool is_common(const struct method *method, const struct field *field)
{
	if (field->flags & FIELD_META && !(method->flags & METHOD_NO_LOGIN))
		for (size_t i = 0; common[i]; i++)
			if (strcmp(common[i], field->name) == 0)
				return true;
	return false;
}

/* ---- one field ---- */

static void write_length(const struct field *field, const char *unit)
{
	if (field->min && field->max)
		printf(", %" PRId64 " to %" PRId64 " %s", field->min, field->max, unit);
	else if (field->max)
		printf(", at most %" PRId64 " %s", field->max, unit);
}

static void write_range(const struct field *field)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_TEXT:
	case FIELD_SECRET:
		write_length(field, "characters");
		break;
	case FIELD_CODES:
		write_length(field, "of them");
		break;
	case FIELD_INTS:
		printf(", each %" PRId64 " to %" PRId64, field->min, field->max);
		break;
	case FIELD_INT:
		if (field->max && field->max < INT32_MAX)
			printf(", %" PRId64 " to %" PRId64, field->min, field->max);
		else if (field->max)
			printf(", %" PRId64 " or more", field->min);
		break;
	case FIELD_ENUM:
		for (size_t i = 0; field->choices[i]; i++) {
			printf(i ? ", " : ": ");
			page_text(field->choices[i]);
		}
		break;
	default:
		break;
	}
}

/*
 * One item of a list, then those of an object's members. `within` names the object, or NULL;
 * `given` is what a client gives, which has to keep to limits.
 */
static void write_field(const struct field *field, const char *within, bool given)
{
	char name[160];

	if (field->flags & FIELD_HIDDEN)
		return;
	snprintf(name, sizeof(name), "%s%s%s", within ? within : "", within ? "." : "",
		 field->name);
	printf("- *");
	page_text(name);
	printf("* _");
	page_text(field_type_name(field->type));
	printf("_");
	if (given || field->type == FIELD_ENUM)
		write_range(field);
	if (given && field->flags & FIELD_REQUIRED)
		printf(", required");
	if (field->flags & FIELD_CLEARABLE)
		printf(", \"\" takes it away");
	if (field->flags & FIELD_OWN)
		printf(", not for others");
	if (field->flags & FIELD_STAFF)
		printf(", for staff only");
	if (field->help) {
		printf(": ");
		page_text(field->help);
	}
	printf("\n");
	for (size_t i = 0; field->fields && field->fields[i].name; i++)
		write_field(&field->fields[i], name, given);
}

static void write_fields(const struct field *fields)
{
	for (; fields && fields->name; fields++)
		write_field(fields, NULL, false);
	printf("\n");
}

/* ---- values ---- */

static void mark_used(const struct field *fields, bool used[])
{
	for (; fields && fields->name; fields++) {
		if (fields->flags & FIELD_HIDDEN)
			continue;
		used[fields->type] = true;
		mark_used(fields->fields, used);
	}
}

static void write_values(void)
{
	bool used[ARRAY_SIZE(forms)] = { false };
	const struct notification *notification;
	const struct method *method;
	const struct noun *noun;

	for (size_t i = 0; (notification = notification_at(i)); i++)
		mark_used(notification->fields, used);
	for (size_t i = 0; (method = method_at(i)); i++) {
		mark_used(method->params, used);
		mark_used(method->result, used);
	}
	for (size_t i = 0; (noun = noun_at(i)); i++)
		mark_used(noun->fields, used);
	for (size_t type = 0; type < ARRAY_SIZE(forms); type++) {
		if (!used[type])
			continue;
		printf("- *");
		page_text(field_type_name((enum field_type)type));
		printf("*: ");
		page_text(forms[type]);
		printf("\n");
	}
}

/* ---- methods ---- */

/* A parameter that many methods share, from the first that has it. */
static const struct field *find_common(const char *name)
{
	const struct method *method;

	for (size_t i = 0; (method = method_at(i)); i++)
		for (const struct field *field = method->params; field->name; field++)
			if (is_common(method, field) && strcmp(field->name, name) == 0)
				return field;
	fprintf(stderr, "no method has the parameter %s\n", name);
	exit(1);
}

static void write_common(void)
{
	for (size_t i = 0; common[i]; i++)
		write_field(find_common(common[i]), NULL, true);
}

static void write_params(const struct method *method)
{
	const char *before = "Parameters: ";
	size_t own = 0;

	for (const struct field *field = method->params; field->name; field++) {
		if (!is_common(method, field)) {
			own++;
			continue;
		}
		printf("%s", before);
		page_text(field->name);
		before = ", ";
	}
	if (own == 0) {
		printf(before[0] == 'P' ? "%snone.\n\n" : ".\n\n", before);
		return;
	}
	printf(before[0] == 'P' ? "Parameters:\n\n" : ", and\n\n");
	for (const struct field *field = method->params; field->name; field++)
		if (!is_common(method, field))
			write_field(field, NULL, true);
	printf("\n");
}

static void write_member(const char *before, const char *name, const char *after)
{
	printf("%s", before);
	page_text(name);
	printf("%s", after);
}

/* The members of the result in one line, and those that no noun explains below it. */
static void write_result(const struct method *method)
{
	const char *before = "";

	printf("Result: {");
	if (method->noun) {
		page_text(method->list ? method->noun->plural : method->noun->name);
		before = ", ";
	}
	for (const struct field *field = method->result; field && field->name; field++) {
		write_member(before, field->name, "");
		before = ", ";
	}
	if (method->noun || method->flags & METHOD_MUTATION)
		write_member(before, "rev", "");
	if (method->list)
		printf(", has\\_more, cursor");
	printf("}\n\n");
	write_fields(method->result);
}

static void write_roles(const struct method *method)
{
	static const char *const words[] = { NULL, "own", "tenant", "site", "all" };
	const char *before = "";
	bool everybody = true;

	if (method->flags & METHOD_NO_LOGIN) {
		printf("Who: everybody, before login too.\n\n");
		return;
	}
	for (int role = 0; role < ROLE_COUNT; role++)
		everybody = everybody && auth_table(method->name, (enum role)role) == SCOPE_ALL;
	printf("Who: ");
	if (everybody)
		printf("everybody");
	for (int role = 0; !everybody && role < ROLE_COUNT; role++) {
		enum scope scope = auth_table(method->name, (enum role)role);

		if (scope == SCOPE_NONE)
			continue;
		write_member(before, role_names[role], "");
		printf(" (%s)", words[scope]);
		before = ", ";
	}
	printf(".\n\n");
}

static void write_methods(void)
{
	const struct method *method;

	for (size_t i = 0; (method = method_at(i)); i++) {
		printf("## ");
		page_text(method->name);
		printf("\n\n");
		page_sentence(method->summary);
		if (method->flags & METHOD_NO_DB)
			printf(" Answered while the database is away, too.");
		printf("\n\n");
		write_params(method);
		write_result(method);
		write_roles(method);
	}
}

/* ---- notifications, nouns and kinds ---- */

static void write_notifications(void)
{
	const struct notification *notification;

	for (size_t i = 0; (notification = notification_at(i)); i++) {
		printf("## ");
		page_text(notification->name);
		printf("\n\n");
		page_sentence(notification->summary);
		printf("\n\n");
		write_fields(notification->fields);
	}
}

static void write_nouns(void)
{
	const struct noun *noun;

	for (size_t i = 0; (noun = noun_at(i)); i++) {
		printf("## ");
		page_text(noun->name);
		printf("\n\n");
		write_fields(noun->fields);
	}
}

static void write_kinds(void)
{
	for (int kind = ERROR_NONE + 1; kind < ERROR_COUNT; kind++) {
		printf("- *");
		page_text(error_name((enum error_kind)kind));
		printf("* (%d, exit %d): ", error_code((enum error_kind)kind),
		       error_exit((enum error_kind)kind));
		page_text(error_text((enum error_kind)kind));
		printf("\n");
	}
}

static void write_retries(void)
{
	const char *before = "";

	for (int kind = ERROR_NONE + 1; kind < ERROR_COUNT; kind++) {
		if (!error_retry((enum error_kind)kind))
			continue;
		write_member(before, error_name((enum error_kind)kind), "");
		before = ", ";
	}
	printf(".\n");
}

/* Every one that a client can come upon; what each means stands in coworkd.conf(5) in full. */
static void write_limits(void)
{
	for (size_t i = 0; config_options[i].section; i++) {
		const struct config_option *option = &config_options[i];

		if (strcmp(option->section, "limits") != 0)
			continue;
		printf("*limits.");
		page_text(option->key);
		printf("* = ");
		page_text(option->standard);
		printf("\n\t");
		page_text(option->help);
		printf("\n\n");
	}
}

int main(int argc, char **argv)
{
	static const struct page_part parts[] = {
		{ "values", write_values },
		{ "common", write_common },
		{ "methods", write_methods },
		{ "notifications", write_notifications },
		{ "nouns", write_nouns },
		{ "kinds", write_kinds },
		{ "retries", write_retries },
		{ "limits", write_limits },
		{ NULL },
	};

	return page_main(argc, argv, parts);
}
