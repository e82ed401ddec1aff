#pragma once

/* A site of a few spaces for the tests of the pure rooms, and rows and events as the log has them. */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/calendar.h"

#define HOUR (3600 * USEC_PER_SEC)

/* A row of the snapshot. */
static inline int load_row(struct calendar *calendar, const char *what, const char *text)
{
	struct cJSON *body = NULL;
	struct json_problem problem;
	int r;

	assert_int_equal(json_parse(text, strlen(text), &json_limits_reply, &body, &problem), 0);
	r = calendar_load_row(calendar, what, body);
	json_free(body);
	return r;
}

/* An event with the given rev. */
static inline int apply_at(struct calendar *calendar, int64_t rev, const char *kind,
			   const char *text)
{
	struct cJSON *body = NULL;
	struct json_problem problem;
	int r;

	assert_int_equal(json_parse(text, strlen(text), &json_limits_reply, &body, &problem), 0);
	r = calendar_apply(calendar, rev, kind, body);
	json_free(body);
	return r;
}

/* The next event. */
static inline int apply(struct calendar *calendar, const char *kind, const char *text)
{
	return apply_at(calendar, calendar_rev(calendar) + 1, kind, text);
}

/* A booking's or block's state; `units` as in JSON. */
static inline const char *entry_text(const char *noun, int64_t id, int space, const char *units,
				     int64_t start, int64_t end, const char *state)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "{\"%s\":%" PRId64 ",\"ref\":\"R-%06" PRId64 "\",\"space\":%d,\"units\":%s,"
		 "\"start\":%" PRId64 ",\"end\":%" PRId64 ",\"tenant\":1,\"member\":2,"
		 "\"state\":\"%s\",\"version\":1}",
		 noun, id, id, space, units, start, end, state);
	return text;
}

/* The same for somebody. */
static inline const char *state_text(const char *noun, int id, int space, const char *units,
				     int member, int64_t start, int64_t end)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "{\"%s\":%d,\"ref\":\"R-%06d\",\"space\":%d,\"units\":%s,\"start\":%" PRId64
		 ",\"end\":%" PRId64 ",\"tenant\":1,\"member\":%d,\"state\":\"%s\",\"version\":1}",
		 noun, id, id, space, units, start, end, member,
		 strcmp(noun, "block") == 0 ? "active" : "confirmed");
	return text;
}

/* Rooms RA and RB, which are the halves of AB, and a desk; open day and night, empty, at rev 10. */
static inline struct calendar *make_site(int64_t from, const char *hours)
{
	struct calendar *calendar = calendar_new(from);
	char site[1200];

	assert_non_null(calendar);
	snprintf(site, sizeof(site), "{\"rev\":10,\"hash\":\"%064d\",%s}", 0, hours);
	assert_int_equal(load_row(calendar, "site", site), 0);
	assert_int_equal(
		load_row(calendar, "floor", "{\"floor\":1,\"code\":\"1F\",\"position\":1}"), 0);
	assert_int_equal(
		load_row(calendar, "floor", "{\"floor\":2,\"code\":\"2F\",\"position\":2}"), 0);
	assert_int_equal(load_row(calendar, "area", "{\"area\":1,\"code\":\"NORTH\",\"floor\":1}"),
			 0);
	assert_int_equal(load_row(calendar, "space",
				  "{\"space\":3,\"code\":\"AB\",\"kind\":\"room\",\"capacity\":16,"
				  "\"units\":[1,2],\"amenities\":[\"screen\",\"phone\"],"
				  "\"floor\":1,\"area\":null,\"x\":0,\"y\":0,\"version\":1,"
				  "\"state\":\"active\"}"),
			 0);
	assert_int_equal(
		load_row(calendar, "space",
			 "{\"space\":1,\"code\":\"RA\",\"kind\":\"room\",\"capacity\":8,"
			 "\"units\":[1],\"amenities\":[\"screen\"],\"floor\":1,"
			 "\"area\":1,\"x\":30,\"y\":40,\"version\":1,\"state\":\"active\"}"),
		0);
	assert_int_equal(load_row(calendar, "space",
				  "{\"space\":2,\"code\":\"RB\",\"kind\":\"room\",\"capacity\":8,"
				  "\"units\":[2],\"amenities\":[],\"floor\":1,\"area\":1,"
				  "\"x\":3,\"y\":4,\"version\":1,\"state\":\"active\"}"),
			 0);
	assert_int_equal(load_row(calendar, "space",
				  "{\"space\":4,\"code\":\"D-1\",\"kind\":\"desk\",\"capacity\":1,"
				  "\"units\":[3],\"amenities\":[],\"floor\":2,\"area\":null,"
				  "\"version\":1,\"state\":\"active\"}"),
			 0);
	return calendar;
}

#define ALWAYS_OPEN "\"open\":0,\"close\":1440,\"closed_days\":[]"
