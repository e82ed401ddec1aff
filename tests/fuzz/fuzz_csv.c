/*
 * CSV from arbitrary bytes. The first byte chooses whether quotes count. Held against it: no record
 * is over the cap; what was split, written again by csv_add_field(), is split into the same fields.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct csv_record *record)
{
	static char copy[3 * CSV_RECORD_MAX];
	struct csv_record again;
	struct buf out = BUF_INIT(sizeof(copy) - 1);
	const char *reason;

	for (size_t i = 0; i < record->count; i++) {
		if (i > 0)
			buf_add_char(&out, ',');
		csv_add_field(&out, record->fields[i]);
	}
	assert(!out.failed);
	memcpy(copy, out.data ? out.data : "", out.len);
	assert(csv_split(copy, out.len, &again, &reason) == 0);
	assert(again.count == record->count);
	for (size_t i = 0; i < again.count; i++)
		assert(strcmp(again.fields[i], record->fields[i]) == 0);
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char split[CSV_RECORD_MAX + 1];
	struct record_reader reader;
	struct csv_record record;
	const char *reason;
	FILE *file;

	if (size < 2)
		return 0;
	file = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	assert(file);
	record_reader_init(&reader, file, data[0] & 1);
	while (record_next(&reader) == RECORD_FOUND) {
		assert(reader.text.len <= CSV_RECORD_MAX);
		memcpy(split, reader.text.data ? reader.text.data : "", reader.text.len);
		if (csv_split(split, reader.text.len, &record, &reason) == 0)
			check_again(&record);
	}
	record_reader_deinit(&reader);
	fclose(file);
	return 0;
}
