/*
 * Files to import, CSV or JSON lines. The first byte picks the kind. Held against it: every row ends
 * as one that can be sent or as one that is told to be wrong, with a line's number; the parameters
 * made of it are one JSON object that the server's own limits take; and its key does not depend on
 * how often it is read.
 */

#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/params.h"
#include "client/rows.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kind *pick_kind(unsigned number)
{
	size_t count = 0;

	while (kinds[count].name)
		count++;
	return &kinds[number % count];
}

static void check_params(const struct rows *rows, const struct row *row)
{
	struct params params;
	struct buf text = BUF_INIT(PARAMS_MAX);
	struct json_problem problem;
	struct cJSON *tree = NULL;
	bool fits = true;

	params_begin(&params);
	for (size_t i = 0; rows->kind->columns[i].name; i++)
		if (row->values[i])
			fits = fits &&
			       params_typed(&params, rows->kind->columns[i].param, row->values[i]);
	if (fits && !params.text.failed) {
		params_finish(&params, &(struct params_try){ .attempt = 2 }, &text);
		assert(!text.failed);
		assert(json_parse(text.data, text.len, &json_limits_reply, &tree, &problem) == 0);
		assert(json_is_object(tree));
	}
	json_free(tree);
	buf_deinit(&text);
	params_deinit(&params);
}

static void check_row(const struct rows *rows, const struct row *row)
{
	uint8_t once[32], twice[32];

	assert(row->line > 0 && row->raw);
	for (size_t i = 0; rows->kind->columns[i].name; i++)
		assert(!row->values[i] || *row->values[i]);
	check_params(rows, row);
	assert(row_identity(rows, row, "KSQ", "dir/file", once) == 0);
	assert(row_identity(rows, row, "KSQ", "file", twice) == 0);
	assert(memcmp(once, twice, sizeof(once)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[32];
	struct rows_problem problem = { "" };
	enum rows_status status;
	struct rows rows;
	struct row row;

	if (size < 1)
		return 0;
	if (fd < 0) {
		fd = memfd_create("rows", MFD_CLOEXEC);
		assert(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	assert(ftruncate(fd, 0) == 0 && pwrite(fd, data + 1, size - 1, 0) == (ssize_t)(size - 1));
	if (rows_open(&rows, path, pick_kind(data[0]), &problem) < 0) {
		assert(*problem.text);
		rows_close(&rows);
		return 0;
	}
	while ((status = rows_next(&rows, &row, &problem)) != ROWS_END) {
		if (status == ROWS_ROW)
			check_row(&rows, &row);
		else
			assert(row.line > 0 && *problem.text);
		if (status == ROWS_STOP)
			break;
	}
	rows_close(&rows);
	return 0;
}
