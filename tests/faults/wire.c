/*
 * PostgreSQL's message framing, as far as the proxy needs it. Each direction of a connection is fed
 * to wire_next() message by message; wire_passed() keeps the books (prepared names, unanswered
 * Syncs).
 */

#include <string.h>

#include "wire.h"

#define SSL_REQUEST 80877103u
#define GSS_REQUEST 80877104u

static uint32_t be32(const char *data)
{
	const unsigned char *byte = (const unsigned char *)data;

	return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

/* The packets before the first typed message: a length and a code. */
static enum wire_kind next_startup(const char *data, size_t len, size_t *ret_len, char *ret_type)
{
	uint32_t size, code;

	if (len < 8)
		return WIRE_MORE;
	size = be32(data);
	code = be32(data + 4);
	if (size < 8 || len < size)
		return WIRE_MORE;
	*ret_len = size;
	*ret_type = '0';
	return code == SSL_REQUEST || code == GSS_REQUEST ? WIRE_ENCRYPTION : WIRE_MESSAGE;
}

enum wire_kind wire_next(struct wire *wire, enum side side, const char *data, size_t len,
			 size_t *ret_len, char *ret_type)
{
	uint32_t size;

	if (wire->opaque) {
		*ret_len = len;
		*ret_type = '-';
		return len > 0 ? WIRE_MESSAGE : WIRE_MORE;
	}
	if (side == FRONTEND && !wire->started)
		return next_startup(data, len, ret_len, ret_type);
	if (len < 5)
		return WIRE_MORE;
	size = be32(data + 1);
	if (size < 4 ||
	    size > WIRE_MESSAGE_MAX) { /* not the protocol we know: pass it on as it is */
		wire->opaque = true;
		return wire_next(wire, side, data, len, ret_len, ret_type);
	}
	if (len < (size_t)size + 1)
		return WIRE_MORE;
	*ret_len = (size_t)size + 1;
	*ret_type = data[0];
	return WIRE_MESSAGE;
}

/* The n-th string of a message's body, "" where there is none. */
static const char *string_at(const char *data, size_t len, unsigned n)
{
	const char *at = data + 5, *end = data + len;

	for (; n > 0 && at < end; n--) {
		const char *nul = memchr(at, 0, (size_t)(end - at));

		at = nul ? nul + 1 : end;
	}
	return at < end && memchr(at, 0, (size_t)(end - at)) ? at : "";
}

static int find_name(const struct wire *wire, const char *name)
{
	for (unsigned i = 0; i < wire->names_used; i++) {
		if (strcmp(wire->names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

/* Parse: statement name, query. A name may be used again for another query. */
static void note_parse(struct wire *wire, const char *data, size_t len)
{
	const char *name = string_at(data, len, 0);
	int at = find_name(wire, name);

	if (at >= 0)
		memcpy(wire->names[at], wire->names[--wire->names_used], sizeof(wire->names[at]));
	if (!strstr(string_at(data, len, 1), "cowork.lane_run") || wire->names_used == WIRE_NAMES)
		return;
	if (strlen(name) < sizeof(wire->names[0]))
		strcpy(wire->names[wire->names_used++], name); /* NOLINT: measured above */
}

bool wire_in_batch(struct wire *wire, enum side side, char type, const char *data, size_t len)
{
	struct wire_sync *sync = wire_oldest_sync(wire);

	if (wire->opaque)
		return false;
	if (side == FRONTEND) {
		/* Bind: portal name, statement name. */
		if (type == 'B' && find_name(wire, string_at(data, len, 1)) >= 0)
			wire->in_batch = true;
		return wire->in_batch;
	}
	return sync ? sync->batch : wire->in_batch;
}

static void push_sync(struct wire *wire)
{
	unsigned at = (wire->syncs_first + wire->syncs_count) % WIRE_SYNCS;

	if (wire->syncs_count == WIRE_SYNCS)
		return;
	wire->syncs[at] = (struct wire_sync){ .batch = wire->in_batch };
	wire->syncs_count++;
	wire->in_batch = false;
}

void wire_passed(struct wire *wire, enum side side, char type, const char *data, size_t len)
{
	if (wire->opaque)
		return;
	if (side == BACKEND) {
		if (type == 'Z' &&
		    wire->syncs_count > 0) { /* the first one of all answers no Sync */
			wire->syncs_first = (wire->syncs_first + 1) % WIRE_SYNCS;
			wire->syncs_count--;
		}
		return;
	}
	if (type == '0')
		wire->started = true;
	else if (type == 'P')
		note_parse(wire, data, len);
	else if (type == 'S' || type == 'Q')
		push_sync(wire);
}

struct wire_sync *wire_newest_sync(struct wire *wire)
{
	if (wire->syncs_count == 0)
		return NULL;
	return &wire->syncs[(wire->syncs_first + wire->syncs_count - 1) % WIRE_SYNCS];
}

struct wire_sync *wire_oldest_sync(struct wire *wire)
{
	return wire->syncs_count > 0 ? &wire->syncs[wire->syncs_first] : NULL;
}
