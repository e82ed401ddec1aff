/*
 * Zones: gaps, folds and permanent changes of real places, the footer's rule, and damaged files.
 * The system's own files are used for real places (test_zone_python.py compares all of them) and
 * files made here for what no place does today.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/macros.h"
#include "common/zone.h"

/* A TZif file in the making. */
struct tzif {
	uint8_t bytes[4096];
	size_t len;
};

static void put(struct tzif *file, const void *data, size_t len)
{
	assert_true(file->len + len <= sizeof(file->bytes));
	memcpy(file->bytes + file->len, data, len);
	file->len += len;
}

static void put_number(struct tzif *file, int64_t value, size_t size)
{
	for (size_t i = size; i > 0; i--) {
		uint8_t byte = (uint8_t)((uint64_t)value >> (8 * (i - 1)));

		put(file, &byte, 1);
	}
}

/* A header and a block with types A (+0) and B (+1, daylight saving), entered in turn: B, A, B, ...
 */
static void put_block(struct tzif *file, char version, size_t size, const int64_t *times,
		      size_t count)
{
	const uint32_t counts[] = { 0, 0, 0, (uint32_t)count, 2, 8 };
	char head[20] = "TZif";

	head[4] = version;
	put(file, head, sizeof(head));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		put_number(file, counts[i], 4);
	for (size_t i = 0; i < count; i++)
		put_number(file, times[i], size);
	for (size_t i = 0; i < count; i++)
		put_number(file, i % 2 == 0, 1);
	put(file, "\0\0\0\0\0\0", 6);
	put_number(file, 3600, 4);
	put(file, "\1\4", 2);
	put(file, "AAA\0BBB", 8);
}

/* A version 2 file with the given 64-bit transitions and footer. */
static struct tzif make_file(const int64_t *times, size_t count, const char *footer)
{
	struct tzif file = { .len = 0 };

	put_block(&file, '2', 4, NULL, 0);
	put_block(&file, '2', 8, times, count);
	put(&file, "\n", 1);
	put(&file, footer, strlen(footer));
	put(&file, "\n", 1);
	return file;
}

static struct zone *zone_of_footer(const char *footer)
{
	struct tzif file = make_file(NULL, 0, footer);
	struct zone *zone = NULL;

	assert_int_equal(zone_parse("Test/Zone", file.bytes, file.len, &zone), 0);
	return zone;
}

static struct zone *load(const char *name)
{
	struct zone *zone = NULL;

	assert_int_equal(zone_load(name, NULL, &zone), 0);
	assert_string_equal(zone_name(zone), name);
	return zone;
}

static int64_t usec_of(const char *text)
{
	int64_t usec;

	assert_int_equal(instant_parse(text, &usec), 0);
	return usec;
}

static void assert_local(const struct zone *zone, const char *instant, const char *reading,
			 int offset, int fold)
{
	struct zone_local local;
	char text[CIVIL_TEXT_MAX];

	zone_to_local(zone, usec_of(instant), &local);
	assert_string_equal(civil_format(&local.civil, text), reading);
	assert_int_equal(local.offset, offset);
	assert_int_equal(local.fold, fold);
}

static void assert_instant(const struct zone *zone, const char *reading, int fold,
			   const char *instant)
{
	struct civil civil;
	int64_t usec;
	char text[INSTANT_TEXT_MAX];

	assert_int_equal(civil_parse(reading, &civil), 0);
	assert_int_equal(zone_to_instant(zone, &civil, fold, &usec, NULL), ZONE_OK);
	assert_string_equal(instant_format(usec, text), instant);
}

static int offset_between(const struct civil *civil, const char *instant)
{
	return (int)(civil_to_seconds(civil) - usec_of(instant) / USEC_PER_SEC);
}

