/*
 * Calendar arithmetic and the written forms of time. Everything is pure but the two clocks at the
 * end. Days and dates become each other without a loop, in years that begin with March, so that
 * the day that leaps is the last (Hinnant, "chrono-Compatible Low-Level Date Algorithms"): it is done
 * some ten times for one space's day. The written forms are read by one strict scanner of
 * fixed-width digits, since sscanf() would let signs, spaces and short fields pass.
 */

#include "common/civil.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/macros.h"

#define SECONDS_PER_DAY	   INT64_C(86400)
#define DAYS_PER_400_YEARS INT64_C(146097)
#define EPOCH_DAY	   INT64_C(719468) /* 1970-01-01, counted from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month < 1 || month > 12)
		return 0;
	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01; negative before it. The day may lie outside its month. */
static int64_t days_of(const struct civil *civil)
{
	bool early = civil->month <= 2; /* of the year that began last March */
	int64_t year = (int64_t)civil->year - early, era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t month = civil->month + (early ? 9 : -3); /* March is 0 */
	int64_t day_of_year = (153 * month + 2) / 5 + civil->day - 1;

	return era * DAYS_PER_400_YEARS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - EPOCH_DAY;
}

bool civil_valid(const struct civil *civil)
{
	return civil->year >= 1 && civil->year <= 9999 && civil->month >= 1 && civil->month <= 12 &&
	       civil->day >= 1 && civil->day <= civil_days_in_month(civil->year, civil->month) &&
	       civil->hour >= 0 && civil->hour <= 23 && civil->minute >= 0 && civil->minute <= 59 &&
	       civil->second >= 0 && civil->second <= 59;
}

int64_t civil_to_seconds(const struct civil *civil)
{
	return days_of(civil) * SECONDS_PER_DAY + civil->hour * INT64_C(3600) +
	       civil->minute * INT64_C(60) + civil->second;
}

struct civil civil_from_seconds(int64_t seconds)
{
	int64_t epoch_days = floor_div(seconds, SECONDS_PER_DAY), days = epoch_days + EPOCH_DAY;
	int64_t era = floor_div(days, DAYS_PER_400_YEARS);
	int day = (int)(days - era * DAYS_PER_400_YEARS);
	int year = (day - day / 1460 + day / 36524 - day / 146096) / 365; /* of the era */
	int day_of_year = day - (365 * year + year / 4 - year / 100);
	int month = (5 * day_of_year + 2) / 153; /* March is 0 */
	int rest = (int)(seconds - epoch_days * SECONDS_PER_DAY);
	struct civil civil;

	civil.month = month + (month < 10 ? 3 : -9);
	civil.year = (int)(era * 400) + year + (civil.month <= 2);
	civil.day = day_of_year - (153 * month + 2) / 5 + 1;
	civil.hour = rest / 3600;
	civil.minute = rest / 60 % 60;
	civil.second = rest % 60;
	return civil;
}

int civil_weekday(const struct civil *civil)
{
	int64_t days = days_of(civil) + 4; /* 1970-01-01 was a Thursday */

	return (int)(days - floor_div(days, 7) * 7);
}

int64_t instant_seconds(int64_t usec)
{
	return floor_div(usec, USEC_PER_SEC);
}

/* Reads exactly `width` digits and moves on. */
static bool scan_digits(const char **at, int width, int *ret)
{
	int value = 0;

	for (int i = 0; i < width; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		value = value * 10 + ((*at)[i] - '0');
	}
	*at += width;
	*ret = value;
	return true;
}

static bool scan_char(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	(*at)++;
	return true;
}

static bool scan_date(const char **at, struct civil *ret)
{
	return scan_digits(at, 4, &ret->year) && scan_char(at, '-') &&
	       scan_digits(at, 2, &ret->month) && scan_char(at, '-') &&
	       scan_digits(at, 2, &ret->day);
}

static bool scan_hour_minute(const char **at, int *ret_hour, int *ret_minute)
{
	return scan_digits(at, 2, ret_hour) && scan_char(at, ':') && scan_digits(at, 2, ret_minute);
}

/* The optional ".123456" of an instant, in microseconds. More than six digits cannot be kept. */
static bool scan_fraction(const char **at, int *ret)
{
	int value = 0;
	int digits = 0;

	*ret = 0;
	if (!scan_char(at, '.'))
		return true;
	for (; **at >= '0' && **at <= '9' && digits < 6; (*at)++, digits++)
		value = value * 10 + (**at - '0');
	if (digits == 0)
		return false;
	for (; digits < 6; digits++)
		value *= 10;
	*ret = value;
	return true;
}

