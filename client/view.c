/*
 * The fields of each noun and the text of one cell.
 */

#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/i18n.h"
#include "client/jsontext.h"
#include "client/rules.h"
#include "client/site_clock.h"
#include "client/view.h"
#include "client/when.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/when.h"

static const struct view views[] = {
	{ "booking", "bookings", "ref,space,when,state,who,title",
	  "ref,space,local.start,local.end,state,tenant,member,title,guest", "ref",
	  "site,start,end,local,version,member_name,note,private,created_by,on_behalf,source,"
	  "created,external_id,taken" },
	{ "mine", "bookings", "ref,space,when,state,title",
	  "ref,space,local.start,local.end,state,tenant,member,title,guest", "ref",
	  "who,site,start,end,local,version,member_name,note,private,created_by,on_behalf,"
	  "source,created,external_id" },
	{ "day_list", "bookings", "hours,space,who,tenant,title,state,ref",
	  "ref,space,local.start,local.end,state,tenant,member,title,guest", "ref",
	  "when,site,start,end,local,version,member_name,note,private,created_by,on_behalf,"
	  "source,created,external_id,taken" },
	{ "interval", "intervals", "text,start,end", "text,start,end", "text", "local,when" },
	{ "block", "blocks", "ref,space,when,state,reason,note",
	  "ref,space,local.start,local.end,state,reason,note", "ref",
	  "site,start,end,local,created,external_id,version" },
	{ "free", "spaces", "space.code,space.name,space.kind,space.capacity,space.area,distance",
	  "space.code,space.name,space.kind,space.capacity,space.area,distance", "space.code",
	  "space,space.name_alt,space.floor,space.amenities,space.x,space.y,spare" },
	{ "day", "spans", "space,when,state,ref", "space,local.start,local.end,state,ref", "space",
	  "start,end,local" },
	{ "who", "bookings", "space,who,tenant,when,ref",
	  "space,member,member_name,tenant,local.start,local.end,ref,state,guest", "ref",
	  "who,site,start,end,local,version,title,note,private,created_by,on_behalf,source,"
	  "created,external_id,taken" },
	{ "watch", "events", "",
	  "rev,at,kind,actor,space,start,end,taken,blocked,booking.ref,booking.state,booking."
	  "member,"
	  "block.ref,was.space,was.start,was.end,code",
	  "rev", "booking,block,was,when,booking.version,booking.tenant,booking.member_name" },
	{ "event", "events", "at,kind,space,when,actor",
	  "rev,at,kind,actor,space,local.start,local.end,state,version", "rev",
	  "start,end,local,undo" },
	{ "site", "sites", "code,name,zone,open,close,closed_days",
	  "code,name,zone,open,close,closed_days,currency,locale", "code",
	  "name_alt,external_id,rules,version" },
	{ "floor", "floors", "code,name,position", "code,name,position", "code",
	  "site,name_alt,external_id,version" },
	{ "area", "areas", "code,name,floor", "code,name,floor", "code",
	  "site,name_alt,external_id,version" },
	{ "space", "spaces", "code,name,kind,capacity,floor,area,state",
	  "code,name,kind,capacity,floor,area,state,amenities,units", "code",
	  "site,name_alt,x,y,external_id,version" },
	{ "tenant", "tenants", "code,name,email,state", "code,name,email,state,external_id", "code",
	  "name_alt,version" },
	{ "member", "members", "login,name,tenant,role,state",
	  "login,name,tenant,role,state,lang,external_id", "login", "version" },
	{ "staff", "staff", "login,name,role,site,state", "login,name,role,site,state,lang",
	  "login", NULL },
	{ "token", "tokens", "token,kind,scope,label,state,expires,last_used",
	  "token,label,login,scope,state,created,expires,last_used,kind", "token", NULL },
};

static const struct view plain = { NULL, NULL, "", "", "", NULL };

const struct view *view_find(const char *noun)
{
	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		if (strcmp(views[i].noun, noun) == 0)
			return &views[i];
	return &plain;
}

