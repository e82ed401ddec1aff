/*
 * A server that is none of ours, below db_link.h: libpq and the link are given the bytes of the
 * input. The first byte picks the call: in one flight or two, its rows one at a time or not, and
 * whether the greeting is the server's own or the input's too. The rest is sent in pieces, each
 * behind a length byte, one whenever the link waits.
 *
 * Held against it: a call ends once; what it is given can be read to its end; and nobody falls or
 * waits for what is not to come.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "common/buf.h"
#include "common/json.h"
#include "common/macros.h"
#include "daemon/admin.h"
#include "daemon/db_link.h"
#include "daemon/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);
PGresult *__real_PQgetResult(PGconn *conn);
PGresult *__wrap_PQgetResult(PGconn *conn);
void __real_PQclear(PGresult *result);
void __wrap_PQclear(PGresult *result);
/* What is said of it is not looked at. */
void __wrap_log_write(enum log_level level, const char *message, const struct log_field *fields);

#define PASSES_MAX 6 /* of the loop for one piece: more than any step of a link takes */

enum shape {
	SHAPE_AGAIN = 1 << 0,	 /* two flights */
	SHAPE_ROWS = 1 << 1,	 /* one row at a time */
	SHAPE_WHOLE = 1 << 2,	 /* the input has the greeting too */
	SHAPE_GREETING = 1 << 3, /* the pool's greeting gives a row */
};

static const struct db_statement STATEMENT = {
	.name = "asked",
	.sql = "SELECT $1",
	.params = 1,
};

static int listening = -1;
static struct loop *loop;
static struct config config;

static struct db_link *link_;
static struct db_call call;
static bool submitted, ended, came_down;
static int results; /* of libpq's that the link holds */

void __wrap_log_write(enum log_level level, const char *message, const struct log_field *fields)
{
}

/* libpq makes room for what a message says of its length: there are no gigabytes here. */
const char *__asan_default_options(void)
{
	return "max_allocation_size_mb=32:allocator_may_return_null=1";
}

/* libpq 15 loses results of its own when a server describes one it is sending; ours are counted. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libpq.so\n";
}

PGresult *__wrap_PQgetResult(PGconn *conn)
{
	PGresult *result = __real_PQgetResult(conn);

	results += result != NULL;
	return result;
}

void __wrap_PQclear(PGresult *result)
{
	results -= result != NULL;
	__real_PQclear(result);
}

/* ---- the pool ---- */

static void on_ready(struct db_link_owner *owner, struct db_link *link)
{
	if (submitted)
		return;
	submitted = true;
	db_link_run(link, &call);
}

static void on_down(struct db_link_owner *owner, struct db_link *link)
{
	came_down = true;
}

static void on_hint(struct db_link_owner *owner, const char *payload)
{
	assert(strlen(payload) < 1 << 20);
}

static void on_wrong_schema(struct db_link_owner *owner, int version)
{
}

static void on_denied(struct db_link_owner *owner)
{
}

static struct db_link_owner owner = {
	.ready = on_ready,
	.down = on_down,
	.hint = on_hint,
	.wrong_schema = on_wrong_schema,
	.denied = on_denied,
};

/* Every value, as the rooms above read them: as text, as a number, as JSON. */
static void read_all(const struct db_call *of)
{
	for (int row = 0; row < db_rows(of); row++) {
		for (int column = 0; column < 3; column++) {
			const char *value = db_value(of, row, column);
			struct json_problem problem;
			struct cJSON *tree = NULL;

			(void)db_value_int(of, row, column);
			if (!value)
				continue;
			assert((size_t)db_value_len(of, row, column) >= strlen(value));
			json_parse(value, strlen(value), &json_limits_reply, &tree, &problem);
			json_free(tree);
		}
	}
}

static bool on_again(struct db_call *of)
{
	read_all(of);
	of->params[0] = "2";
	return true;
}

static void on_row(struct db_call *of)
{
	assert(submitted && !ended && db_rows(of) == 1);
	read_all(of);
}

static void on_done(struct db_call *of)
{
	assert(submitted && !ended);
	ended = true;
	assert(strlen(of->sqlstate) < sizeof(of->sqlstate));
	if (of->status == DB_DONE && !of->row)
		read_all(of);
}

/* ---- the server ---- */

static void add(struct buf *out, char type, const void *body, size_t len)
{
	uint32_t size = (uint32_t)len + 4;
	uint8_t head[5] = { (uint8_t)type, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
			    (uint8_t)(size >> 8), (uint8_t)size };

	buf_add(out, head, sizeof(head));
	buf_add(out, body, len);
}