/* "Z" or "+09:00", in seconds. */
static bool scan_offset(const char **at, int *ret)
{
	int hour, minute, sign;

	if (scan_char(at, 'Z') || scan_char(at, 'z')) {
		*ret = 0;
		return true;
	}
	if (**at != '+' && **at != '-')
		return false;
	sign = *(*at)++ == '-' ? -1 : 1;
	if (!scan_hour_minute(at, &hour, &minute) || hour > 23 || minute > 59)
		return false;
	*ret = sign * (hour * 3600 + minute * 60);
	return true;
}

int instant_parse(const char *text, int64_t *ret_usec)
{
	struct civil civil;
	const char *at = text;
	int fraction, offset;
	int64_t usec;

	if (!scan_date(&at, &civil) || !(scan_char(&at, 'T') || scan_char(&at, 't')) ||
	    !scan_hour_minute(&at, &civil.hour, &civil.minute) || !scan_char(&at, ':') ||
	    !scan_digits(&at, 2, &civil.second) || !scan_fraction(&at, &fraction) ||
	    !scan_offset(&at, &offset) || *at != '\0' || !civil_valid(&civil))
		return -EINVAL;
	usec = (civil_to_seconds(&civil) - offset) * USEC_PER_SEC + fraction;
	if (usec < INSTANT_MIN || usec > INSTANT_MAX)
		return -EINVAL;
	*ret_usec = usec;
	return 0;
}

/* Two digits, with a zero in front; where the text goes on. */
static char *put_two(char *at, int value)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";

	memcpy(at, pairs + 2 * value, 2);
	return at + 2;
}

/* "2026-11-23T09:00"; years of four digits alone. */
static char *put_minute(char *at, const struct civil *civil)
{
	at = put_two(put_two(at, civil->year / 100), civil->year % 100);
	*at++ = '-';
	at = put_two(at, civil->month);
	*at++ = '-';
	at = put_two(at, civil->day);
	*at++ = 'T';
	at = put_two(at, civil->hour);
	*at++ = ':';
	return put_two(at, civil->minute);
}

/* By hand: printf() was a tenth of the work on a space's day. */
const char *instant_format(int64_t usec, char out[INSTANT_TEXT_MAX])
{
	int64_t seconds = instant_seconds(usec);
	/* The remainder is negative before 1970; a product could overflow at the far ends. */
	int fraction = (int)((usec % USEC_PER_SEC + USEC_PER_SEC) % USEC_PER_SEC);
	struct civil civil = civil_from_seconds(seconds);
	char *at = out;

	if (civil.year >= 0 && civil.year <= 9999)
		at = put_minute(at, &civil);
	else /* the widest year that 64 bits of microseconds reach, -290308, still fits */
		at += snprintf(out, INSTANT_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d", civil.year,
			       civil.month, civil.day, civil.hour, civil.minute);
	*at++ = ':';
	at = put_two(at, civil.second);
	if (fraction != 0) {
		*at++ = '.';
		at = put_two(at, fraction / 10000);
		at = put_two(put_two(at, fraction / 100 % 100), fraction % 100);
		while (at[-1] == '0')
			at--;
	}
	*at++ = 'Z';
	*at = '\0';
	return out;
}

int civil_parse(const char *text, struct civil *ret)
{
	struct civil civil = { 0 };
	const char *at = text;

	if (!scan_date(&at, &civil) || !scan_char(&at, 'T') ||
	    !scan_hour_minute(&at, &civil.hour, &civil.minute))
		return -EINVAL;
	if (scan_char(&at, ':') && !scan_digits(&at, 2, &civil.second))
		return -EINVAL;
	if (*at != '\0' || !civil_valid(&civil))
		return -EINVAL;
	*ret = civil;
	return 0;
}

const char *civil_format(const struct civil *civil, char out[CIVIL_TEXT_MAX])
{
	int len = snprintf(out, CIVIL_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d", civil->year,
			   civil->month, civil->day, civil->hour, civil->minute);

	if (civil->second != 0 && len < CIVIL_TEXT_MAX)
		snprintf(out + len, CIVIL_TEXT_MAX - (size_t)len, ":%02d", civil->second);
	return out;
}

int civil_parse_date(const char *text, struct civil *ret)
{
	struct civil civil = { 0 };
	const char *at = text;

	if (!scan_date(&at, &civil) || *at != '\0' || !civil_valid(&civil))
		return -EINVAL;
	*ret = civil;
	return 0;
}

static int64_t clock_usec(clockid_t clock)
{
	struct timespec now;

	/* Cannot fail for these two clocks with a valid pointer. */
	clock_gettime(clock, &now);
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

int64_t instant_now(void)
{
	return clock_usec(CLOCK_REALTIME);
}

int64_t monotonic_now(void)
{
	return clock_usec(CLOCK_MONOTONIC);
}
