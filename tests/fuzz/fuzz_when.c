/*
 * Date phrases: nothing is read beyond the end, what is accepted is echoed and understood again,
 * and what is suggested is understood. The first byte chooses zone and options, the rest is the
 * phrase.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "common/when.h"
#include "common/zone.h"

#define NOW INT64_C(1795327200000000) /* 2026-11-22T06:00:00Z */

static const char *const places[] = { "Asia/Seoul", "America/New_York", "Australia/Lord_Howe",
				      "Europe/London" };
static struct zone *zones[ARRAY_SIZE(places)];

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_problem(const char *text, const struct when_problem *problem,
			  const struct zone *zone, const struct when_options *options, int edge)
{
	struct when_interval interval;
	struct when_problem none;
	size_t len = strlen(text);

	require(problem->kind != WHEN_OK && problem->at <= len && problem->len <= len);
	require(problem->at + problem->len <= len);
	require(problem->suggestion_count <= WHEN_SUGGESTION_MAX);
	for (size_t i = 0; i < problem->suggestion_count; i++) {
		const char *phrase = problem->suggestions[i].phrase;

		if (edge < 0)
			require(when_parse(phrase, NOW, zone, options, &interval, &none) ==
				WHEN_OK);
		else
			require(when_parse_edge(phrase, NOW, zone, options, (enum when_edge)edge,
						&interval.start, &none) == WHEN_OK);
	}
}

static void check_interval(const struct when_interval *interval, const struct zone *zone,
			   const char *lang)
{
	struct when_options options = WHEN_OPTIONS_INIT;
	struct buf echo = BUF_INIT(256);
	struct when_interval again;
	struct when_problem problem;

	require(interval->start < interval->end);
	when_echo(&echo, interval, zone, NOW, lang);
	require(!echo.failed);
	require(when_parse(echo.data, NOW, zone, &options, &again, &problem) == WHEN_OK);
	require(again.start == interval->start && again.end == interval->end);
	buf_deinit(&echo);
}

static void check_instant(int64_t usec, const struct zone *zone, const char *lang)
{
	struct when_options options = WHEN_OPTIONS_INIT;
	struct buf echo = BUF_INIT(256);
	struct when_problem problem;
	int64_t again;

	when_echo_instant(&echo, usec, zone, NOW, lang);
	require(when_parse_edge(echo.data, NOW, zone, &options, WHEN_FROM, &again, &problem) ==
		WHEN_OK);
	require(again == usec);
	buf_deinit(&echo);
}

static void check(const char *text, uint8_t choice)
{
	static const int opens[] = { 540, 0, -1, 780 };
	struct when_options options = { .lang = choice & 4 ? "ko" : NULL,
					.open = opens[choice >> 3 & 3],
					.close = choice & 8 ? 1440 : 1080,
					.slot = 15,
					.fold = choice & 32 ? choice >> 6 & 1 : -1 };
	const struct zone *zone = zones[choice & 3];
	struct when_interval interval;
	struct when_problem problem;

	if (when_parse(text, NOW, zone, &options, &interval, &problem) == WHEN_OK)
		check_interval(&interval, zone, options.lang);
	else
		check_problem(text, &problem, zone, &options, -1);
	for (int edge = WHEN_FROM; edge <= WHEN_TO; edge++)
		if (when_parse_edge(text, NOW, zone, &options, (enum when_edge)edge,
				    &interval.start, &problem) == WHEN_OK)
			check_instant(interval.start, zone, options.lang);
		else
			check_problem(text, &problem, zone, &options, edge);
	(void)when_is_word(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0 || size > 1024)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!zones[i])
			require(zone_load(places[i], NULL, &zones[i]) == 0);
	/* Of the exact size, so that a byte too far is seen. */
	text = strndup((const char *)data + 1, size - 1);
	require(text != NULL);
	check(text, data[0]);
	free(text);
	return 0;
}
