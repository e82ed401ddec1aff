/* Days that were told are told again as they were, until they are others, and take no more room than they may. */

#include "daemon/day_texts.h"
#include "tests/unit/calendar_site.h"

#define TEXT "{\"space\":\"what was written\"}"

struct test {
	struct calendar *calendar;
	struct zone *zone;
	struct day_texts *texts;
};

static int set_up(void **state)
{
	struct test *test = calloc(1, sizeof(*test));

	test->calendar = make_site(0, ALWAYS_OPEN);
	test->texts = day_texts_new(100000);
	assert_int_equal(zone_load("UTC", NULL, &test->zone), 0);
	*state = test;
	return 0;
}

static int tear_down(void **state)
{
	struct test *test = *state;

	calendar_free(test->calendar);
	zone_free(test->zone);
	day_texts_free(test->texts);
	free(test);
	return 0;
}

/* Of 1 March 2027 and so many days later. */
static struct day_text_key key_of(const struct test *test, const char *code, int later)
{
	struct civil date = { 2027, 3, 1 };
	struct civil day = civil_from_seconds(civil_to_seconds(&date) + later * INT64_C(86400));
	struct day_clock clock;

	day_clock_init(&clock, test->zone, calendar_hours(test->calendar), &day, 1);
	return day_text_key(test->calendar, calendar_space(test->calendar, code), &clock);
}

static bool finds(const struct test *test, const struct day_text_key *key, int64_t tenant,
		  const char *text)
{
	size_t len;
	const char *found = day_texts_find(test->texts, key, tenant, &len);

	return found && len == strlen(text) && memcmp(found, text, len) == 0;
}

static void keep(const struct test *test, const struct day_text_key *key, const char *text)
{
	day_texts_keep(test->texts, key, NULL, 0, text, strlen(text));
}

static void what_was_kept_is_found_for_its_space_and_day_alone(void **state)
{
	struct test *test = *state;
	struct day_text_key key = key_of(test, "RA", 0), other = key_of(test, "RB", 0),
			    next = key_of(test, "RA", 1);

	assert_false(finds(test, &key, 1, TEXT));
	keep(test, &key, TEXT);
	assert_true(finds(test, &key, 1, TEXT));
	assert_true(finds(test, &key, 0, TEXT));
	assert_false(finds(test, &other, 1, TEXT));
	assert_false(finds(test, &next, 1, TEXT));
}

static void a_change_of_the_space_or_its_hours_makes_it_another(void **state)
{
	struct test *test = *state;
	struct day_text_key key = key_of(test, "RA", 0), now;

	keep(test, &key, TEXT);
	apply(test->calendar, "booking.created",
	      entry_text("booking", 1, 2, "[2]", 0, HOUR, "confirmed"));
	now = key_of(test, "RA", 0);
	assert_true(finds(test, &now, 1, TEXT)); /* it was in the other half */
	apply(test->calendar, "booking.created",
	      entry_text("booking", 2, 3, "[1,2]", HOUR, 2 * HOUR, "confirmed"));
	now = key_of(test, "RA", 0);
	assert_false(finds(test, &now, 1, TEXT));
	keep(test, &now, "{}");
	assert_true(finds(test, &now, 1, "{}"));
	apply(test->calendar, "site.updated", "{\"open\":540,\"close\":1080,\"closed_days\":[]}");
	now = key_of(test, "RA", 0);
	assert_false(finds(test, &now, 1, "{}"));
}

static void a_day_of_other_length_or_hours_is_not_found(void **state)
{
	struct test *test = *state;
	struct day_text_key key = key_of(test, "RA", 0), wrong;

	keep(test, &key, TEXT);
	for (int i = 0; i < 4; i++) {
		wrong = key;
		wrong.cuts[i] += HOUR;
		assert_false(finds(test, &wrong, 1, TEXT));
	}
	wrong = key;
	wrong.closed = !key.closed;
	assert_false(finds(test, &wrong, 1, TEXT));
}

/* Whose booking is in it may know more than the text tells. */
static void a_tenant_who_has_a_booking_in_it_is_given_none(void **state)
{
	struct test *test = *state;
	struct day_text_key key = key_of(test, "RA", 0);
	struct calendar_entry entries[DAY_TENANTS_MAX + 1] = { 0 };
	struct day_span spans[DAY_TENANTS_MAX + 2] = { { 0 } };

	for (int i = 0; i <= DAY_TENANTS_MAX; i++) {
		entries[i].tenant_id = 100 + i;
		spans[i + 1] = (struct day_span){ .state = DAY_TAKEN, .entry = &entries[i] };
	}
	day_texts_keep(test->texts, &key, spans, DAY_TENANTS_MAX + 1, TEXT, strlen(TEXT));
	for (int i = 0; i < DAY_TENANTS_MAX; i++)
		assert_false(finds(test, &key, 100 + i, TEXT));
	assert_true(finds(test, &key, 100 + DAY_TENANTS_MAX, TEXT));
	assert_true(finds(test, &key, 0, TEXT));
	key = key_of(test, "RB", 0); /* one more than is listed */
	day_texts_keep(test->texts, &key, spans, DAY_TENANTS_MAX + 2, TEXT, strlen(TEXT));
	assert_false(finds(test, &key, 1, TEXT));
}

static void the_same_day_is_kept_once(void **state)
{
	struct test *test = *state;
	struct day_text_key key = key_of(test, "RA", 0);
	size_t size;

	keep(test, &key, TEXT);
	size = day_texts_size(test->texts);
	for (int i = 0; i < 100; i++) {
		apply(test->calendar, "booking.created",
		      entry_text("booking", i, 1, "[1]", i * HOUR, (i + 1) * HOUR, "confirmed"));
		key = key_of(test, "RA", 0);
		keep(test, &key, TEXT);
	}
	assert_int_equal(day_texts_size(test->texts), size);
	assert_true(finds(test, &key, 1, TEXT));
}

static void however_many_there_are_they_stay_within_their_bytes(void **state)
{
	struct test *test = *state;
	char text[DAY_TEXT_MAX + 2];
	int kept = 0;

	memset(text, 'x', sizeof(text));
	text[1000] = 0;
	for (int day = 0; day < 20000; day++) {
		struct day_text_key key = key_of(test, "RA", day % 400);

		key.space_id = day;
		keep(test, &key, text);
		assert_true(day_texts_size(test->texts) <= 100000);
		kept += finds(test, &key, 1, text);
	}
	assert_int_equal(kept, 20000); /* the last one always is */
	assert_true(day_texts_size(test->texts) > 90000);
}

static void a_long_text_is_not_kept(void **state)
{
	struct test *test = *state;
	struct day_text_key key = key_of(test, "RA", 0);
	static char text[DAY_TEXT_MAX + 2];

	memset(text, 'x', DAY_TEXT_MAX + 1);
	keep(test, &key, text);
	assert_int_equal(day_texts_size(test->texts), 0);
	text[DAY_TEXT_MAX] = 0;
	keep(test, &key, text);
	assert_true(finds(test, &key, 1, text));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_kept_is_found_for_its_space_and_day_alone),
		CASE(a_change_of_the_space_or_its_hours_makes_it_another),
		CASE(a_day_of_other_length_or_hours_is_not_found),
		CASE(a_tenant_who_has_a_booking_in_it_is_given_none),
		CASE(the_same_day_is_kept_once),
		CASE(however_many_there_are_they_stay_within_their_bytes),
		CASE(a_long_text_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
