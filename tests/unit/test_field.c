/* Records by table: what is decoded, how refusals are worded. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/field.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/reference.h"

enum { DESK, ROOM, BOOTH };

struct wish {
	bool set;
	struct field_int kind;
	struct field_int capacity;
};

struct line {
	const char *what;
	struct field_int count;
};

struct record {
	const char *site, *title, *note, *token, *ref, *block, *key, *login, *zone, *date;
	struct field_int limit, open, at, kind, id;
	struct field_when start;
	struct field_list amenities;
	struct field_ints closed_days;
	struct field_objects lines;
	struct wish like;
	const struct cJSON *any;
	bool dry_run;
	const char *cancelled;
};

#define AT(member)	.offset = offsetof(struct record, member)
#define IN_WISH(member) .offset = offsetof(struct wish, member)

static const char *const kinds[] = { "desk", "room", "booth", NULL };

static const struct field wish_fields[] = {
	{ "kind", FIELD_ENUM, IN_WISH(kind), FIELD_REQUIRED, .choices = kinds },
	{ "capacity", FIELD_INT, IN_WISH(capacity), .min = 1, .max = 20 },
	FIELD_END,
};

static const struct field line_fields[] = {
	{ "what", FIELD_STRING, .offset = offsetof(struct line, what) },
	{ "count", FIELD_INT, .offset = offsetof(struct line, count), .flags = FIELD_STAFF },
	FIELD_END,
};

static const struct field fields[] = {
	{ "id", FIELD_INT, AT(id), FIELD_HIDDEN },
	{ "site", FIELD_CODE, AT(site), FIELD_REQUIRED, .help = "code of the site" },
	{ "title", FIELD_STRING, AT(title), FIELD_OWN, .min = 1, .max = 10 },
	{ "note", FIELD_TEXT, AT(note), FIELD_STAFF },
	{ "token", FIELD_SECRET, AT(token), .min = 4, .max = 64 },
	{ "limit", FIELD_INT, AT(limit), .min = 1, .max = 500 },
	{ "dry_run", FIELD_BOOL, AT(dry_run) },
	{ "ref", FIELD_REF, AT(ref) },
	{ "block", FIELD_BLOCK, AT(block) },
	{ "key", FIELD_UUID, AT(key) },
	{ "login", FIELD_LOGIN, AT(login) },
	{ "zone", FIELD_ZONE, AT(zone) },
	{ "date", FIELD_DATE, AT(date) },
	{ "open", FIELD_TIME, AT(open) },
	{ "at", FIELD_INSTANT, AT(at) },
	{ "start", FIELD_WHEN, AT(start) },
	{ "kind", FIELD_ENUM, AT(kind), .choices = kinds },
	{ "amenities", FIELD_CODES, AT(amenities), .max = 3 },
	{ "closed_days", FIELD_INTS, AT(closed_days), .min = 0, .max = 6 },
	{ "like", FIELD_OBJECT, AT(like), .fields = wish_fields },
	{ "lines", FIELD_OBJECTS, AT(lines), .fields = line_fields },
	{ "any", FIELD_JSON, AT(any) },
	{ "cancelled", FIELD_STRING, AT(cancelled), FIELD_NULLABLE },
	FIELD_END,
};

struct fixture {
	struct arena *arena;
	struct cJSON *tree;
	struct record record;
	struct field_problem problem;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .arena = arena_new(1 << 20) };
	*state = &fixture;
	return fixture.arena ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	json_free(f->tree);
	arena_free(f->arena);
	return 0;
}

static int decode(struct fixture *f, const char *text, enum field_source source)
{
	struct json_problem problem;

	f->tree = json_free(f->tree);
	assert_int_equal(json_parse(text, strlen(text), &json_limits_request, &f->tree, &problem),
			 0);
	f->record = (struct record){ .site = NULL };
	f->problem = (struct field_problem){ .rule = NULL };
	return field_decode(f->tree, fields, source, f->arena, &f->record, &f->problem);
}

/* What a client may send beside the site, e.g. `"limit":3`. */
static int decode_with(struct fixture *f, const char *members)
{
	struct buf text = BUF_INIT(65536);
	int r;

	buf_printf(&text, "{\"site\":\"ks\",%s}", members);
	r = decode(f, text.data, FIELD_FROM_CLIENT);
	buf_deinit(&text);
	return r;
}

