#pragma once

/*
 * Calendar arithmetic and the written forms of time. Instants are int64_t microseconds since
 * 1970-01-01T00:00:00Z ("usec"); a struct civil is a wall-clock reading without a zone. Proleptic
 * Gregorian calendar, years 1 to 9999, no leap seconds (RFC 3339 section 5.6; second 60 is
 * refused).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct civil {
	int year, month, day;	  /* 1-9999, 1-12, 1-31 */
	int hour, minute, second; /* 0-23, 0-59, 0-59 */
};

#define INSTANT_TEXT_MAX 32 /* "2026-11-22T14:05:00.123456Z" and its NUL */
#define CIVIL_TEXT_MAX	 24 /* "2026-11-22T14:05" or with ":SS", and its NUL */

#define INSTANT_MIN INT64_C(-62135596800000000) /* 0001-01-01T00:00:00Z */
#define INSTANT_MAX INT64_C(253402300799999999) /* 9999-12-31T23:59:59.999999Z */

bool civil_valid(const struct civil *civil);
/* Seconds since the epoch if the reading were UTC, and back. */
int64_t civil_to_seconds(const struct civil *civil);
struct civil civil_from_seconds(int64_t seconds);
/* 0 = Sunday ... 6 = Saturday. */
int civil_weekday(const struct civil *civil);
int civil_days_in_month(int year, int month);

/* Whole seconds of an instant, rounded down also before 1970. */
int64_t instant_seconds(int64_t usec);

/* RFC 3339 with Z or a numeric offset, up to 6 digits of fraction; 0 or -EINVAL. */
int instant_parse(const char *text, int64_t *ret_usec);
/* RFC 3339 in UTC with Z; a fraction only where there is one. */
const char *instant_format(int64_t usec, char out[INSTANT_TEXT_MAX]);

/* YYYY-MM-DDTHH:MM, optionally :SS; 0 or -EINVAL. */
int civil_parse(const char *text, struct civil *ret);
/* YYYY-MM-DDTHH:MM, with :SS only where it is not 0. */
const char *civil_format(const struct civil *civil, char out[CIVIL_TEXT_MAX]);
/* YYYY-MM-DD only; 0 or -EINVAL. */
int civil_parse_date(const char *text, struct civil *ret);

/* Now, by CLOCK_REALTIME. The only clock in common/; callers pass its value on. */
int64_t instant_now(void);
/* CLOCK_MONOTONIC, for deadlines. */
int64_t monotonic_now(void);
