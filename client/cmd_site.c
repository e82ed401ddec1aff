/*
 * site rule: what a booking of a kind of space may be. The server takes the rules of a kind as a
 * whole, so what is not given is sent as it was; sent again it is the same request.
 */

#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/place.h"
#include "client/rules.h"
#include "client/view.h"
#include "common/json.h"
#include "common/macros.h"

#define DAY_MINUTES 1440

static const struct rule {
	const char *name;
	int64_t unit; /* minutes of the wire's number, and of a bare one */
} rules[] = {
	{ "longest", 1 }, { "shortest", 1 },	      { "granularity", 1 },
	{ "notice", 1 },  { "horizon", DAY_MINUTES },
};

/* What is given of one rule; "none" gives none. False after telling what is wrong. */
static bool read_rule(const struct rule *rule, const char *text, bool *ret_set, int64_t *ret)
{
	int64_t minutes;

	*ret_set = strcmp(text, "none") != 0;
	if (!*ret_set)
		return true;
	if (!rules_length(text, rule->unit, &minutes) || minutes % rule->unit) {
		complain(rule->unit == 1
				 ? _("%s wants a length such as 15m, 8h or none, not \"%s\"")
				 : _("%s wants days such as 90d or none, not \"%s\""),
			 rule->name, text);
		return false;
	}
	*ret = minutes / rule->unit;
	return true;
}

static bool write_one(struct jsonw *w, const struct cJSON *before, const char *given)
{
	bool one = json_bool(before, "one_at_a_time");

	if (given && strcmp(given, "yes") != 0 && strcmp(given, "no") != 0) {
		complain(_("%s wants yes or no, not \"%s\""), "one-at-a-time", given);
		return false;
	}
	jsonw_kbool(w, "one_at_a_time", given ? strcmp(given, "yes") == 0 : one);
	return true;
}

/* Member "rules" of the parameters: the kind with what is given over what was. */
static bool write_rules(struct params *params, const char *kind, const struct cJSON *before,
			const struct arguments *arguments)
{
	struct jsonw *w = &params->w;
	bool ok = true;

	jsonw_key(w, "rules");
	jsonw_object(w);
	jsonw_key(w, kind);
	jsonw_object(w);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const char *given = arguments_get(arguments, rules[i].name);
		int64_t number = 0;
		bool set = json_int(before, rules[i].name, &number);

		if (given && !read_rule(&rules[i], given, &set, &number))
			ok = false;
		if (set)
			jsonw_kint(w, rules[i].name, number);
	}
	ok = write_one(w, before, arguments_get(arguments, "one_at_a_time")) && ok;
	jsonw_object_end(w);
	jsonw_object_end(w);
	return ok;
}

static int tell(struct client *client, const char *kind, const struct cJSON *site)
{
	const struct cJSON *of = json_get(json_get(site, "rules"), kind);
	struct buf text = BUF_INIT(1024);

	if (client->out.format == FORMAT_JSON)
		return view_show(client, view_find("site"), site);
	rules_words(of, &text);
	if (client->options.dry_run && client->out.format == FORMAT_TABLE)
		out_printf(&client->out, "%s ", _("would be:"));
	out_printf(&client->out, client->out.format == FORMAT_TSV ? "%s\t%s\n" : "%s: %s\n", kind,
		   text.data ? text.data : "");
	buf_deinit(&text);
	return STATUS_OK;
}

static int change(struct client *client, const char *kind, const struct cJSON *site,
		  const struct arguments *arguments)
{
	const char *version = arguments_get(arguments, "if_version");
	struct call call;
	int r = STATUS_USAGE;

	if (!call_begin_site(client, &call, "site.update", true))
		return r;
	if (version && !params_typed(&call.params, "if_version", version))
		complain(_("%s wants a whole number, not \"%s\""), "if_version", version);
	else if (write_rules(&call.params, kind, json_get(json_get(site, "rules"), kind),
			     arguments))
		r = call_run(client, &call);
	if (r == STATUS_OK)
		r = tell(client, kind, json_get(call_result(&call), "site"));
	call_done(&call);
	return r;
}

static bool is_change(const struct arguments *arguments)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (arguments_has(arguments, rules[i].name))
			return true;
	return arguments_has(arguments, "one_at_a_time");
}

static bool is_kind(const char *kind)
{
	const char *known = place_kind(kind);

	return known && strcmp(known, kind) == 0;
}

int cmd_site_rule(struct client *client, const struct command *command _unused_,
		  const struct arguments *arguments)
{
	const char *kind = arguments_get(arguments, "kind");
	const struct cJSON *site;
	struct call call;
	int r;

	if (!is_kind(kind)) {
		complain(_("there is no kind of space \"%s\": it is one of desk, room, booth, "
			   "office and event"),
			 kind);
		return STATUS_USAGE;
	}
	if (!call_begin_site(client, &call, "site.show", false))
		return STATUS_USAGE;
	r = call_run(client, &call);
	site = json_get(call_result(&call), "site");
	if (r == STATUS_OK)
		r = is_change(arguments) ? change(client, kind, site, arguments)
					 : tell(client, kind, site);
	call_done(&call);
	return r;
}
