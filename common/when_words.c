/*
 * The words of dates and times, English and Korean, in one table. A Korean word may stand right
 * before the next, so it is found as the longest that the text begins with; an English one ends
 * where its letters do.
 */

#include <string.h>
#include <strings.h>

#include "common/nearest.h"
#include "common/when_parts.h"

static const struct word words[] = {
	{ "today", TOKEN_RELATIVE, 0 },
	{ "tomorrow", TOKEN_RELATIVE, 1 },
	{ "yesterday", TOKEN_RELATIVE, -1 },
	{ "mon", TOKEN_WEEKDAY, 1 },
	{ "monday", TOKEN_WEEKDAY, 1 },
	{ "tue", TOKEN_WEEKDAY, 2 },
	{ "tues", TOKEN_WEEKDAY, 2 },
	{ "tuesday", TOKEN_WEEKDAY, 2 },
	{ "wed", TOKEN_WEEKDAY, 3 },
	{ "wednesday", TOKEN_WEEKDAY, 3 },
	{ "thu", TOKEN_WEEKDAY, 4 },
	{ "thur", TOKEN_WEEKDAY, 4 },
	{ "thurs", TOKEN_WEEKDAY, 4 },
	{ "thursday", TOKEN_WEEKDAY, 4 },
	{ "fri", TOKEN_WEEKDAY, 5 },
	{ "friday", TOKEN_WEEKDAY, 5 },
	{ "sat", TOKEN_WEEKDAY, 6 },
	{ "saturday", TOKEN_WEEKDAY, 6 },
	{ "sun", TOKEN_WEEKDAY, 0 },
	{ "sunday", TOKEN_WEEKDAY, 0 },
	{ "jan", TOKEN_MONTH, 1 },
	{ "january", TOKEN_MONTH, 1 },
	{ "feb", TOKEN_MONTH, 2 },
	{ "february", TOKEN_MONTH, 2 },
	{ "mar", TOKEN_MONTH, 3 },
	{ "march", TOKEN_MONTH, 3 },
	{ "apr", TOKEN_MONTH, 4 },
	{ "april", TOKEN_MONTH, 4 },
	{ "may", TOKEN_MONTH, 5 },
	{ "jun", TOKEN_MONTH, 6 },
	{ "june", TOKEN_MONTH, 6 },
	{ "jul", TOKEN_MONTH, 7 },
	{ "july", TOKEN_MONTH, 7 },
	{ "aug", TOKEN_MONTH, 8 },
	{ "august", TOKEN_MONTH, 8 },
	{ "sep", TOKEN_MONTH, 9 },
	{ "sept", TOKEN_MONTH, 9 },
	{ "september", TOKEN_MONTH, 9 },
	{ "oct", TOKEN_MONTH, 10 },
	{ "october", TOKEN_MONTH, 10 },
	{ "nov", TOKEN_MONTH, 11 },
	{ "november", TOKEN_MONTH, 11 },
	{ "dec", TOKEN_MONTH, 12 },
	{ "december", TOKEN_MONTH, 12 },
	{ "this", TOKEN_THIS_NEXT, 0 },
	{ "next", TOKEN_THIS_NEXT, 1 },
	{ "week", TOKEN_WEEK, 0 },
	{ "weeks", TOKEN_WEEK, 0 },
	{ "am", TOKEN_HALF, HALF_AM },
	{ "pm", TOKEN_HALF, HALF_PM },
	{ "morning", TOKEN_HALF, HALF_AM },
	{ "afternoon", TOKEN_HALF, HALF_PM },
	{ "now", TOKEN_NOW, 0 },
	{ "noon", TOKEN_NOON, 0 },
	{ "midnight", TOKEN_MIDNIGHT, 0 },
	{ "for", TOKEN_FOR, 0 },
	{ "to", TOKEN_UNTIL, 0 },
	{ "till", TOKEN_UNTIL, 0 },
	{ "until", TOKEN_UNTIL, 0 },
	{ "from", TOKEN_FROM, 0 },
	{ "on", TOKEN_FILLER, 0 },
	{ "at", TOKEN_FILLER, 0 },
	{ "the", TOKEN_FILLER, 0 },
	{ "eow", TOKEN_END_OF, 'w' },
	{ "eom", TOKEN_END_OF, 'm' },
	{ "eoy", TOKEN_END_OF, 'y' },
	{ "h", TOKEN_UNIT, 3600 },
	{ "hr", TOKEN_UNIT, 3600 },
	{ "hrs", TOKEN_UNIT, 3600 },
	{ "hour", TOKEN_UNIT, 3600 },
	{ "hours", TOKEN_UNIT, 3600 },
	{ "m", TOKEN_UNIT, 60 },
	{ "min", TOKEN_UNIT, 60 },
	{ "mins", TOKEN_UNIT, 60 },
	{ "minute", TOKEN_UNIT, 60 },
	{ "minutes", TOKEN_UNIT, 60 },
	{ "d", TOKEN_UNIT, DAY_SECONDS },
	{ "day", TOKEN_UNIT, DAY_SECONDS },
	{ "days", TOKEN_UNIT, DAY_SECONDS },
	{ "w", TOKEN_UNIT, 7 * DAY_SECONDS },
	{ "st", TOKEN_ORDINAL, 1 },
	{ "nd", TOKEN_ORDINAL, 2 },
	{ "rd", TOKEN_ORDINAL, 3 },
	{ "th", TOKEN_ORDINAL, 0 },
	{ "utc", TOKEN_UTC, 0 },
	{ "weekly", TOKEN_SERIES, 0 },
	{ "daily", TOKEN_SERIES, 0 },
	{ "monthly", TOKEN_SERIES, 0 },
	{ "yearly", TOKEN_SERIES, 0 },
	{ "every", TOKEN_SERIES, 0 },
	{ "each", TOKEN_SERIES, 0 },

	{ "오늘", TOKEN_RELATIVE, 0 },
	{ "내일", TOKEN_RELATIVE, 1 },
	{ "모레", TOKEN_RELATIVE, 2 },
	{ "내일모레", TOKEN_RELATIVE, 2 },
	{ "글피", TOKEN_RELATIVE, 3 },
	{ "어제", TOKEN_RELATIVE, -1 },
	{ "그제", TOKEN_RELATIVE, -2 },
	{ "월", TOKEN_WEEKDAY, 1 },
	{ "월요일", TOKEN_WEEKDAY, 1 },
	{ "화", TOKEN_WEEKDAY, 2 },
	{ "화요일", TOKEN_WEEKDAY, 2 },
	{ "수", TOKEN_WEEKDAY, 3 },
	{ "수요일", TOKEN_WEEKDAY, 3 },
	{ "목", TOKEN_WEEKDAY, 4 },
	{ "목요일", TOKEN_WEEKDAY, 4 },
	{ "금", TOKEN_WEEKDAY, 5 },
	{ "금요일", TOKEN_WEEKDAY, 5 },
	{ "토", TOKEN_WEEKDAY, 6 },
	{ "토요일", TOKEN_WEEKDAY, 6 },
	{ "일", TOKEN_WEEKDAY, 0 },
	{ "일요일", TOKEN_WEEKDAY, 0 },
	{ "이번", TOKEN_THIS_NEXT, 0 },
	{ "다음", TOKEN_THIS_NEXT, 1 },
	{ "주", TOKEN_WEEK, 0 },
	{ "이번주", TOKEN_THAT_WEEK, 0 },
	{ "다음주", TOKEN_THAT_WEEK, 1 },
	{ "다다음주", TOKEN_THAT_WEEK, 2 },
	{ "오전", TOKEN_HALF, HALF_AM },
	{ "오후", TOKEN_HALF, HALF_PM },
	{ "지금", TOKEN_NOW, 0 },
	{ "정오", TOKEN_NOON, 0 },
	{ "자정", TOKEN_MIDNIGHT, 0 },
	{ "시", TOKEN_HOUR, 0 },
	{ "분", TOKEN_UNIT, 60 },
	{ "시간", TOKEN_UNIT, 3600 },
	{ "일간", TOKEN_UNIT, DAY_SECONDS },
	{ "주간", TOKEN_UNIT, 7 * DAY_SECONDS },
	{ "반", TOKEN_HALF_HOUR, 0 },
	{ "년", TOKEN_YEAR, 0 },
	{ "부터", TOKEN_SINCE, 0 },
	{ "에서", TOKEN_SINCE, 0 },
	{ "까지", TOKEN_TILL, 0 },
	{ "동안", TOKEN_DURING, 0 },
	{ "에", TOKEN_FILLER, 0 },
	{ "매일", TOKEN_SERIES, 0 },
	{ "매주", TOKEN_SERIES, 0 },
	{ "매월", TOKEN_SERIES, 0 },
	{ "매달", TOKEN_SERIES, 0 },
	{ "매년", TOKEN_SERIES, 0 },
};