static const struct cJSON *find_path(const struct cJSON *object, const char *path)
{
	char name[64];
	size_t len;

	for (;;) {
		len = strcspn(path, ".");
		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		object = json_get(object, name);
		if (path[len] == '\0' || !object)
			return object;
		path += len + 1;
	}
}

static void add_value(const struct cJSON *value, struct buf *out)
{
	struct jsonw w = JSONW_INIT(out);

	if (!value || json_is_null(value))
		return;
	if (json_is_string(value)) {
		buf_add_str(out, json_value_str(value));
	} else if (json_is_array(value)) {
		for (const struct cJSON *e = json_first(value); e; e = json_next(e)) {
			if (e != json_first(value))
				buf_add_char(out, ';');
			if (json_is_string(e))
				buf_add_str(out, json_value_str(e));
			else
				json_write(&w, e);
		}
	} else if (rules_are(value)) {
		rules_words(value, out);
	} else {
		json_write(&w, value);
	}
}

/* The zone of the site, as it is known or, once, as the server says. */
static void learn_zone(struct client *client)
{
	const char *site = client_site_or_none(client), *zone;
	struct site_clock clock;
	struct call call;

	if (site_clock_known(client, &clock)) {
		strcpy(client->zone_seen, clock.zone);
		return;
	}

	if (client->zone_asked || !site || !session_is_open(&client->session))
		return;
	client->zone_asked = true;
	call_begin(&call, "site.show", false);
	params_str(&call.params, "site", site);
	if (call_try(client, &call) == 0) {
		zone = json_str(json_get(call_result(&call), "site"), "zone");
		if (zone && strlen(zone) < sizeof(client->zone_seen))
			strcpy(client->zone_seen, zone);
		site_clock_learn(client, call_result(&call));
	}
	call_done(&call);
}

const char *view_zone(struct client *client, const struct cJSON *object)
{
	const char *zone = client_zone(client);

	if (!zone)
		zone = json_str(json_get(object, "local"), "zone");
	if (!zone && !client->zone_seen[0])
		learn_zone(client);
	if (!zone && client->zone_seen[0])
		zone = client->zone_seen;
	return zone;
}

/* "when": the span of an object with start and end, in the asked zone or its own. */
static void add_when(struct client *client, const struct cJSON *object, struct buf *out)
{
	const char *start = json_str(object, "start"), *end = json_str(object, "end");
	int64_t from, to;

	if (!start || !end || instant_parse(start, &from) < 0 || instant_parse(end, &to) < 0)
		return;
	when_span(out, from, to, view_zone(client, object), client->now, client_lang(client));
}

/* "hours": the same without the day. */
static void add_hours(struct client *client, const struct cJSON *object, struct buf *out)
{
	const char *start = json_str(object, "start"), *end = json_str(object, "end");
	struct when_interval when;

	if (start && end && instant_parse(start, &when.start) == 0 &&
	    instant_parse(end, &when.end) == 0)
		when_hours(out, &when, view_zone(client, object), client_lang(client));
}

/* "who": the guest, else the person by name; "taken" where that is for others to know. */
static void add_who(const struct cJSON *object, struct buf *out)
{
	static const char *const members[] = { "guest", "member_name", "member" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (json_str(object, members[i]) && *json_str(object, members[i])) {
			buf_add_str(out, json_str(object, members[i]));
			return;
		}
	if (json_bool(object, "taken"))
		buf_add_str(out, _("(taken)"));
}

void view_cell(struct client *client, const struct cJSON *object, const char *path, struct buf *out)
{
	if (strcmp(path, "when") == 0 && !json_get(object, "when"))
		add_when(client, object, out);
	else if (strcmp(path, "hours") == 0 && !json_get(object, "hours"))
		add_hours(client, object, out);
	else if (strcmp(path, "who") == 0 && !json_get(object, "who"))
		add_who(object, out);
	else
		add_value(find_path(object, path), out);
}