static void expect_fine(struct fixture *f, const char *members)
{
	if (decode_with(f, members))
		fail_msg("%s: %s %s", members, f->problem.name, f->problem.reason);
}

static void expect_problem(struct fixture *f, const char *members, const char *name,
			   const char *rule, const char *reason)
{
	assert_int_equal(decode_with(f, members), -EINVAL);
	assert_string_equal(f->problem.name, name);
	assert_string_equal(f->problem.reason, reason);
	assert_string_equal(f->problem.rule, rule);
}

static void every_type_is_decoded(void **state)
{
	struct fixture *f = *state;
	const struct record *r = &f->record;
	char ref[REFERENCE_TEXT_MAX], block[REFERENCE_TEXT_MAX];
	struct buf text = BUF_INIT(4096);

	reference_format('R', 12345, ref);
	reference_format('B', 777, block);
	buf_printf(&text, "\"ref\":\"%s\",\"block\":\"%s\",", ref, block);
	buf_add_str(
		&text,
		"\"title\":\"Weekly\",\"note\":\"a\\n\\tb\",\"token\":\"secret\",\"limit\":500,"
		"\"dry_run\":true,\"key\":\"0198C0DE-7A5C-7000-8000-3F0F7E6A1B2C\","
		"\"login\":\"Kim.Lee+x@Example.ORG\",\"zone\":\"America/Argentina/Ushuaia\","
		"\"date\":\"2028-02-29\",\"open\":\"09:30\",\"at\":\"1970-01-01T00:00:01.5Z\","
		"\"start\":\"2026-11-22T14:05\",\"kind\":\"booth\",\"amenities\":[\"tv\",\"wb\"],"
		"\"closed_days\":[0,6],\"like\":{\"kind\":\"room\",\"capacity\":4},"
		"\"any\":{\"x\":[1]},\"cancelled\":\"why\"");
	expect_fine(f, text.data);
	assert_string_equal(r->site, "ks");
	assert_string_equal(r->title, "Weekly");
	assert_string_equal(r->note, "a\n\tb");
	assert_string_equal(r->token, "secret");
	assert_true(r->limit.set && r->limit.value == 500);
	assert_true(r->dry_run);
	assert_string_equal(r->ref, ref);
	assert_string_equal(r->block, block);
	assert_string_equal(r->key, "0198c0de-7a5c-7000-8000-3f0f7e6a1b2c");
	assert_string_equal(r->login, "kim.lee+x@example.org");
	assert_string_equal(r->zone, "America/Argentina/Ushuaia");
	assert_string_equal(r->date, "2028-02-29");
	assert_true(r->open.set && r->open.value == 570);
	assert_true(r->at.set && r->at.value == 1500000);
	assert_int_equal(r->start.kind, FIELD_WHEN_WALL);
	assert_int_equal(r->start.civil.hour, 14);
	assert_true(r->kind.set && r->kind.value == BOOTH);
	assert_int_equal(r->amenities.count, 2);
	assert_string_equal(r->amenities.items[1], "wb");
	assert_true(r->closed_days.set && r->closed_days.count == 2 &&
		    r->closed_days.items[1] == 6);
	assert_true(r->like.set && r->like.kind.value == ROOM && r->like.capacity.value == 4);
	assert_ptr_equal(r->any, json_get(f->tree, "any"));
	assert_string_equal(r->cancelled, "why");
	buf_deinit(&text);
}

static void what_is_absent_stays_zero(void **state)
{
	struct fixture *f = *state;
	struct record expected = { .site = NULL };

	assert_int_equal(decode(f, "{\"site\":\"ks\"}", FIELD_FROM_CLIENT), 0);
	expected.site = f->record.site;
	assert_memory_equal(&f->record, &expected, sizeof(expected));
}

static void a_missing_field_is_named(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(decode(f, "{}", FIELD_FROM_CLIENT), -EINVAL);
	assert_string_equal(f->problem.name, "site");
	assert_string_equal(f->problem.reason, "is missing");
	assert_string_equal(f->problem.rule, "missing");
	assert_int_equal(
		field_decode(NULL, fields, FIELD_FROM_CLIENT, f->arena, &f->record, &f->problem),
		-EINVAL);
	assert_string_equal(f->problem.reason, "is missing");
	expect_problem(f, "\"like\":{}", "like.kind", "missing", "is missing");
}

