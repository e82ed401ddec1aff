/*
 * Rows out of CSV or JSON lines, and their keys.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/i18n.h"
#include "client/jsontext.h"
#include "client/rows.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/utf8.h"

_printf_(2, 3) static void say(struct rows_problem *problem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
}

static void say_unknown(const struct rows *rows, const char *name, struct rows_problem *problem)
{
	struct buf known = BUF_INIT(400);

	kind_column_names(rows->kind, &known);
	say(problem, _("there is no column \"%.40s\" in %s; there are %s"), name, rows->kind->name,
	    known.data ? known.data : "");
	buf_deinit(&known);
}

/* The next record with its checks that both forms share. */
static enum rows_status read_record(struct rows *rows, struct rows_problem *problem)
{
	switch (record_next(&rows->reader)) {
	case RECORD_FOUND:
		rows->read += (int64_t)rows->reader.text.len + 1;
		return ROWS_ROW;
	case RECORD_END:
		return ROWS_END;
	case RECORD_TOO_LONG:
		say(problem, _("the record is longer than %d KiB, or its quotes do not end"),
		    CSV_RECORD_MAX / 1024);
		return ROWS_STOP;
	case RECORD_FAILED:
		break;
	}
	say(problem, "%s", strerror(errno));
	return ROWS_STOP;
}

/* Splits a copy: the raw bytes are still needed for the key. */
static int split_record(struct rows *rows, struct csv_record *record, const char **reason)
{
	const struct buf *text = &rows->reader.text;

	memcpy(rows->split, text->data ? text->data : "", text->len);
	rows->split[text->len] = '\0';
	*reason = "it is not UTF-8";
	if (!utf8_valid(rows->split, text->len))
		return -EBADMSG;
	return csv_split(rows->split, text->len, record, reason);
}

static int check_names(struct rows *rows, const struct csv_record *names,
		       struct rows_problem *problem)
{
	bool seen[KIND_COLUMNS_MAX] = { false };

	for (size_t i = 0; i < names->count; i++) {
		int column = kind_column(rows->kind, names->fields[i]);

		if (column < 0) {
			say_unknown(rows, names->fields[i], problem);
			return -EBADMSG;
		}
		if (seen[column]) {
			say(problem, _("the column %s stands there twice"), names->fields[i]);
			return -EBADMSG;
		}
		seen[column] = true;
		rows->map[i] = column;
	}
	for (int i = 0; rows->kind->columns[i].name; i++)
		if (rows->kind->columns[i].required && !seen[i]) {
			say(problem, _("the column %s is missing"), rows->kind->columns[i].name);
			return -EBADMSG;
		}
	rows->fields = names->count;
	return 0;
}

static int read_names(struct rows *rows, struct rows_problem *problem)
{
	struct csv_record names;
	const char *reason;

	switch (read_record(rows, problem)) {
	case ROWS_ROW:
		break;
	case ROWS_END:
		say(problem, _("the file is empty; its first line names the columns"));
		return -EBADMSG;
	default:
		return -EBADMSG;
	}
	if (split_record(rows, &names, &reason) < 0) {
		say(problem, _("line 1: %s"), reason);
		return -EBADMSG;
	}
	return check_names(rows, &names, problem);
}

/* Skips a byte order mark and tells JSON from CSV by the first byte. */
static void look_at_start(struct rows *rows)
{
	int c = getc(rows->file);

	if (c == 0xef) {
		int second = getc(rows->file), third = getc(rows->file);

		/* Anything else that begins so is no name of a column either: the check tells. */
		if (second == 0xbb && third == 0xbf)
			c = getc(rows->file);
	}
	rows->json = c == '{';
	if (c != EOF)
		(void)ungetc(c, rows->file);
}

int rows_open(struct rows *rows, const char *path, const struct kind *kind,
	      struct rows_problem *ret_problem)
{
	struct stat st;

	*rows = (struct rows){ .kind = kind };
	rows->split = malloc(CSV_RECORD_MAX + 1);
	rows->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!rows->file || !rows->split) {
		int r = rows->split ? -errno : -ENOMEM;

		say(ret_problem, "%s", strerror(-r));
		return r;
	}
	if (fstat(fileno(rows->file), &st) == 0 && S_ISREG(st.st_mode))
		rows->size = st.st_size;
	look_at_start(rows);
	for (size_t i = 0; i < KIND_COLUMNS_MAX; i++)
		rows->joined[i] = BUF_INIT(CSV_RECORD_MAX);
	record_reader_init(&rows->reader, rows->file, !rows->json);
	return rows->json ? 0 : read_names(rows, ret_problem);
}

void rows_close(struct rows *rows)
{
	record_reader_deinit(&rows->reader);
	for (size_t i = 0; i < KIND_COLUMNS_MAX; i++)
		buf_deinit(&rows->joined[i]);
	json_free(rows->tree);
	free(rows->split);
	if (rows->file && rows->file != stdin)
		fclose(rows->file);
	*rows = (struct rows){ 0 };
}