static void assert_twice(const struct zone *zone, const char *reading, const char *first,
			 const char *second)
{
	struct civil civil;

	assert_int_equal(civil_parse(reading, &civil), 0);
	assert_int_equal(zone_to_instant(zone, &civil, -1, NULL, NULL), ZONE_TWICE);
	assert_instant(zone, reading, 0, first);
	assert_instant(zone, reading, 1, second);
	assert_local(zone, first, reading, offset_between(&civil, first), 0);
	assert_local(zone, second, reading, offset_between(&civil, second), 1);
}

static void assert_gap(const struct zone *zone, const char *reading, const char *from,
		       const char *to)
{
	for (int fold = -1; fold <= 1; fold++) {
		struct civil civil;
		struct zone_gap gap;
		char text[CIVIL_TEXT_MAX];

		assert_int_equal(civil_parse(reading, &civil), 0);
		assert_int_equal(zone_to_instant(zone, &civil, fold, NULL, &gap), ZONE_GAP);
		assert_string_equal(civil_format(&gap.from, text), from);
		assert_string_equal(civil_format(&gap.to, text), to);
	}
}

static void berlin_loses_an_hour_in_spring_and_has_one_twice_in_autumn(void **state)
{
	struct zone *zone = load("Europe/Berlin");

	assert_instant(zone, "2026-03-29T01:59:59", -1, "2026-03-29T00:59:59Z");
	assert_gap(zone, "2026-03-29T02:00", "2026-03-29T02:00", "2026-03-29T03:00");
	assert_gap(zone, "2026-03-29T02:59:59", "2026-03-29T02:00", "2026-03-29T03:00");
	assert_instant(zone, "2026-03-29T03:00", -1, "2026-03-29T01:00:00Z");
	assert_instant(zone, "2026-10-25T01:59:59", -1, "2026-10-24T23:59:59Z");
	assert_twice(zone, "2026-10-25T02:00", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z");
	assert_twice(zone, "2026-10-25T02:59:59", "2026-10-25T00:59:59Z", "2026-10-25T01:59:59Z");
	assert_instant(zone, "2026-10-25T03:00", -1, "2026-10-25T02:00:00Z");
	zone_free(zone);
}

static void fold_is_ignored_where_a_reading_exists_once(void **state)
{
	struct zone *zone = load("Asia/Seoul");

	for (int fold = -1; fold <= 1; fold++)
		assert_instant(zone, "2026-11-23T09:00", fold, "2026-11-23T00:00:00Z");
	assert_local(zone, "2026-11-23T00:00:00.999999Z", "2026-11-23T09:00", 32400, 0);
	zone_free(zone);
}

static void the_footer_rules_long_after_the_last_stored_change(void **state)
{
	struct zone *zone = load("America/New_York");

	assert_gap(zone, "2090-03-12T02:30", "2090-03-12T02:00", "2090-03-12T03:00");
	assert_twice(zone, "2090-11-05T01:30", "2090-11-05T05:30:00Z", "2090-11-05T06:30:00Z");
	assert_local(zone, "9999-07-01T12:00:00Z", "9999-07-01T08:00", -14400, 0);
	zone_free(zone);
}

static void lord_howe_changes_by_half_an_hour(void **state)
{
	struct zone *zone = load("Australia/Lord_Howe");

	assert_gap(zone, "2026-10-04T02:15", "2026-10-04T02:00", "2026-10-04T02:30");
	assert_instant(zone, "2026-10-04T02:30", -1, "2026-10-03T15:30:00Z");
	assert_twice(zone, "2026-04-05T01:45", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z");
	assert_instant(zone, "2026-04-05T01:29:59", -1, "2026-04-04T14:29:59Z");
	zone_free(zone);
}

/* Irish law has summer as the standard time and winter as its exception. */
static void dublin_turns_back_into_daylight_saving_in_winter(void **state)
{
	struct zone *zone = load("Europe/Dublin");

	assert_gap(zone, "2026-03-29T01:30", "2026-03-29T01:00", "2026-03-29T02:00");
	assert_twice(zone, "2026-10-25T01:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
	assert_gap(zone, "2095-03-27T01:30", "2095-03-27T01:00", "2095-03-27T02:00");
	zone_free(zone);
}

/* Samoa crossed the date line: 30 December 2011 was no day there. */
static void apia_skipped_a_whole_day(void **state)
{
	struct zone *zone = load("Pacific/Apia");

	assert_instant(zone, "2011-12-29T23:59:59", -1, "2011-12-30T09:59:59Z");
	assert_gap(zone, "2011-12-30T00:00", "2011-12-30T00:00", "2011-12-31T00:00");
	assert_gap(zone, "2011-12-30T23:59:59", "2011-12-30T00:00", "2011-12-31T00:00");
	assert_instant(zone, "2011-12-31T00:00", -1, "2011-12-30T10:00:00Z");
	zone_free(zone);
}

/* North Korea moved its standard time half an hour west in 2015 and back in 2018. */
static void a_standard_offset_that_moves_back_repeats_its_readings(void **state)
{
	struct zone *zone = load("Asia/Pyongyang");

	assert_twice(zone, "2015-08-14T23:45", "2015-08-14T14:45:00Z", "2015-08-14T15:15:00Z");
	assert_gap(zone, "2018-05-04T23:45", "2018-05-04T23:30", "2018-05-05T00:00");
	zone_free(zone);
}

static void offsets_before_standard_time_have_seconds(void **state)
{
	struct zone *zone = load("America/New_York");

	/* Local mean time, -4:56:02, until noon of 18 November 1883. */
	assert_local(zone, "1883-11-18T16:56:01Z", "1883-11-18T11:59:59", -17762, 0);
	assert_local(zone, "1883-11-18T17:00:00Z", "1883-11-18T12:00", -18000, 1);
	assert_local(zone, "0001-01-02T00:00:00Z", "0001-01-01T19:03:58", -17762, 0);
	zone_free(zone);
}

static void the_change_after_an_instant_is_found(void **state)
{
	struct zone *zone = load("Europe/Berlin");
	int64_t usec = usec_of("2026-01-01T00:00:00Z");
	char text[INSTANT_TEXT_MAX];

	assert_true(zone_next_change(zone, usec, &usec));
	assert_string_equal(instant_format(usec, text), "2026-03-29T01:00:00Z");
	assert_true(zone_next_change(zone, usec, &usec));
	assert_string_equal(instant_format(usec, text), "2026-10-25T01:00:00Z");
	assert_true(zone_next_change(zone, usec - 1, &usec));
	assert_string_equal(instant_format(usec, text), "2026-10-25T01:00:00Z");
	assert_false(zone_next_change(zone, INSTANT_MAX, &usec));
	zone_free(zone);
	zone = load("Etc/UTC");
	assert_false(zone_next_change(zone, INSTANT_MIN, &usec));
	zone_free(zone);
}

static void names_that_could_leave_the_folder_are_refused(void **state)
{
	static const char *const names[] = {
		"",
		"/",
		"/etc/passwd",
		"..",
		"../passwd",
		"Europe/../Europe/Berlin",
		"Europe//Berlin",
		"Europe/",
		".",
		"./UTC",
		"Europe/.hidden",
		"Europe/Ber lin",
		"Europe\\Berlin",
		"Europe/Berl\xc3\xadn",
		"Europe/Berlin\n",
		"Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct zone *zone = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(zone_load(names[i], NULL, &zone), -EINVAL);
	assert_null(zone);
	assert_null(zone_free(NULL));
}

static void places_that_are_not_zones_are_told_apart(void **state)
{
	struct zone *zone = NULL;

	assert_int_equal(zone_load("Europe/Atlantis", NULL, &zone), -ENOENT);
	assert_int_equal(zone_load("Europe", NULL, &zone), -ENOENT);
	assert_int_equal(zone_load("UTC/UTC", NULL, &zone), -ENOENT);
	assert_int_equal(zone_load("zone.tab", NULL, &zone), -EBADMSG);
	assert_null(zone);
}

static void another_folder_can_be_read(void **state)
{
	struct tzif file = make_file(NULL, 0, "XYZ-1");
	char dir[] = "/tmp/test-zone-XXXXXX";
	char path[64];
	struct zone *zone = NULL;
	FILE *out;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/Here", dir);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(file.bytes, 1, file.len, out), file.len);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(zone_load("Here", dir, &zone), 0);
	assert_local(zone, "2026-11-23T00:00:00Z", "2026-11-23T01:00", 3600, 0);
	zone_free(zone);
	/* A pipe would hold the reader until someone writes. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(zone_load("Here", dir, &zone), -ENOENT);
	unlink(path);
	rmdir(dir);
}

static void a_version_1_file_has_32_bit_times_and_no_footer(void **state)
{
	static const int64_t times[] = { -86400, 86400 };
	struct tzif file = { .len = 0 };
	struct zone *zone = NULL;
	struct zone_local local;

	put_block(&file, '\0', 4, times, ARRAY_SIZE(times));
	assert_int_equal(zone_parse("Test/One", file.bytes, file.len, &zone), 0);
	assert_local(zone, "1969-12-30T23:59:59Z", "1969-12-30T23:59:59", 0, 0);
	assert_local(zone, "1969-12-31T00:00:00Z", "1969-12-31T01:00", 3600, 0);
	assert_local(zone, "1970-01-02T00:00:00Z", "1970-01-02T00:00", 0, 1);
	zone_to_local(zone, 0, &local);
	assert_true(local.dst);
	assert_string_equal(local.abbrev, "BBB");
	zone_free(zone);
}

static void without_a_rule_the_last_type_stays(void **state)
{
	static const int64_t times[] = { 86400 };
	struct tzif file = make_file(times, 1, "");
	struct zone *zone = NULL;

	assert_int_equal(zone_parse("Test/Stay", file.bytes, file.len, &zone), 0);
	assert_local(zone, "9999-01-01T00:00:00Z", "9999-01-01T01:00", 3600, 0);
	zone_free(zone);
}

static void days_of_a_rule_may_be_counted_three_ways(void **state)
{
	/* J60 is always 1 March, 60 is 1 March only in a leap year and 2 March else. */
	struct zone *julian = zone_of_footer("AAA0BBB,J60/0,J300/0");
	struct zone *ordinal = zone_of_footer("AAA0BBB,60/0,300/0");
	struct zone *month = zone_of_footer("AAA0BBB,M2.5.0/0,M9.1.6/0");

	assert_gap(julian, "2026-03-01T00:30", "2026-03-01T00:00", "2026-03-01T01:00");
	assert_gap(julian, "2028-03-01T00:30", "2028-03-01T00:00", "2028-03-01T01:00");
	assert_gap(ordinal, "2026-03-02T00:30", "2026-03-02T00:00", "2026-03-02T01:00");
	assert_gap(ordinal, "2028-03-01T00:30", "2028-03-01T00:00", "2028-03-01T01:00");
	/* The last Sunday of February, and the first Saturday of September. */
	assert_gap(month, "2026-02-22T00:30", "2026-02-22T00:00", "2026-02-22T01:00");
	assert_gap(month, "2032-02-29T00:30", "2032-02-29T00:00", "2032-02-29T01:00");
	assert_twice(month, "2026-09-04T23:30", "2026-09-04T22:30:00Z", "2026-09-04T23:30:00Z");
	zone_free(julian);
	zone_free(ordinal);
	zone_free(month);
}

static void the_time_of_a_change_may_lie_on_another_day(void **state)
{
	/* Nuuk before 2023: 22:00 of the day before the last Sunday of March. Gaza: 50 hours after.
	 */
	struct zone *nuuk = zone_of_footer("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1");
	struct zone *gaza = zone_of_footer("EET-2EEST,M3.4.4/50,M10.4.4/50");

	assert_gap(nuuk, "2026-03-28T22:30", "2026-03-28T22:00", "2026-03-28T23:00");
	assert_twice(nuuk, "2026-10-24T22:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
	assert_gap(gaza, "2026-03-28T02:30", "2026-03-28T02:00", "2026-03-28T03:00");
	zone_free(nuuk);
	zone_free(gaza);
}

static void a_change_may_be_written_into_the_year_before(void **state)
{
	struct zone *zone = zone_of_footer("AAA0BBB,J1/-167,J182/0");

	/* Seven days less an hour before 1 January 2027. */
	assert_gap(zone, "2026-12-25T01:30", "2026-12-25T01:00", "2026-12-25T02:00");
	assert_local(zone, "2026-12-31T00:00:00Z", "2026-12-31T01:00", 3600, 0);
	zone_free(zone);
}

static void daylight_saving_may_last_all_year(void **state)
{
	struct zone *zone = zone_of_footer("EST5EDT,0/0,J365/25");
	int64_t usec;

	assert_local(zone, "2026-07-01T00:00:00Z", "2026-06-30T20:00", -14400, 0);
	assert_local(zone, "2027-01-01T04:30:00Z", "2027-01-01T00:30", -14400, 0);
	assert_instant(zone, "2027-01-01T00:30", -1, "2027-01-01T04:30:00Z");
	assert_false(zone_next_change(zone, 0, &usec));
	zone_free(zone);
}

static void malformed_footers_are_refused(void **state)
{
	static const char *const footers[] = {
		"X",
		"AB0",
		"AAA",
		"AAA25",
		"AAA0:60",
		"AAA+-1",
		"AAA0BBB",
		"AAA0BBB,M3.5.0",
		"AAA0BBB,M3.5.0,M10.5.0,",
		"AAA0BBB,M13.5.0,M10.5.0",
		"AAA0BBB,M0.5.0,M10.5.0",
		"AAA0BBB,M3.6.0,M10.5.0",
		"AAA0BBB,M3.0.0,M10.5.0",
		"AAA0BBB,M3.5.7,M10.5.0",
		"AAA0BBB,J0,J10",
		"AAA0BBB,J366,J10",
		"AAA0BBB,366,10",
		"AAA0BBB,1/168,10",
		"AAA0BBB,1/,10",
		"AAA0BBB;1,10",
		"<A>0",
		"<AAA0",
		"<A A>0",
		"AAA99999999999999999999",
		"ABCDEFGHIJKLMNOP0",
		"AAA0 ",
		":Europe/Berlin",
		"AAA0BBB,M3..0,M10.5.0",
	};

	for (size_t i = 0; i < ARRAY_SIZE(footers); i++) {
		struct tzif file = make_file(NULL, 0, footers[i]);
		struct zone *zone = NULL;

		assert_int_equal(zone_parse("Test/Bad", file.bytes, file.len, &zone), -EBADMSG);
	}
}

static void a_file_cut_anywhere_is_damaged(void **state)
{
	static const int64_t times[] = { 86400, 2 * 86400 };
	struct tzif file = make_file(times, 2, "AAA0BBB,M3.5.0,M10.5.0/3");

	for (size_t len = 0; len < file.len; len++) {
		/* Of its exact size, so that a sanitizer sees a read past the end. */
		uint8_t *cut = malloc(len + 1);
		struct zone *zone = NULL;

		assert_non_null(cut);
		cut = realloc(cut, len > 0 ? len : 1);
		memcpy(cut, file.bytes, len);
		assert_int_equal(zone_parse("Test/Cut", cut, len, &zone), -EBADMSG);
		free(cut);
	}
}

static void contents_that_make_no_sense_are_damaged(void **state)
{
	static const int64_t times[] = { 86400, 2 * 86400 };
	static const int64_t backwards[] = { 86400, 86400 };
	static const int64_t too_far[] = { INT64_C(1) << 60 };
	/* Places in the second block of a file with two times. */
	const size_t block = 44 + 20 + 44;
	const size_t indices = block + 16;
	const size_t types = indices + 2;
	const size_t chars = types + 12;
	const struct {
		size_t at;
		uint8_t byte;
	} spoils[] = {
		{ 0, 'X' },	     { 4, '1' },	   { block - 44, 'X' }, { block - 4, 0xff },
		{ block - 8, 0xff }, { block - 12, 0xff }, { block - 13, 1 },	{ indices, 2 },
		{ types, 0x7f },     { types + 4, 2 },	   { types + 5, 8 },	{ chars + 1, ' ' },
		{ chars + 7, 'B' },  { chars + 8, 'X' },
	};
	struct zone *zone = NULL;
	struct tzif file = make_file(times, 2, "");

	assert_int_equal(zone_parse("Test/Good", file.bytes, file.len, &zone), 0);
	zone = zone_free(zone);
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		file = make_file(times, 2, "");
		file.bytes[spoils[i].at] = spoils[i].byte;
		assert_int_equal(zone_parse("Test/Bad", file.bytes, file.len, &zone), -EBADMSG);
	}
	file = make_file(backwards, 2, "");
	assert_int_equal(zone_parse("Test/Bad", file.bytes, file.len, &zone), -EBADMSG);
	file = make_file(too_far, 1, "");
	assert_int_equal(zone_parse("Test/Bad", file.bytes, file.len, &zone), -EBADMSG);
}

/* "right/..." files: an instant of ours has no place for their seconds. */
static void a_file_that_counts_leap_seconds_is_refused(void **state)
{
	static const uint8_t leap[12] = { 0, 0, 0, 0, 0x04, 0xb2, 0x58, 0, 0, 0, 0, 1 };
	struct tzif whole = make_file(NULL, 0, "");
	const size_t end = whole.len - 2; /* of the block; a footer of two newlines follows */
	struct tzif file = { .len = 0 };
	struct zone *zone = NULL;

	put(&file, whole.bytes, end);
	put(&file, leap, sizeof(leap));
	put(&file, whole.bytes + end, 2);
	file.bytes[44 + 20 + 31] = 1;
	assert_int_equal(zone_parse("Test/Leap", file.bytes, file.len, &zone), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(berlin_loses_an_hour_in_spring_and_has_one_twice_in_autumn),
		cmocka_unit_test(fold_is_ignored_where_a_reading_exists_once),
		cmocka_unit_test(the_footer_rules_long_after_the_last_stored_change),
		cmocka_unit_test(lord_howe_changes_by_half_an_hour),
		cmocka_unit_test(dublin_turns_back_into_daylight_saving_in_winter),
		cmocka_unit_test(apia_skipped_a_whole_day),
		cmocka_unit_test(a_standard_offset_that_moves_back_repeats_its_readings),
		cmocka_unit_test(offsets_before_standard_time_have_seconds),
		cmocka_unit_test(the_change_after_an_instant_is_found),
		cmocka_unit_test(names_that_could_leave_the_folder_are_refused),
		cmocka_unit_test(places_that_are_not_zones_are_told_apart),
		cmocka_unit_test(another_folder_can_be_read),
		cmocka_unit_test(a_version_1_file_has_32_bit_times_and_no_footer),
		cmocka_unit_test(without_a_rule_the_last_type_stays),
		cmocka_unit_test(days_of_a_rule_may_be_counted_three_ways),
		cmocka_unit_test(the_time_of_a_change_may_lie_on_another_day),
		cmocka_unit_test(a_change_may_be_written_into_the_year_before),
		cmocka_unit_test(daylight_saving_may_last_all_year),
		cmocka_unit_test(malformed_footers_are_refused),
		cmocka_unit_test(a_file_cut_anywhere_is_damaged),
		cmocka_unit_test(contents_that_make_no_sense_are_damaged),
		cmocka_unit_test(a_file_that_counts_leap_seconds_is_refused),
	};

	return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