static void an_unknown_name_gets_its_nearest_neighbour(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"tilte\":\"x\"", "tilte", "unknown",
		       "is not a parameter of this method; did you mean 'title'?");
	expect_problem(f, "\"amenites\":[]", "amenites", "unknown",
		       "is not a parameter of this method; did you mean 'amenities'?");
	expect_problem(f, "\"Limit\":1", "Limit", "unknown",
		       "is not a parameter of this method; did you mean 'limit'?");
	expect_problem(f, "\"colour\":1", "colour", "unknown", "is not a parameter of this method");
	expect_problem(f, "\"\":1", "", "unknown", "is not a parameter of this method");
	expect_problem(f, "\"like\":{\"kind\":\"desk\",\"capactiy\":2}", "like.capactiy", "unknown",
		       "is not a member of 'like'; did you mean 'capacity'?");
}

static void an_unknown_name_is_told_before_a_missing_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(decode(f, "{\"stie\":\"ks\"}", FIELD_FROM_CLIENT), -EINVAL);
	assert_string_equal(f->problem.name, "stie");
	assert_string_equal(f->problem.reason,
			    "is not a parameter of this method; did you mean 'site'?");
}

static void a_hidden_field_is_unknown_to_clients(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"id\":5", "id", "unknown", "is not a parameter of this method");
	expect_problem(f, "\"idd\":5", "idd", "unknown", "is not a parameter of this method");
}

static void long_and_odd_names_are_cut_and_made_safe(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT(65536);

	buf_add_char(&text, '"');
	for (int i = 0; i < 5000; i++)
		buf_add_str(&text, "\xED\x95\x9C");
	buf_add_str(&text, "\":1");
	assert_int_equal(decode_with(f, text.data), -EINVAL);
	assert_in_range(strlen(f->problem.name), 90, sizeof(f->problem.name) - 1);
	buf_deinit(&text);
	expect_problem(f, "\"a\\u001b[2J\":1", "a\xEF\xBF\xBD[2J", "unknown",
		       "is not a parameter of this method");
}

static void wrong_kinds_of_values_say_what_is_wanted(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"title\":1", "title", "type", "must be text");
	expect_problem(f, "\"limit\":\"1\"", "limit", "type", "must be a whole number");
	expect_problem(f, "\"dry_run\":1", "dry_run", "type", "must be true or false");
	expect_problem(f, "\"login\":true", "login", "type",
		       "must be an e-mail address such as kim@example.org");
	expect_problem(f, "\"open\":570", "open", "type", "must be a time of day such as 09:30");
	expect_problem(f, "\"at\":0", "at", "type",
		       "must be an instant such as 2026-11-22T14:05:00Z");
	expect_problem(
		f, "\"start\":0", "start", "type",
		"must be an instant such as 2026-11-22T14:05:00Z, or a wall-clock time such as "
		"2026-11-22T14:05");
	expect_problem(f, "\"kind\":0", "kind", "type", "must be text");
	expect_problem(f, "\"amenities\":\"tv\"", "amenities", "type", "must be a list of codes");
	expect_problem(f, "\"amenities\":[1]", "amenities", "type", "must be a list of codes");
	expect_problem(f, "\"closed_days\":{}", "closed_days", "type",
		       "must be a list of whole numbers");
	expect_problem(f, "\"closed_days\":[\"0\"]", "closed_days", "type",
		       "must be a list of whole numbers");
	expect_problem(f, "\"like\":[]", "like", "type", "must be an object");
	expect_problem(f, "\"lines\":[]", "lines", "type", "cannot be given, only read");
	expect_problem(f, "\"title\":null", "title", "type", "must be text");
}

static void params_that_are_no_object_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(decode(f, "[1]", FIELD_FROM_CLIENT), -EINVAL);
	assert_string_equal(f->problem.name, "");
	assert_string_equal(f->problem.reason, "must be an object");
}

static void null_is_absence_only_where_the_table_says_so(void **state)
{
	struct fixture *f = *state;

	expect_fine(f, "\"cancelled\":null");
	assert_null(f->record.cancelled);
	expect_fine(f, "\"any\":null"); /* any value */
	assert_true(json_is_null(f->record.any));
}

static void numbers_keep_their_range(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"limit\":0", "limit", "range", "must be between 1 and 500");
	expect_problem(f, "\"limit\":501", "limit", "range", "must be between 1 and 500");
	expect_fine(f, "\"limit\":1");
	expect_problem(f, "\"like\":{\"kind\":\"desk\",\"capacity\":21}", "like.capacity", "range",
		       "must be between 1 and 20");
}