const struct word *when_word_find(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].text) == len && strncasecmp(words[i].text, text, len) == 0)
			return &words[i];
	return NULL;
}

const struct word *when_word_begins(const char *text, size_t *ret_len)
{
	const struct word *best = NULL;

	*ret_len = 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].text);

		if (len > *ret_len && (unsigned char)words[i].text[0] >= 0x80 &&
		    strncmp(words[i].text, text, len) == 0) {
			best = &words[i];
			*ret_len = len;
		}
	}
	return best;
}

const char *when_word_nearest(const char *text, size_t len, char out[WHEN_PART_MAX])
{
	char word[NEAREST_WORD_MAX];
	struct nearest nearest = NEAREST_INIT(word);
	bool korean = (unsigned char)text[0] >= 0x80;

	if (len < 3 || len >= sizeof(word))
		return NULL;
	for (size_t i = 0; i < len; i++)
		word[i] =
			text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
	word[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		bool ours = (unsigned char)words[i].text[0] >= 0x80;

		/* Units and particles are too short to be told apart by a slip. */
		if (ours == korean && strlen(words[i].text) > (korean ? 3 : 2))
			nearest_try(&nearest, words[i].text);
	}
	/* Two slips in three letters leave nothing of a word. */
	if (!nearest_found(&nearest) || (!korean && len < 4 && nearest.distance > 1))
		return NULL;
	memcpy(out, nearest.best, sizeof(nearest.best));
	return out;
}
