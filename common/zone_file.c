/*
 * Reads TZif: a header with six counts and a block with 32-bit times; from version 2 on a second
 * header and block with 64-bit times, which alone is used, and a footer. The sizes of a block
 * follow from its counts and are checked against the file before anything is read or allocated.
 * Files that count leap seconds ("right/...") are refused: our instants have none.
 */

#include "common/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_SIZE 44
#define TYPES_MAX   256
/* Files write -2^59, about the age of the universe, for "always"; further out sums could overflow.
 */
#define TIME_LIMIT (INT64_C(1) << 60)

struct header {
	char version;
	size_t ut_count, standard_count, leap_count, time_count, type_count, char_count;
};

struct cursor {
	const uint8_t *at; /* borrows (during the parse) */
	size_t left;
};

static uint64_t read_big_endian(const uint8_t *bytes, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

static int64_t read_time(const uint8_t *bytes, size_t size)
{
	uint64_t value = read_big_endian(bytes, size);

	return size == 4 ? (int64_t)(int32_t)(uint32_t)value : (int64_t)value;
}

static int read_header(struct cursor *cursor, struct header *ret)
{
	const uint8_t *at = cursor->at;

	if (cursor->left < HEADER_SIZE || memcmp(at, "TZif", 4) != 0)
		return -EBADMSG;
	ret->version = (char)at[4];
	if (ret->version != '\0' && ret->version < '2')
		return -EBADMSG;
	ret->ut_count = read_big_endian(at + 20, 4);
	ret->standard_count = read_big_endian(at + 24, 4);
	ret->leap_count = read_big_endian(at + 28, 4);
	ret->time_count = read_big_endian(at + 32, 4);
	ret->type_count = read_big_endian(at + 36, 4);
	ret->char_count = read_big_endian(at + 40, 4);
	cursor->at += HEADER_SIZE;
	cursor->left -= HEADER_SIZE;
	return 0;
}

/* Bytes of a block whose times have `size` bytes. Six 32-bit counts: no overflow in 64 bits. */
static uint64_t block_size(const struct header *header, size_t size)
{
	return (uint64_t)header->time_count * (size + 1) + (uint64_t)header->type_count * 6 +
	       header->char_count + (uint64_t)header->leap_count * (size + 4) +
	       header->standard_count + header->ut_count;
}

static int copy_abbrev(const uint8_t *chars, size_t count, size_t index, char out[ZONE_ABBREV_MAX])
{
	for (size_t len = 0; len < ZONE_ABBREV_MAX && index + len < count; len++) {
		uint8_t c = chars[index + len];

		out[len] = (char)c;
		if (c == '\0')
			return 0;
		if (c <= ' ' || c > '~')
			return -EBADMSG;
	}
	return -EBADMSG;
}

static int read_types(const uint8_t *types, const uint8_t *chars, const struct header *header,
		      struct zone *zone)
{
	zone->types = calloc(header->type_count, sizeof(*zone->types));
	if (zone->types == NULL)
		return -ENOMEM;
	zone->type_count = header->type_count;
	for (size_t i = 0; i < header->type_count; i++, types += 6) {
		struct zone_type *type = &zone->types[i];
		int64_t offset = read_time(types, 4);

		if (offset <= -ZONE_OFFSET_LIMIT || offset >= ZONE_OFFSET_LIMIT || types[4] > 1)
			return -EBADMSG;
		type->offset = (int)offset;
		type->dst = types[4] == 1;
		if (copy_abbrev(chars, header->char_count, types[5], type->abbrev) < 0)
			return -EBADMSG;
	}
	return 0;
}

static int read_transitions(const uint8_t *times, const uint8_t *indices, size_t size,
			    const struct header *header, struct zone *zone)
{
	size_t count = header->time_count;

	if (count == 0)
		return 0;
	zone->transitions = calloc(count, sizeof(*zone->transitions));
	zone->indices = malloc(count);
	if (zone->transitions == NULL || zone->indices == NULL)
		return -ENOMEM;
	memcpy(zone->indices, indices, count);
	for (size_t i = 0; i < count; i++) {
		int64_t at = read_time(times + i * size, size);

		if (at <= -TIME_LIMIT || at >= TIME_LIMIT || indices[i] >= header->type_count ||
		    (i > 0 && at <= zone->transitions[i - 1]))
			return -EBADMSG;
		zone->transitions[i] = at;
	}
	zone->transition_count = count;
	return 0;
}

/* The block in file order: times, indices, types, abbreviations; what follows is not needed. */
static int read_block(struct cursor *cursor, const struct header *header, size_t size,
		      struct zone *zone)
{
	const uint8_t *times = cursor->at;
	const uint8_t *indices = times + header->time_count * size;
	const uint8_t *types = indices + header->time_count;
	const uint8_t *chars = types + header->type_count * 6;
	int r;

	if (header->leap_count != 0 || header->type_count == 0 || header->type_count > TYPES_MAX)
		return -EBADMSG;
	r = read_types(types, chars, header, zone);
	if (r < 0)
		return r;
	return read_transitions(times, indices, size, header, zone);
}

static int skip_block(struct cursor *cursor, const struct header *header, size_t size)
{
	uint64_t bytes = block_size(header, size);

	if (bytes > cursor->left)
		return -EBADMSG;
	cursor->at += bytes;
	cursor->left -= bytes;
	return 0;
}

/* "\n" TZ "\n"; an empty TZ says that nothing is known after the last transition. */
static int read_footer(const struct cursor *cursor, struct zone *zone)
{
	const char *text = (const char *)cursor->at + 1;
	const char *end;

	if (cursor->left < 2 || cursor->at[0] != '\n')
		return -EBADMSG;
	end = memchr(text, '\n', cursor->left - 1);
	if (end == NULL)
		return -EBADMSG;
	if (end == text)
		return 0;
	zone->has_rule = true;
	return zone_rule_parse(text, (size_t)(end - text), &zone->rule);
}

int zone_file_parse(const uint8_t *data, size_t len, struct zone *zone)
{
	struct cursor cursor = { data, len };
	struct cursor block;
	struct header header;
	size_t size = 4;
	int r;

	r = read_header(&cursor, &header);
	if (r < 0)
		return r;
	block = cursor;
	r = skip_block(&cursor, &header, size);
	if (r < 0)
		return r;
	if (header.version != '\0') {
		size = 8;
		r = read_header(&cursor, &header);
		if (r < 0)
			return r;
		block = cursor;
		r = skip_block(&cursor, &header, size);
		if (r < 0)
			return r;
	}
	r = read_block(&block, &header, size, zone);
	if (r < 0 || size == 4)
		return r;
	return read_footer(&cursor, zone);
}

static int read_all(int fd, uint8_t **ret, size_t *ret_len)
{
	struct stat st;
	uint8_t *data;
	size_t len = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* A folder such as "America" is not a zone. */
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	if (st.st_size > ZONE_FILE_MAX)
		return -EBADMSG;
	data = malloc((size_t)st.st_size + 1);
	if (data == NULL)
		return -ENOMEM;
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, data + len, (size_t)st.st_size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int r = n < 0 ? -errno : -EBADMSG;

			free(data);
			return r;
		}
		len += (size_t)n;
	}
	*ret = data;
	*ret_len = len;
	return 0;
}

int zone_file_read(const char *path, uint8_t **ret, size_t *ret_len)
{
	/* O_NONBLOCK: a FIFO in the folder must not hold us up before it is refused. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	r = read_all(fd, ret, ret_len);
	close(fd);
	return r;
}