static void text_is_measured_in_letters_not_bytes(void **state)
{
	struct fixture *f = *state;

	/* ten Korean syllables are thirty bytes */
	expect_fine(f,
		    "\"title\":"
		    "\"\\ud68c\\uc758\\uc2e4\\ud68c\\uc758\\uc2e4\\ud68c\\uc758\\uc2e4\\ud68c\"");
	expect_problem(f, "\"title\":\"12345678901\"", "title", "range",
		       "must have between 1 and 10 characters");
	expect_problem(f, "\"token\":\"abc\"", "token", "range",
		       "must have between 4 and 64 characters");
}

static void text_has_a_longest_length_by_default(void **state)
{
	struct fixture *f = *state;

	for (int extra = 0; extra < 2; extra++) {
		struct buf text = BUF_INIT(65536);

		buf_add_str(&text, "\"note\":\"");
		for (int i = 0; i < FIELD_TEXT_MAX + extra; i++)
			buf_add_char(&text, 'x');
		buf_add_str(&text, "\"");
		if (extra)
			expect_problem(f, text.data, "note", "range",
				       "must have at most 2000 characters");
		else
			expect_fine(f, text.data);
		buf_deinit(&text);
	}
}

static void blank_text_counts_as_empty(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"title\":\"\"", "title", "range", "must not be empty");
	expect_problem(f, "\"title\":\"  \"", "title", "range", "must not be empty");
	expect_problem(f, "\"title\":\"\\u3000\\u00a0\\u200b\"", "title", "range",
		       "must not be empty");
	expect_fine(f, "\"note\":\"\"");
}

static void text_that_cannot_be_shown_is_refused(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"title\":\"ab\\u001b[2J\"", "title", "format",
		       "must not have control characters (character 3 is one)");
	expect_problem(f, "\"title\":\"a\\n\"", "title", "format",
		       "must not have control characters (character 2 is one)");
	expect_problem(f, "\"title\":\"\\u202egnp\"", "title", "format",
		       "must not have control characters (character 1 is one)");
	expect_problem(f, "\"note\":\"a\\r\\n\"", "note", "format",
		       "must not have control characters (character 2 is one)");
	expect_problem(f, "\"token\":\"abcd\\t\"", "token", "format",
		       "must not have control characters (character 5 is one)");
}

static void malformed_forms_are_refused(void **state)
{
	static const struct {
		const char *name;
		const char *values[12];
	} rows[] = {
		{ "site",
		  { "", "-a", ".a", "a b", "a/b", "\\u00e9",
		    "a12345678901234567890123456789012" } },
		{ "ref", { "", "R-", "R-00000", "B-7F3KA2", "R-7F3KA2X", "7F3KA2" } },
		{ "block", { "", "R-7F3KA2", "B-UUUUUU" } },
		{ "key",
		  { "", "0198c0de7a5c700080003f0f7e6a1b2c", "0198c0de-7a5c-7000-8000-3f0f7e6a1b2",
		    "0198c0de-7a5c-7000-8000-3f0f7e6a1b2g" } },
		{ "login",
		  { "", "kim", "@x.org", "kim@", "kim@x..org", "kim@-x.org", "kim@x.org.",
		    ".kim@x.org", "k..m@x.org", "kim lee@x.org", "a@b@c.org", "k\\u00ef@x.org" } },
		{ "zone",
		  { "", "/etc/passwd", "../UTC", "Asia/", "Asia//Seoul", "Asia/..", "A b",
		    "a.b" } },
		{ "date",
		  { "", "2027-02-29", "2026-13-01", "2026-1-1", "2026-11-22T10:00", "26-11-22" } },
		{ "open",
		  { "", "9:30", "24:01", "25:00", "12:60", "09:30:00", "09.30", "0930", "-9:30" } },
		{ "at", { "", "2026-11-22", "2026-11-22T14:05", "2026-11-22T14:05:60Z" } },
		{ "start", { "", "2026-11-22", "14:05", "2026-11-31T10:00" } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].values) && rows[i].values[j]; j++) {
			struct buf text = BUF_INIT(1000);

			if (strcmp(rows[i].name, "site") != 0)
				buf_add_str(&text, "{\"site\":\"ks\",");
			else
				buf_add_str(&text, "{");
			buf_printf(&text, "\"%s\":\"%s\"}", rows[i].name, rows[i].values[j]);
			if (!decode(f, text.data, FIELD_FROM_CLIENT))
				fail_msg("taken: %s", text.data);
			assert_string_equal(f->problem.name, rows[i].name);
			assert_string_equal(f->problem.rule, "format");
			buf_deinit(&text);
		}
	}
}

