/* Records by table, the way out: what is written for whom, and how a table describes itself. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/field.h"
#include "common/json.h"
#include "common/macros.h"

enum { DESK, ROOM, BOOTH };

struct line {
	const char *what;
	struct field_int count;
};

struct place {
	bool set;
	struct field_int floor;
};

struct record {
	struct field_int id, kind, limit, open, at;
	struct field_when start;
	const char *site, *key, *title, *note, *cancelled;
	bool dry_run, secret;
	struct field_list amenities;
	struct field_ints closed_days;
	struct place place;
	struct field_objects lines;
};

#define AT(member) .offset = offsetof(struct record, member)

static const char *const kinds[] = { "desk", "room", "booth", NULL };

static const struct field line_fields[] = {
	{ "what", FIELD_STRING, offsetof(struct line, what) },
	{ "count", FIELD_INT, offsetof(struct line, count), FIELD_STAFF },
	FIELD_END,
};

static const struct field place_fields[] = {
	{ "floor", FIELD_INT, offsetof(struct place, floor), .min = -5, .max = 100 },
	FIELD_END,
};

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "site", FIELD_CODE, AT(site), FIELD_REQUIRED, .help = "code of the site" },
	{ "key", FIELD_UUID, AT(key), FIELD_META },
	{ "title", FIELD_STRING, AT(title), FIELD_OWN },
	{ "note", FIELD_TEXT, AT(note), FIELD_STAFF },
	{ "kind", FIELD_ENUM, AT(kind), .choices = kinds },
	{ "limit", FIELD_INT, AT(limit), .min = 1, .max = 500 },
	{ "open", FIELD_TIME, AT(open) },
	{ "at", FIELD_INSTANT, AT(at) },
	{ "start", FIELD_WHEN, AT(start) },
	{ "dry_run", FIELD_BOOL, AT(dry_run) },
	{ "amenities", FIELD_CODES, AT(amenities) },
	{ "closed_days", FIELD_INTS, AT(closed_days), .max = 6 },
	{ "place", FIELD_OBJECT, AT(place), .fields = place_fields },
	{ "lines", FIELD_OBJECTS, AT(lines), .fields = line_fields },
	{ "secret", FIELD_BOOL, AT(secret), FIELD_IF_TRUE },
	{ "cancelled", FIELD_STRING, AT(cancelled), FIELD_NULLABLE },
	FIELD_END,
};

static void expect_encoded(const struct record *record, enum field_viewer viewer, const char *text)
{
	struct buf out = BUF_INIT(65536);
	struct jsonw w = JSONW_INIT(&out);

	field_encode(&w, fields, viewer, record);
	assert_string_equal(out.data, text);
	buf_deinit(&out);
}

static void what_is_absent_is_left_out_or_null(void **state)
{
	const struct record record = { .site = "ks" };

	expect_encoded(&record, FIELD_FOR_STAFF,
		       "{\"site\":\"ks\",\"dry_run\":false,\"amenities\":[],\"lines\":[],"
		       "\"cancelled\":null}");
}

static void every_type_has_its_form_on_the_wire(void **state)
{
	static const char *codes[] = { "tv", "wb" };
	const struct record record = {
		.site = "ks",
		.kind = { true, BOOTH },
		.limit = { true, 0 },
		.open = { true, 1440 },
		.at = { true, 1500000 },
		.start = { .kind = FIELD_WHEN_WALL, .civil = { 2026, 11, 22, 9, 5, 0 } },
		.dry_run = true,
		.amenities = { 2, codes },
		.closed_days = { true, 2, { 0, 6 } },
		.place = { true, { true, -1 } },
		.cancelled = "why",
	};

	expect_encoded(&record, FIELD_FOR_OTHER,
		       "{\"site\":\"ks\",\"kind\":\"booth\",\"limit\":0,\"open\":\"24:00\","
		       "\"at\":\"1970-01-01T00:00:01.5Z\",\"start\":\"2026-11-22T09:05\","
		       "\"dry_run\":true,\"amenities\":[\"tv\",\"wb\"],\"closed_days\":[0,6],"
		       "\"place\":{\"floor\":-1},\"lines\":[],\"cancelled\":\"why\"}");
}

static void each_viewer_sees_what_the_table_allows(void **state)
{
	static const struct line lines[] = { { "seat", { true, 2 } }, { "tea", { false, 0 } } };
	const struct record record = {
		.id = { true, 99 },
		.site = "ks",
		.title = "Weekly",
		.note = "vip",
		.lines = { ARRAY_SIZE(lines), lines, sizeof(lines[0]) },
	};

	expect_encoded(&record, FIELD_FOR_OTHER,
		       "{\"site\":\"ks\",\"dry_run\":false,\"amenities\":[],"
		       "\"lines\":[{\"what\":\"seat\"},{\"what\":\"tea\"}],\"cancelled\":null}");
	expect_encoded(&record, FIELD_FOR_OWN,
		       "{\"site\":\"ks\",\"title\":\"Weekly\",\"dry_run\":false,\"amenities\":[],"
		       "\"lines\":[{\"what\":\"seat\"},{\"what\":\"tea\"}],\"cancelled\":null}");
	expect_encoded(&record, FIELD_FOR_STAFF,
		       "{\"site\":\"ks\",\"title\":\"Weekly\",\"note\":\"vip\",\"dry_run\":false,"
		       "\"amenities\":[],\"lines\":[{\"what\":\"seat\",\"count\":2},"
		       "{\"what\":\"tea\"}],\"cancelled\":null}");
}

static void what_is_told_only_when_true_is_left_out_when_false(void **state)
{
	const struct record record = { .site = "ks", .secret = true };

	expect_encoded(&record, FIELD_FOR_OTHER,
		       "{\"site\":\"ks\",\"dry_run\":false,\"amenities\":[],\"lines\":[],"
		       "\"secret\":true,\"cancelled\":null}");
}

static void arguments_have_the_forms_of_the_database(void **state)
{
	static const char *none[1];
	const struct record record = {
		.site = "ks",
		.key = "0198c0de-7a5c-7000-8000-3f0f7e6a1b2c",
		.note = "vip",
		.kind = { true, ROOM },
		.open = { true, 570 },
		.at = { true, 1500000 },
		.start = { .kind = FIELD_WHEN_INSTANT, .usec = 5 },
		.amenities = { 0, none }, /* given, and empty */
	};
	struct buf out = BUF_INIT(65536);
	struct jsonw w = JSONW_INIT(&out);

	jsonw_object(&w);
	field_encode_args(&w, fields, &record);
	jsonw_object_end(&w);
	assert_string_equal(out.data, "{\"site\":\"ks\",\"note\":\"vip\",\"kind\":\"room\","
				      "\"open\":570,\"at\":1500000,\"amenities\":[]}");
	buf_deinit(&out);
}

