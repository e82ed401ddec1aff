/* See wall_clock.h. */

#include "daemon/wall_clock.h"

#include <stdio.h>

#include "common/macros.h"
#include "daemon/request.h"

static void refuse_gap(struct request *request, const char *field, const struct zone_gap *gap)
{
	char from[CIVIL_TEXT_MAX], to[CIVIL_TEXT_MAX], message[200];
	struct jsonw *w;

	snprintf(message, sizeof(message),
		 "%s: the clocks go forward from %s to %s; that time does not exist", field,
		 civil_format(&gap->from, from), civil_format(&gap->to, to));
	w = request_fail_begin(request, ERROR_wall_clock_gap, message);
	jsonw_kstr(w, "field", field);
	jsonw_kstr(w, "gap_from", from);
	jsonw_kstr(w, "gap_to", to);
	request_fail_end(request);
}

bool wall_clock_resolve(struct request *request, const struct field_when *when,
			const struct field_int *fold, const char *field, int64_t *ret_usec)
{
	struct zone_gap gap;
	char message[200], text[CIVIL_TEXT_MAX];

	if (when->kind == FIELD_WHEN_INSTANT) {
		*ret_usec = when->usec;
		return true;
	}
	if (!request->site->zone) {
		request_fail_field(
			request, ERROR_bad_time, field, "zone",
			"the server does not know this site's time zone; give an instant "
			"with an offset");
		return false;
	}
	switch (zone_to_instant(request->site->zone, &when->civil,
				fold->set ? (int)fold->value : -1, ret_usec, &gap)) {
	case ZONE_OK:
		return true;
	case ZONE_GAP:
		refuse_gap(request, field, &gap);
		return false;
	case ZONE_TWICE:
		snprintf(
			message, sizeof(message),
			"%s: the clocks go back and %s exists twice; say fold 0 for the first or 1 "
			"for the second",
			field, civil_format(&when->civil, text));
		request_fail_field(request, ERROR_wall_clock_twice, field, "fold", message);
		return false;
	}
	return false;
}

bool wall_clock_check(struct request *request, int64_t start, int64_t end)
{
	const char *rule = NULL, *field = "end", *message = NULL;

	if (end <= start) {
		rule = "order";
		message = "the end has to be after the start";
	} else if (end - start > SPAN_MAX_DAYS * 86400 * USEC_PER_SEC) {
		rule = "length";
		message = "a year is the longest there can be";
	} else if (start % USEC_PER_SEC || end % USEC_PER_SEC) {
		rule = "granularity";
		field = start % USEC_PER_SEC ? "start" : "end";
		message = "times are whole seconds";
	}
	if (rule)
		request_fail_field(request, ERROR_bad_time, field, rule, message);
	return !rule;
}

bool wall_clock_span(struct request *request, const struct field_when *start,
		     const struct field_when *end, const struct field_int *fold, int64_t *ret_start,
		     int64_t *ret_end)
{
	return wall_clock_resolve(request, start, fold, "start", ret_start) &&
	       wall_clock_resolve(request, end, fold, "end", ret_end) &&
	       wall_clock_check(request, *ret_start, *ret_end);
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