static void times_of_day_reach_the_end_of_the_day(void **state)
{
	struct fixture *f = *state;

	expect_fine(f, "\"open\":\"00:00\"");
	assert_true(f->record.open.set && f->record.open.value == 0);
	expect_fine(f, "\"open\":\"24:00\"");
	assert_int_equal(f->record.open.value, 1440);
}

static void a_time_is_an_instant_or_a_wall_clock(void **state)
{
	struct fixture *f = *state;

	expect_fine(f, "\"start\":\"2026-11-22T14:05:00+09:00\"");
	assert_int_equal(f->record.start.kind, FIELD_WHEN_INSTANT);
	assert_true(f->record.start.usec == INT64_C(1795323900) * 1000000);
	expect_fine(f, "\"start\":\"2026-11-22T14:05:30\"");
	assert_int_equal(f->record.start.kind, FIELD_WHEN_WALL);
	assert_int_equal(f->record.start.civil.second, 30);
}

static void a_wrong_choice_lists_the_right_ones(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"kind\":\"office\"", "kind", "choice",
		       "must be one of desk, room, booth");
	expect_problem(f, "\"kind\":\"Desk\"", "kind", "choice",
		       "must be one of desk, room, booth");
	expect_problem(f, "\"like\":{\"kind\":\"\"}", "like.kind", "choice",
		       "must be one of desk, room, booth");
}

static void lists_have_limits_and_no_repeats(void **state)
{
	struct fixture *f = *state;

	expect_problem(f, "\"amenities\":[\"a\",\"b\",\"c\",\"d\"]", "amenities", "range",
		       "must have at most 3 items");
	expect_problem(f, "\"amenities\":[\"tv\",\"wb\",\"TV\"]", "amenities", "repeat",
		       "item 3 stands there twice");
	expect_problem(f, "\"amenities\":[\"tv\",\"a b\"]", "amenities", "format",
		       "item 2 is not a code");
	expect_problem(f, "\"closed_days\":[0,7]", "closed_days", "range",
		       "has items that are not between 0 and 6");
	expect_problem(f, "\"closed_days\":[3,3]", "closed_days", "repeat", "has 3 twice");
	expect_problem(f, "\"closed_days\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "closed_days",
		       "range", "must have at most 16 items");
	expect_fine(f, "\"amenities\":[],\"closed_days\":[]");
	assert_int_equal(f->record.amenities.count, 0);
	assert_true(f->record.closed_days.set);
}

static void running_out_of_the_arena_is_not_a_refusal(void **state)
{
	static const char *const members[] = { "\"title\":\"x\"", "\"login\":\"a@b\"",
					       "\"amenities\":[\"tv\"]" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		arena_free(f->arena);
		f->arena = arena_new(16); /* the site fits */
		assert_int_equal(decode_with(f, members[i]), -ENOMEM);
	}
}

static void facts_of_the_database_have_their_own_forms(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		decode(f,
		       "{\"id\":7,\"site\":\"ks\",\"open\":570,\"at\":1795323900000000,"
		       "\"start\":-1,\"limit\":9999,\"title\":\"longer than ten\\u0007\","
		       "\"login\":null,\"cancelled\":null,\"unknown\":[1],\"kind\":\"room\","
		       "\"closed_days\":null,\"lines\":[{}],\"like\":null}",
		       FIELD_FROM_DATABASE),
		0);
	assert_true(f->record.id.set && f->record.id.value == 7);
	assert_int_equal(f->record.open.value, 570);
	assert_true(f->record.at.value == INT64_C(1795323900000000));
	assert_int_equal(f->record.start.kind, FIELD_WHEN_INSTANT);
	assert_true(f->record.start.usec == -1);
	assert_int_equal(f->record.limit.value, 9999);
	assert_string_equal(f->record.title, "longer than ten\x07");
	assert_null(f->record.login);
	assert_false(f->record.closed_days.set);
	assert_false(f->record.like.set);
}

