/* See refusal.h. */

#include "daemon/refusal.h"

#include <stdio.h>
#include <string.h>

#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"
#include "daemon/method.h"
#include "daemon/request.h"
#include "daemon/wall_clock.h"

#define MESSAGE_MAX 400

/* The text the client gave for a parameter, for the message; NULL if it is not text or absent. */
static const char *param_text(const struct request *request, const char *name)
{
	for (const struct field *field = request->method->params; field->name; field++) {
		if (strcmp(field->name, name) != 0)
			continue;
		switch (field->type) {
		case FIELD_STRING:
		case FIELD_CODE:
		case FIELD_REF:
		case FIELD_BLOCK:
		case FIELD_LOGIN:
			return *(const char *const *)((const char *)request->data + field->offset);
		default:
			return NULL;
		}
	}
	return NULL;
}

/* "2026-11-23 10:00 to 12:00" on the site's clock; the day is told again only where it changes. */
static void format_span(const struct request *request, int64_t start, int64_t end, char *out,
			size_t size)
{
	struct zone_local from, to;

	if (!request->site || !request->site->zone) {
		char a[INSTANT_TEXT_MAX], b[INSTANT_TEXT_MAX];

		snprintf(out, size, "%s to %s", instant_format(start, a), instant_format(end, b));
		return;
	}
	zone_to_local(request->site->zone, start, &from);
	zone_to_local(request->site->zone, end, &to);
	if (from.civil.year == to.civil.year && from.civil.month == to.civil.month &&
	    from.civil.day == to.civil.day)
		snprintf(out, size, "%04d-%02d-%02d %02d:%02d to %02d:%02d %s", from.civil.year,
			 from.civil.month, from.civil.day, from.civil.hour, from.civil.minute,
			 to.civil.hour, to.civil.minute, to.abbrev);
	else
		snprintf(out, size, "%04d-%02d-%02d %02d:%02d to %04d-%02d-%02d %02d:%02d %s",
			 from.civil.year, from.civil.month, from.civil.day, from.civil.hour,
			 from.civil.minute, to.civil.year, to.civil.month, to.civil.day,
			 to.civil.hour, to.civil.minute, to.abbrev);
}

static void describe_place(const struct request *request, enum error_kind kind,
			   const struct cJSON *outcome, char *out, size_t size)
{
	const char *space = json_str(outcome, "space");
	const char *what = kind == ERROR_blocked ? "is out of service" : "is taken";
	int64_t start, end;
	char span[96];

	if (!json_int(outcome, "start", &start) || !json_int(outcome, "end", &end)) {
		snprintf(out, size, "%s %s", space ? space : "the place", what);
		return;
	}
	format_span(request, start, end, span, sizeof(span));
	snprintf(out, size, "%s %s %s", space ? space : "the place", what, span);
}

/* "there is no space 'A-99'", by the words of the client. */
static void describe_missing(const struct request *request, const char *field, char *out,
			     size_t size)
{
	const char *text = param_text(request, field);
	const char *what = field;

	if (strcmp(field, "like") == 0 || strcmp(field, "like.near") == 0)
		what = "space";
	else if (strncmp(field, "like.", 5) == 0)
		what = strchr(field, '.') + 1;
	else if (strcmp(field, "ref") == 0)
		what = strncmp(request->method->name, "block.", 6) == 0 ? "block" : "booking";
	else if (strcmp(field, "login") == 0 || strcmp(field, "for") == 0)
		what = "member";
	if (text)
		snprintf(out, size, "there is no %s '%s'", what, text);
	else
		snprintf(out, size, "there is no such %s", what);
}

void refusal_answer_missing(struct request *request, const char *field)
{
	char message[MESSAGE_MAX];

	describe_missing(request, field, message, sizeof(message));
	request_fail_field(request, ERROR_not_found, field, "unknown", message);
}

/* "A-12 has 3 bookings that are not over". False: it is about something else. */
static bool describe_held(const struct cJSON *outcome, char *out, size_t size)
{
	const char *rule = json_str(outcome, "rule"), *space = json_str(outcome, "space");
	int64_t count;

	if (!rule || !space || !json_int(outcome, "count", &count))
		return false;
	if (strcmp(rule, "booked") == 0)
		snprintf(out, size, "%s has %lld booking%s that %s not over", space,
			 (long long)count, count == 1 ? "" : "s", count == 1 ? "is" : "are");
	else if (strcmp(rule, "held") == 0)
		snprintf(out, size,
			 "%s is held %lld time%s by bookings or blocks that are not over; its "
			 "units cannot be changed before",
			 space, (long long)count, count == 1 ? "" : "s");
	else
		return false;
	return true;
}

/* What a rule's word means, where the kind alone does not say it. */
static const char *describe_rule(const char *rule)
{
	static const struct {
		const char *rule, *text;
	} rules[] = {
		{ "enable", "only the operator's staff lets a disabled member in again" },
		{ "late", "it was changed more than 10 minutes ago" },
		{ "none", "you changed no booking here within the last 10 minutes" },
		{ "not_own", "the change to undo was not yours" },
		{ "undone", "an undo cannot be undone" },
	};

	for (size_t i = 0; rule && i < ARRAY_SIZE(rules); i++)
		if (strcmp(rules[i].rule, rule) == 0)
			return rules[i].text;
	return NULL;
}

/* A rule of the site has a hint of its own; these are of any clock. */
static bool describe_time(enum error_kind kind, const struct cJSON *outcome,
			  char out[WALL_CLOCK_MESSAGE_MAX])
{
	return !json_str(outcome, "hint") &&
	       *wall_clock_message(kind, json_str(outcome, "field"), json_str(outcome, "rule"),
				   json_str(outcome, "from"), json_str(outcome, "to"), out);
}

