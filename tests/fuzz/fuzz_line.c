/*
 * A stream of lines in arbitrary pieces, each line parsed. The first byte picks the cap, the second
 * seeds the sizes of the pieces. Held against it: lines are the same as when the stream is cut at
 * once; no more than the cap is held; what the scan takes cJSON takes, and what we write from the
 * tree is read back as the same text.
 */

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/json.h"
#include "common/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct value {
	const struct cJSON *tree;
};

static const struct field value_fields[] = {
	{ "v", FIELD_JSON, offsetof(struct value, tree) },
	FIELD_END,
};

/* The tree as text, inside {"v":...}. */
static void write_tree(struct buf *out, const struct cJSON *tree)
{
	struct jsonw w = JSONW_INIT(out);
	struct value value = { tree };

	field_encode(&w, value_fields, FIELD_FOR_STAFF, &value);
	assert(!out->failed);
}

static void check_line(const char *line, size_t len)
{
	struct buf first = BUF_INIT(1 << 20), second = BUF_INIT(1 << 20);
	struct json_limits limits = json_limits_request;
	struct json_problem problem = { .reason = NULL };
	struct cJSON *tree = NULL, *again = NULL;
	int r = json_parse(line, len, &limits, &tree, &problem);

	assert(r == 0 || r == -EBADMSG);
	assert(r == json_scan(line, len, &limits, &problem));
	if (r) {
		assert(problem.reason && problem.offset <= len);
		return;
	}
	write_tree(&first, tree);
	limits.max_bytes *= 8; /* escapes may be longer than what they stand for, and {"v":} */
	limits.max_depth++;
	limits.max_tokens += 2;
	assert(json_parse(first.data, first.len, &limits, &again, &problem) == 0);
	write_tree(&second, json_get(again, "v"));
	assert(first.len == second.len && !memcmp(first.data, second.data, first.len));
	json_free(tree);
	json_free(again);
	buf_deinit(&first);
	buf_deinit(&second);
}

/* Where the line that begins at `at` must end in the stream: its LF, or NULL where none may come
 * out. */
static const uint8_t *expected_end(const uint8_t *at, const uint8_t *end, size_t max)
{
	const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));

	return lf && (size_t)(lf - at) <= max ? lf : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader reader;
	const uint8_t *at, *end = data + size, *next;
	enum frame_status status = FRAME_MORE;
	uint32_t random;

	if (size < 2)
		return 0;
	frame_init(&reader, (size_t)data[0] * data[0]); /* up to 65,025 */
	random = data[1];
	at = next = data + 2;
	while (at < end && status != FRAME_TOO_LONG) {
		size_t room = frame_room(&reader), len = (size_t)(end - at), piece;
		char *line;

		assert(room && room <= reader.max + 1);
		random = random * 1103515245 + 12345;
		piece = random & 0x10000 ? 1 + (random >> 17) % 16 : room;
		if (piece > room)
			piece = room;
		if (piece > len)
			piece = len;
		assert(frame_feed(&reader, (const char *)at, piece) == 0);
		at += piece;
		while ((status = frame_next(&reader, &line, &len)) == FRAME_LINE) {
			const uint8_t *lf = expected_end(next, end, reader.max);

			assert(lf && lf < at && strlen(line) <= len && line[len] == '\0');
			assert(len == (size_t)(lf - next) ||
			       (len + 1 == (size_t)(lf - next) && lf[-1] == '\r'));
			assert(!memcmp(line, next, len));
			next = lf + 1;
			check_line(line, len);
		}
		assert(reader.buf.len - reader.start <= reader.max + 1);
		assert(frame_partial(&reader) == (next != at));
	}
	/* No line within the cap is left behind. */
	assert(!expected_end(next, end, reader.max));
	if (status == FRAME_TOO_LONG)
		assert((size_t)(end - next) > reader.max);
	frame_deinit(&reader);
	return 0;
}