static void facts_of_a_wrong_shape_are_told(void **state)
{
	static const char *const rows[] = {
		"{}",
		"{\"site\":null}",
		"{\"site\":\"ks\",\"kind\":\"attic\"}",
		"{\"site\":\"ks\",\"at\":\"2026-11-22T14:05:00Z\"}",
		"{\"site\":\"ks\",\"open\":1441}",
		"{\"site\":\"ks\",\"limit\":\"1\"}",
		"{\"site\":\"ks\",\"closed_days\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(decode(f, rows[i], FIELD_FROM_DATABASE), -EINVAL);
}

static void a_client_takes_replies_of_a_newer_server(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		decode(f,
		       "{\"new_field\":1,\"kind\":\"attic\",\"at\":\"1970-01-01T00:00:01Z\","
		       "\"title\":null,\"limit\":100000,\"id\":4,\"open\":\"10:00\"}",
		       FIELD_FROM_SERVER),
		0);
	assert_false(f->record.kind.set);
	assert_true(f->record.at.value == 1000000);
	assert_null(f->record.title);
	assert_int_equal(f->record.limit.value, 100000);
	assert_false(f->record.id.set);
}

static void what_is_encoded_decodes_to_the_same(void **state)
{
	struct fixture *f = *state;
	struct buf first = BUF_INIT(65536), second = BUF_INIT(65536);
	struct jsonw w = JSONW_INIT(&first), again = JSONW_INIT(&second);

	expect_fine(f,
		    "\"title\":\"Weekly\",\"note\":\"a\\nb\",\"token\":\"secret\",\"limit\":5,"
		    "\"dry_run\":true,\"key\":\"0198c0de-7a5c-7000-8000-3f0f7e6a1b2c\","
		    "\"login\":\"kim@example.org\",\"zone\":\"Asia/Seoul\",\"date\":\"2026-11-22\","
		    "\"open\":\"24:00\",\"at\":\"2026-11-22T14:05:00Z\","
		    "\"start\":\"2026-11-22T14:05\",\"kind\":\"desk\",\"amenities\":[\"tv\"],"
		    "\"closed_days\":[],\"like\":{\"kind\":\"room\"},"
		    "\"any\":{\"x\":[1,true,null,\"y\",{}]},\"cancelled\":\"no\"");
	field_encode(&w, fields, FIELD_FOR_STAFF, &f->record);
	assert_int_equal(decode(f, first.data, FIELD_FROM_SERVER), 0);
	field_encode(&again, fields, FIELD_FOR_STAFF, &f->record);
	assert_string_equal(first.data, second.data);
	assert_non_null(strstr(first.data, "\"open\":\"24:00\""));
	assert_non_null(strstr(first.data, "\"closed_days\":[]"));
	assert_non_null(strstr(first.data, "\"any\":{\"x\":[1,true,null,\"y\",{}]}"));
	assert_non_null(strstr(first.data, "\"start\":\"2026-11-22T14:05\""));
	buf_deinit(&first);
	buf_deinit(&second);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_type_is_decoded),
		CASE(what_is_absent_stays_zero),
		CASE(a_missing_field_is_named),
		CASE(an_unknown_name_gets_its_nearest_neighbour),
		CASE(an_unknown_name_is_told_before_a_missing_one),
		CASE(a_hidden_field_is_unknown_to_clients),
		CASE(long_and_odd_names_are_cut_and_made_safe),
		CASE(wrong_kinds_of_values_say_what_is_wanted),
		CASE(params_that_are_no_object_are_refused),
		CASE(null_is_absence_only_where_the_table_says_so),
		CASE(numbers_keep_their_range),
		CASE(text_is_measured_in_letters_not_bytes),
		CASE(text_has_a_longest_length_by_default),
		CASE(blank_text_counts_as_empty),
		CASE(text_that_cannot_be_shown_is_refused),
		CASE(malformed_forms_are_refused),
		CASE(times_of_day_reach_the_end_of_the_day),
		CASE(a_time_is_an_instant_or_a_wall_clock),
		CASE(a_wrong_choice_lists_the_right_ones),
		CASE(lists_have_limits_and_no_repeats),
		CASE(running_out_of_the_arena_is_not_a_refusal),
		CASE(facts_of_the_database_have_their_own_forms),
		CASE(facts_of_a_wrong_shape_are_told),
		CASE(a_client_takes_replies_of_a_newer_server),
		CASE(what_is_encoded_decodes_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
