/*
 * RFC 4180, one record at a time.
 */

#include <errno.h>
#include <string.h>

#include "client/csv.h"

/* Takes one field at *at, moving it to `to`; the byte behind it ends up at *at. NULL or the reason.
 */
static const char *take_field(char *text, size_t len, size_t *at, char **to)
{
	if (*at < len && text[*at] == '"') {
		for (++*at;; ++*at) {
			if (*at >= len)
				return "a quoted field does not end";
			if (text[*at] != '"') {
				*(*to)++ = text[*at];
				continue;
			}
			if (*at + 1 >= len || text[*at + 1] != '"')
				break;
			*(*to)++ = '"';
			++*at;
		}
		++*at;
		if (*at < len && text[*at] != ',')
			return "something follows a closing quote";
		return NULL;
	}
	for (; *at < len && text[*at] != ','; ++*at) {
		if (text[*at] == '"')
			return "a quote stands inside a field that does not begin with one";
		*(*to)++ = text[*at];
	}
	return NULL;
}

int csv_split(char *text, size_t len, struct csv_record *ret, const char **ret_reason)
{
	size_t at = 0;
	char *to = text;

	ret->count = 0;
	*ret_reason = "a NUL byte stands in it";
	if (memchr(text, '\0', len))
		return -EBADMSG;
	for (;;) {
		const char *reason;
		bool last;

		*ret_reason = "it has too many fields";
		if (ret->count == CSV_FIELDS_MAX)
			return -EBADMSG;
		ret->fields[ret->count++] = to;
		reason = take_field(text, len, &at, &to);
		*ret_reason = reason;
		if (reason)
			return -EBADMSG;
		last = at >= len;
		*to++ = '\0'; /* never beyond the comma just read, or text[len] */
		if (last)
			return 0;
		at++;
	}
}

void csv_add_field(struct buf *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		buf_add_str(out, text);
		return;
	}
	buf_add_char(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_add_char(out, '"');
		buf_add_char(out, *text);
	}
	buf_add_char(out, '"');
}

void record_reader_init(struct record_reader *reader, FILE *file, bool quotes)
{
	*reader = (struct record_reader){
		.file = file, .quotes = quotes, .next = 1, .text = BUF_INIT(CSV_RECORD_MAX)
	};
}

void record_reader_deinit(struct record_reader *reader)
{
	buf_deinit(&reader->text);
}

enum record_status record_next(struct record_reader *reader)
{
	bool inside = false;
	int c;

	buf_reset(&reader->text);
	reader->line = reader->next;
	while ((c = getc_unlocked(reader->file)) != EOF) {
		if (c == '\n')
			reader->next++;
		if (c == '\n' && !inside)
			break;
		/* A doubled quote ends and begins again: only the count's parity matters here. */
		if (c == '"' && reader->quotes)
			inside = !inside;
		buf_add_char(&reader->text, (char)c);
		if (reader->text.failed)
			return RECORD_TOO_LONG;
	}
	if (c == EOF && ferror(reader->file))
		return RECORD_FAILED;
	if (c == EOF && reader->text.len == 0)
		return RECORD_END;
	if (inside)
		return RECORD_TOO_LONG;
	if (reader->text.len > 0 && reader->text.data[reader->text.len - 1] == '\r')
		reader->text.data[--reader->text.len] = '\0';
	return RECORD_FOUND;
}
