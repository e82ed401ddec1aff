/* See wall_clock.h. */

#include "daemon/wall_clock.h"

#include <stdio.h>
#include <string.h>

#include "common/macros.h"
#include "daemon/request.h"

static bool refuse(struct wall_clock_problem *problem, enum error_kind kind, const char *field,
		   const char *rule)
{
	*problem = (struct wall_clock_problem){ .kind = kind, .field = field, .rule = rule };
	return false;
}

bool wall_clock_read(const struct zone *zone, const struct field_when *when,
		     const struct field_int *fold, const char *field, int64_t *ret_usec,
		     struct wall_clock_problem *ret_problem)
{
	struct zone_gap gap;

	if (when->kind == FIELD_WHEN_INSTANT) {
		*ret_usec = when->usec;
		return true;
	}
	if (!zone)
		return refuse(ret_problem, ERROR_bad_time, field, "zone");
	switch (zone_to_instant(zone, &when->civil, fold->set ? (int)fold->value : -1, ret_usec,
				&gap)) {
	case ZONE_OK:
		return true;
	case ZONE_GAP:
		refuse(ret_problem, ERROR_wall_clock_gap, field, NULL);
		civil_format(&gap.from, ret_problem->from);
		civil_format(&gap.to, ret_problem->to);
		return false;
	case ZONE_TWICE:
		refuse(ret_problem, ERROR_wall_clock_twice, field, "fold");
		civil_format(&when->civil, ret_problem->from);
		return false;
	}
	return false;
}

bool wall_clock_measure(int64_t start, int64_t end, struct wall_clock_problem *ret_problem)
{
	if (end <= start)
		return refuse(ret_problem, ERROR_bad_time, "end", "order");
	if (end - start > SPAN_MAX_DAYS * 86400 * USEC_PER_SEC)
		return refuse(ret_problem, ERROR_bad_time, "end", "length");
	if (start % USEC_PER_SEC || end % USEC_PER_SEC)
		return refuse(ret_problem, ERROR_bad_time, start % USEC_PER_SEC ? "start" : "end",
			      "granularity");
	return true;
}

const char *wall_clock_message(enum error_kind kind, const char *field, const char *rule,
			       const char *from, const char *to, char out[WALL_CLOCK_MESSAGE_MAX])
{
	static const struct {
		const char *rule, *text;
	} rules[] = {
		{ "order", "the end has to be after the start" },
		{ "length", "a year is the longest there can be" },
		{ "granularity", "times are whole seconds" },
		{ "zone", "the server does not know this site's time zone; give an instant with an "
			  "offset" },
	};

	out[0] = '\0';
	if (kind == ERROR_wall_clock_gap && from && to)
		snprintf(out, WALL_CLOCK_MESSAGE_MAX,
			 "%s: the clocks go forward from %s to %s; that time does not exist", field,
			 from, to);
	else if (kind == ERROR_wall_clock_twice && from)
		snprintf(
			out, WALL_CLOCK_MESSAGE_MAX,
			"%s: the clocks go back and %s exists twice; say fold 0 for the first or 1 "
			"for the second",
			field, from);
	for (size_t i = 0; kind == ERROR_bad_time && rule && i < ARRAY_SIZE(rules); i++)
		if (strcmp(rules[i].rule, rule) == 0)
			snprintf(out, WALL_CLOCK_MESSAGE_MAX, "%s", rules[i].text);
	return out;
}

static bool answer(struct request *request, const struct wall_clock_problem *problem)
{
	char message[WALL_CLOCK_MESSAGE_MAX];
	struct jsonw *w;

	wall_clock_message(problem->kind, problem->field, problem->rule, problem->from, problem->to,
			   message);
	w = request_fail_begin(request, problem->kind, message);
	jsonw_kstr(w, "field", problem->field);
	if (problem->rule)
		jsonw_kstr(w, "rule", problem->rule);
	if (problem->kind == ERROR_wall_clock_gap) {
		jsonw_kstr(w, "gap_from", problem->from);
		jsonw_kstr(w, "gap_to", problem->to);
	}
	request_fail_end(request);
	return false;
}

bool wall_clock_resolve(struct request *request, const struct field_when *when,
			const struct field_int *fold, const char *field, int64_t *ret_usec)
{
	struct wall_clock_problem problem;

	return wall_clock_read(request->site->zone, when, fold, field, ret_usec, &problem) ||
	       answer(request, &problem);
}

bool wall_clock_span(struct request *request, const struct field_when *start,
		     const struct field_when *end, const struct field_int *fold, int64_t *ret_start,
		     int64_t *ret_end)
{
	struct wall_clock_problem problem;

	return wall_clock_resolve(request, start, fold, "start", ret_start) &&
	       wall_clock_resolve(request, end, fold, "end", ret_end) &&
	       (wall_clock_measure(*ret_start, *ret_end, &problem) || answer(request, &problem));
}

bool wall_clock_date(struct request *request, const char *text, const char *field,
		     struct civil *ret)
{
	if (!request->site->zone) {
		request_fail_field(request, ERROR_bad_time, field, "zone",
				   "the server does not know this site's time zone");
		return false;
	}
	civil_parse_date(text, ret);
	if (ret->year >= 1971 && ret->year <= 9990)
		return true;
	request_fail_field(request, ERROR_bad_time, field, "range", "the date is out of range");
	return false;
}