/* One value, or NULL. */
static void add_row(struct buf *out, const char *text)
{
	static const char described[] = "\0\1c\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0";
	static const char null_row[] = "\0\1\xff\xff\xff\xff";
	char row[64] = { 0, 1, 0, 0, 0, text ? (char)strlen(text) : 0 };

	if (text)
		memcpy(row + 6, text, strlen(text));
	add(out, 'T', described, 2 + 2 + 18);
	add(out, 'D', text ? row : null_row, 6 + (text ? strlen(text) : 0));
	add(out, 'C', "SELECT 1", 9);
	add(out, 'Z', "I", 1);
}

static void write_greeting(struct buf *out, unsigned shape)
{
	char version[16];

	snprintf(version, sizeof(version), "%d", admin_schema_version());
	add(out, 'R', "\0\0\0\0", 4);
	add(out, 'S',
	    "server_version\0"
	    "15.20",
	    21);
	add(out, 'S', "client_encoding\0UTF8", 21);
	add(out, 'K', "\0\0\x12\x34\0\0\0\7", 8);
	add(out, 'Z', "I", 1);
	add_row(out, version);
	add_row(out, NULL); /* no right is missing */
	if (shape & SHAPE_GREETING) {
		add_row(out, "12");
	} else {
		add(out, 'C', "LISTEN", 7);
		add(out, 'Z', "I", 1);
	}
	/* The statement is prepared at its first use. */
	add(out, '1', "", 0);
	add(out, 'Z', "I", 1);
}

/* Lets the link take its steps; what it sends is not read by anybody. */
static void turn(int fd)
{
	char scrap[4096];

	for (int i = 0; i < PASSES_MAX && !came_down; i++) {
		loop_pass(loop);
		while (fd >= 0 && recv(fd, scrap, sizeof(scrap), MSG_DONTWAIT) > 0)
			;
	}
}

/* A send of its own each, so that messages come in parts. */
static void send_piece(int fd, const uint8_t *data, size_t len)
{
	if (len > 0 && send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
		came_down = true;
	turn(fd);
}

static void serve(int fd, unsigned shape, const uint8_t *data, size_t size)
{
	struct buf greeting = BUF_INIT(4096);

	turn(fd);
	if (!(shape & SHAPE_WHOLE)) {
		write_greeting(&greeting, shape);
		assert(!greeting.failed);
		/* One message at a time: libpq takes none that it did not ask for. */
		for (size_t at = 0, len; at < greeting.len; at += len) {
			const uint8_t *head = (const uint8_t *)greeting.data + at;

			len = 1 + (((size_t)head[3] << 8) | head[4]);
			send_piece(fd, head, len);
		}
		assert(submitted);
	}
	buf_deinit(&greeting);
	while (size > 0 && !came_down) {
		size_t len = data[0] < size ? data[0] : size - 1;

		send_piece(fd, data + 1, len);
		data += 1 + len;
		size -= 1 + len;
	}
	shutdown(fd, SHUT_RDWR);
	turn(fd);
}

static void begin_once(void)
{
	static char folder[] = "/tmp/fuzz-link-XXXXXX", conninfo[128];
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (loop)
		return;
	loop = loop_new();
	assert(loop && mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", folder);
	snprintf(conninfo, sizeof(conninfo),
		 "host=%s dbname=d user=u password=p sslmode=disable gssencmode=disable", folder);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert(listening >= 0 &&
	       bind(listening, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	       listen(listening, 16) == 0);
	config.conninfo = conninfo;
	config.connect_timeout = 60000;
}

/* The first to knock, or -1. */
static int take_client(void)
{
	return accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd;

	if (size < 2)
		return 0;
	begin_once();
	while ((fd = take_client()) >= 0) /* libpq had tried once more in the run before */
		close(fd);
	submitted = ended = came_down = false;
	call = (struct db_call){ .statement = &STATEMENT, .params = { "1" }, .done = on_done };
	if (data[0] & SHAPE_AGAIN)
		call.again = on_again;
	if (data[0] & SHAPE_ROWS)
		call.row = on_row;
	link_ = db_link_new(loop, &config, "LISTEN cowork", &owner);
	assert(link_);
	for (int i = 0; i < PASSES_MAX && fd < 0; i++) {
		loop_pass(loop);
		fd = take_client();
	}
	assert(fd >= 0);
	serve(fd, data[0], data + 1, size - 1);
	/* The server has left: the link knows, and so does whoever waited. */
	assert(came_down && ended == submitted);
	db_link_free(link_);
	assert(results == 0);
	close(fd);
	return 0;
}