static void a_table_describes_itself(void **state)
{
	struct buf out = BUF_INIT(65536);
	struct jsonw w = JSONW_INIT(&out);
	struct json_problem problem;
	const struct cJSON *site, *place;
	struct cJSON *tree = NULL;

	field_describe(&w, fields);
	assert_int_equal(json_parse(out.data, out.len, &json_limits_reply, &tree, &problem), 0);
	assert_null(json_get(tree, "id")); /* hidden */
	site = json_get(tree, "site");
	assert_string_equal(json_str(site, "type"), "code");
	assert_true(json_bool(site, "required"));
	assert_null(json_get(json_get(tree, "title"), "required"));
	assert_string_equal(json_str(site, "help"), "code of the site");
	assert_int_equal(json_value_int(json_get(json_get(tree, "limit"), "max")), 500);
	assert_int_equal(json_value_int(json_get(json_get(tree, "note"), "max")), FIELD_TEXT_MAX);
	assert_int_equal(json_value_int(json_get(json_get(tree, "amenities"), "max")),
			 FIELD_CODES_MAX);
	assert_non_null(json_get(json_get(tree, "closed_days"), "min"));
	assert_int_equal(json_count(json_get(json_get(tree, "kind"), "choices")), 3);
	place = json_get(json_get(tree, "place"), "fields");
	assert_string_equal(json_str(json_get(place, "floor"), "type"), "integer");
	json_free(tree);
	buf_deinit(&out);
}

static void every_type_has_a_word_of_its_own(void **state)
{
	for (int a = FIELD_STRING; a <= FIELD_JSON; a++) {
		assert_non_null(field_type_name((enum field_type)a));
		for (int b = a + 1; b <= FIELD_JSON; b++)
			assert_string_not_equal(field_type_name((enum field_type)a),
						field_type_name((enum field_type)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_absent_is_left_out_or_null),
		cmocka_unit_test(every_type_has_its_form_on_the_wire),
		cmocka_unit_test(each_viewer_sees_what_the_table_allows),
		cmocka_unit_test(what_is_told_only_when_true_is_left_out_when_false),
		cmocka_unit_test(arguments_have_the_forms_of_the_database),
		cmocka_unit_test(a_table_describes_itself),
		cmocka_unit_test(every_type_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