static enum rows_status csv_row(struct rows *rows, struct row *row, struct rows_problem *problem)
{
	struct csv_record record;
	const char *reason;

	if (split_record(rows, &record, &reason) < 0) {
		say(problem, "%s", reason);
		return ROWS_BAD;
	}
	if (record.count != rows->fields) {
		say(problem, _("it has %zu fields where the first line names %zu"), record.count,
		    rows->fields);
		return ROWS_BAD;
	}
	for (size_t i = 0; i < record.count; i++)
		if (record.fields[i][0])
			row->values[rows->map[i]] = record.fields[i];
	return ROWS_ROW;
}

/* A JSON value as the text that CSV would have; false when it cannot be one. */
static bool value_text(const struct cJSON *value, struct buf *out)
{
	struct jsonw w = JSONW_INIT(out);

	if (json_is_string(value)) {
		buf_add_str(out, json_value_str(value));
	} else if (json_is_int(value) || json_is_bool(value)) {
		json_write(&w, value);
	} else if (json_is_array(value)) {
		for (const struct cJSON *e = json_first(value); e; e = json_next(e)) {
			if (json_is_array(e) || e != json_first(value))
				buf_add_char(out, ';');
			if (json_is_array(e) || !value_text(e, out))
				return false;
		}
	} else {
		return false;
	}
	return !out->failed;
}

static enum rows_status json_row(struct rows *rows, struct row *row, struct rows_problem *problem)
{
	const struct buf *text = &rows->reader.text;
	struct json_problem where;

	rows->tree = json_free(rows->tree);
	if (json_parse(text->data, text->len, &json_limits_request, &rows->tree, &where) < 0 ||
	    !json_is_object(rows->tree)) {
		say(problem, _("it is not one JSON object"));
		return ROWS_BAD;
	}
	for (const struct cJSON *m = json_first(rows->tree); m; m = json_next(m)) {
		int column = kind_column(rows->kind, json_name(m));

		if (column < 0) {
			say_unknown(rows, json_name(m), problem);
			return ROWS_BAD;
		}
		buf_reset(&rows->joined[column]);
		if (json_is_null(m))
			continue;
		if (rows->kind->columns[column].object && json_is_object(m)) {
			struct jsonw w = JSONW_INIT(&rows->joined[column]);

			json_write(&w, m);
		} else if (!value_text(m, &rows->joined[column])) {
			say(problem, _("%s is neither text nor whole number nor a list of these"),
			    json_name(m));
			return ROWS_BAD;
		}
		if (rows->joined[column].len > 0)
			row->values[column] = rows->joined[column].data;
	}
	return ROWS_ROW;
}

enum rows_status rows_next(struct rows *rows, struct row *ret, struct rows_problem *ret_problem)
{
	enum rows_status status;

	*ret = (struct row){ 0 };
	do
		status = read_record(rows, ret_problem);
	while (status == ROWS_ROW && rows->reader.text.len == 0); /* empty lines */
	ret->line = rows->reader.line;
	ret->raw = rows->reader.text.data;
	ret->raw_len = rows->reader.text.len;
	if (status != ROWS_ROW)
		return status;
	status = rows->json ? json_row(rows, ret, ret_problem) : csv_row(rows, ret, ret_problem);
	for (int i = 0; status == ROWS_ROW && rows->kind->columns[i].name; i++)
		if (rows->kind->columns[i].required && !ret->values[i]) {
			say(ret_problem, _("%s is missing"), rows->kind->columns[i].name);
			return ROWS_BAD;
		}
	return status;
}

/* Each part with its NUL, so that no two lists of parts have the same bytes. */
static void add_part(struct sha256 *sha, const char *text)
{
	sha256_update(sha, text, strlen(text) + 1);
}

int row_identity(const struct rows *rows, const struct row *row, const char *site, const char *path,
		 uint8_t out[32])
{
	struct sha256 *sha = sha256_new();
	const char *base = strrchr(path, '/');
	int column = kind_column(rows->kind, "external_id");
	char line[32];

	if (!sha)
		return -ENOMEM;
	snprintf(line, sizeof(line), "line %zu", row->line);
	add_part(sha, "cowork import");
	add_part(sha, rows->kind->name);
	add_part(sha, site ? site : "");
	add_part(sha, base ? base + 1 : path);
	if (column >= 0 && row->values[column]) {
		add_part(sha, "id");
		add_part(sha, row->values[column]);
	} else {
		add_part(sha, line);
	}
	sha256_update(sha, row->raw, row->raw_len);
	return sha256_final(sha, out);
}

void row_key(const uint8_t identity[32], unsigned generation, char out[UUID_TEXT_MAX])
{
	uint8_t seed[33], digest[SHA256_SIZE] = { 0 };

	memcpy(seed, identity, 32);
	seed[32] = (uint8_t)generation;
	if (generation > 0 && crypto_sha256(seed, sizeof(seed), digest) == 0)
		uuid8_from_bytes(digest, out);
	else
		uuid8_from_bytes(identity, out);
}