static void describe(const struct request *request, enum error_kind kind,
		     const struct cJSON *outcome, char *out, size_t size)
{
	const char *field = json_str(outcome, "field");
	const char *text = field ? param_text(request, field) : NULL;
	const char *state = json_str(outcome, "state"), *rule = json_str(outcome, "rule");
	char time[WALL_CLOCK_MESSAGE_MAX];
	int64_t version;

	snprintf(out, size, "%s", error_text(kind));
	if (describe_time(kind, outcome, time))
		snprintf(out, size, "%s", time);
	else if (kind == ERROR_slot_taken || kind == ERROR_blocked)
		describe_place(request, kind, outcome, out, size);
	else if (kind == ERROR_not_found && field)
		describe_missing(request, field, out, size);
	else if (kind == ERROR_exists && text)
		snprintf(out, size, "there is %s %s '%s' already",
			 strchr("aeiou", *field) ? "an" : "a", field, text);
	else if (kind == ERROR_retired && text)
		snprintf(out, size, "%s is retired", text);
	else if (describe_held(outcome, out, size))
		return;
	else if (describe_rule(json_str(outcome, "rule")))
		snprintf(out, size, "%s", describe_rule(json_str(outcome, "rule")));
	else if (kind == ERROR_wrong_state && rule && strcmp(rule, "last_operator") == 0)
		snprintf(out, size,
			 "%s is the last operator; make somebody else one first (staff.grant)",
			 text ? text : "this");
	else if (kind == ERROR_wrong_state && state)
		snprintf(out, size, "it is %s", state);
	else if (kind == ERROR_stale_version && json_int(outcome, "version", &version))
		snprintf(out, size, "it was changed meanwhile and is at version %lld now",
			 (long long)version);
	else if (kind == ERROR_params && field && strcmp(field, "close") == 0)
		snprintf(out, size, "close has to be after open");
	else if (kind == ERROR_key_reused)
		snprintf(out, size, "the key was used for another request; take a new one");
}

/* The same interval on the site's wall clock, as in a booking's own view. */
static void write_local(const struct request *request, struct jsonw *w, int64_t start, int64_t end)
{
	struct zone_local from, to;
	char text[CIVIL_TEXT_MAX];

	if (!request->site || !request->site->zone)
		return;
	zone_to_local(request->site->zone, start, &from);
	zone_to_local(request->site->zone, end, &to);
	jsonw_key(w, "local");
	jsonw_object(w);
	jsonw_kstr(w, "start", civil_format(&from.civil, text));
	jsonw_kstr(w, "end", civil_format(&to.civil, text));
	jsonw_kstr(w, "zone", request->site->zone_name);
	jsonw_object_end(w);
}

/* The bookings in the way of what only staff may do: which they are, and where that is said how many. */
static void write_bookings(struct jsonw *w, const struct cJSON *outcome)
{
	const struct cJSON *bookings = json_get(outcome, "bookings");
	int64_t count, start, end;

	if (json_int(outcome, "count", &count))
		jsonw_kint(w, "count", count);
	if (!bookings)
		return;
	jsonw_key(w, "bookings");
	jsonw_array(w);
	for (const struct cJSON *one = json_first(bookings); one; one = json_next(one)) {
		jsonw_object(w);
		jsonw_kstr(w, "ref", json_str(one, "ref"));
		if (json_int(one, "start", &start) && json_int(one, "end", &end)) {
			jsonw_kinstant(w, "start", start);
			jsonw_kinstant(w, "end", end);
		}
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void write_instead(struct jsonw *w, const struct cJSON *outcome)
{
	const struct cJSON *list = json_get(outcome, "alternatives");
	int64_t free_from, start, end;

	if (json_int(outcome, "free_from", &free_from))
		jsonw_kinstant(w, "free_from", free_from);
	if (!list)
		return;
	jsonw_key(w, "alternatives");
	jsonw_array(w);
	for (const struct cJSON *item = json_first(list); item; item = json_next(item)) {
		if (!json_int(item, "start", &start) || !json_int(item, "end", &end))
			continue;
		jsonw_object(w);
		jsonw_kstr(w, "space", json_str(item, "space"));
		jsonw_kinstant(w, "start", start);
		jsonw_kinstant(w, "end", end);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void refusal_answer(struct request *request, enum error_kind kind, const struct cJSON *outcome)
{
	static const char *const words[] = { "field", "rule", "hint", "space", "state" };
	char message[MESSAGE_MAX];
	struct jsonw *w;
	int64_t start, end, version, limit;

	describe(request, kind, outcome, message, sizeof(message));
	w = request_fail_begin(request, kind, message);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (json_str(outcome, words[i]))
			jsonw_kstr(w, words[i], json_str(outcome, words[i]));
	if (json_int(outcome, "version", &version))
		jsonw_kint(w, "version", version);
	if (json_int(outcome, "limit", &limit))
		jsonw_kint(w, "limit", limit);
	if (kind == ERROR_wall_clock_gap) {
		jsonw_kstr(w, "gap_from", json_str(outcome, "from"));
		jsonw_kstr(w, "gap_to", json_str(outcome, "to"));
	}
	if (json_int(outcome, "start", &start) && json_int(outcome, "end", &end)) {
		jsonw_kinstant(w, "start", start);
		jsonw_kinstant(w, "end", end);
		write_local(request, w, start, end);
	}
	write_bookings(w, outcome);
	write_instead(w, outcome);
	if (json_bool(outcome, "replayed"))
		jsonw_kbool(w, "replayed", true);
	request_fail_end(request);
}
