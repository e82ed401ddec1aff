/*
 * Titles are made of the fields' names, so that a field not known here has one, too; the lists
 * below are what the catalogues of other languages know.
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "client/i18n.h"
#include "client/titles.h"
#include "common/macros.h"

static const char *const titles[] = {
	N_("REF"),
	N_("SPACE"),
	N_("WHEN"),
	N_("HOURS"),
	N_("STATE"),
	N_("WHO"),
	N_("TITLE"),
	N_("TENANT"),
	N_("MEMBER"),
	N_("TEXT"),
	N_("START"),
	N_("END"),
	N_("REASON"),
	N_("NOTE"),
	N_("CODE"),
	N_("NAME"),
	N_("KIND"),
	N_("CAPACITY"),
	N_("AREA"),
	N_("DISTANCE"),
	N_("AT"),
	N_("ACTOR"),
	N_("ZONE"),
	N_("OPEN"),
	N_("CLOSE"),
	N_("CLOSED DAYS"),
	N_("POSITION"),
	N_("FLOOR"),
	N_("EMAIL"),
	N_("LOGIN"),
	N_("ROLE"),
	N_("SITE"),
	N_("TOKEN"),
	N_("LABEL"),
	N_("SCOPE"),
	N_("EXPIRES"),
	N_("LAST USED"),
	N_("NAME ALT"),
	N_("CURRENCY"),
	N_("LOCALE"),
	N_("VERSION"),
	N_("MEMBER NAME"),
	N_("GUEST"),
	N_("PRIVATE"),
	N_("CREATED BY"),
	N_("ON BEHALF"),
	N_("SOURCE"),
	N_("CREATED"),
	N_("LANG"),
	N_("AMENITIES"),
	N_("UNITS"),
	N_("RULES"),
	N_("READY"),
	N_("DATABASE"),
	N_("STARTED"),
	N_("CONNECTIONS"),
	N_("REQUESTS"),
	N_("WAITING"),
	N_("EVICTED"),
	N_("CALENDARS"),
	N_("CALENDAR RELOADS"),
	N_("WATCHES"),
	N_("WATCH EVENTS"),
	N_("WATCHES LOST"),
	N_("CERTIFICATE EXPIRES"),
	N_("DRAINING"),
	N_("EXTERNAL ID"),
	N_("REV"),
};

static const char *const states[] = {
	N_("held"),	N_("confirmed"), N_("checked_in"), N_("completed"), N_("cancelled"),
	N_("declined"), N_("lapsed"),	 N_("no_show"),	   N_("active"),    N_("retired"),
	N_("ended"),	N_("disabled"),	 N_("invited"),	   N_("revoked"),   N_("expired"),
	N_("free"),	N_("taken"),	 N_("blocked"),	   N_("closed"),
};

static const char *const roles[] = {
	N_("member"),	N_("tenant_admin"), N_("front_desk"), N_("site_admin"),
	N_("operator"), N_("auditor"),	    N_("service"),
};

static const char *last_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

const char *title_of(const char *path, char out[TITLE_MAX])
{
	snprintf(out, TITLE_MAX, "%s", last_name(path));
	for (char *p = out; *p; p++)
		*p = *p == '_' ? ' ' : (char)toupper((unsigned char)*p);
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (strcmp(titles[i], out) == 0)
			return _(titles[i]);
	return out;
}

const char *title_label(const char *path, char out[TITLE_MAX])
{
	const char *title = strchr(path, '.') ? NULL : title_of(path, out);

	/* Untranslated, or not known: the name as the wire has it. */
	return title && title != out && i18n_translated() ? title : path;
}

static const char *translate(const char *const words[], size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], text) == 0)
			return _(words[i]);
	return text;
}

const char *title_value(const char *path, const char *text)
{
	if (strcmp(last_name(path), "state") == 0)
		return translate(states, ARRAY_SIZE(states), text);
	if (strcmp(last_name(path), "role") == 0)
		return translate(roles, ARRAY_SIZE(roles), text);
	return text;
}
