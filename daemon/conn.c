/*
 * See conn.h. The life of a connection:
 *
 *	HANDSHAKE -> LOGIN -> OPEN -> FINISHING -> DEAD
 *
 * FINISHING: output leaves, there is no more input. DEAD: freed in the next pass of the loop.
 * conn_close() is the only way to DEAD; after it no event of the stream comes any more.
 */

#include "daemon/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/crypto.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/tls.h"
#include "daemon/conn_internal.h"
#include "daemon/dispatch.h"
#include "daemon/log.h"
#include "daemon/peer.h"
#include "daemon/request.h"
#include "daemon/services.h"
#include "daemon/watch.h"

#define READ_MAX 16384 /* in one go: a record of TLS */

/*
 * Lines that are worked on in one go: the one that a client sent and waits for, and of a pipeline a
 * few more each time the connection has its turn again, behind all who sent one.
 */
#define TURN_FRESH 1
#define TURN_LATER 4

static void take_turn(struct conn *conn, int turn);

static const char *const state_names[] = { "handshake", "login", "open", "finishing", "dead" };

void conn_set_state(struct conn *conn, enum conn_state state)
{
	struct conns *conns = conn->conns;
	bool was_before = conn->state < CONN_OPEN, is_before = state < CONN_OPEN;

	log_debug("connection", log_str("peer", conn->session.peer),
		  log_str("from", state_names[conn->state]), log_str("to", state_names[state]));
	conns->before_login += is_before - was_before;
	if (conn->state == CONN_HANDSHAKE)
		TAILQ_REMOVE(&conns->shaking, conn, shaking);
	conn->state = state;
}

/* ---- the end ---- */

static void on_reap(struct task *task)
{
	struct conn *conn = container_of(task, struct conn, reap);
	struct conns *conns = conn->conns;

	TAILQ_REMOVE(&conns->list, conn, entry);
	conns->count--;
	sources_leave(&conns->sources, &conn->session.source);
	conns->services->connections--;
	stream_deinit(&conn->stream);
	frame_deinit(&conn->frames);
	actor_unref(conn->session.actor);
	free(conn);
	conns->changed(conns);
}

/*
 * Requests go first: what only waits is dropped, what is under way in a lane finishes without us.
 * The memory goes in the next pass of the loop, when no callback can have us on its stack; until
 * then it is on the list, and counts.
 */
void conn_close(struct conn *conn, const char *why)
{
	struct services *services = conn->conns->services;
	struct request *request;

	if (conn->state == CONN_DEAD)
		return;
	log_debug("connection closed", log_str("peer", conn->session.peer), log_str("why", why));
	stream_close(&conn->stream);
	conn_set_state(conn, CONN_DEAD);
	conn->conns->output -= conn->output;
	conn->output = 0;
	timer_stop(&conn->deadline);
	timer_stop(&conn->line);
	timer_stop(&conn->stuck);
	timer_stop(&conn->expiry);
	loop_cancel(services->loop, &conn->resume);
	loop_cancel(services->loop, &conn->flush);
	watches_leave(&conn->session);
	while ((request = TAILQ_FIRST(&conn->requests))) {
		TAILQ_REMOVE(&conn->requests, request, entry);
		request_abandon(request);
	}
	loop_defer(services->loop, &conn->reap);
}

/* No more input; closes when the output has left, or soon. */
static void conn_finish(struct conn *conn, const char *why)
{
	if (conn->state >= CONN_FINISHING)
		return;
	log_debug("connection finishing", log_str("peer", conn->session.peer), log_str("why", why));
	conn_set_state(conn, CONN_FINISHING);
	watches_leave(&conn->session);
	timer_stop(&conn->line);
	stream_deafen(&conn->stream);
	if (conn->output == 0)
		conn_close(conn, why);
	else
		timer_start(conn->conns->services->loop, &conn->deadline,
			    conn_config(conn)->finish_timeout);
}

static void on_deadline(struct timer *timer)
{
	struct conn *conn = container_of(timer, struct conn, deadline);

	/* Who was logged in gets the answers under way; the last one closes. */
	if (conn->state == CONN_LOGIN && conn->session.ended && conn->in_flight > 0) {
		log_debug("connection finishing after its answers",
			  log_str("peer", conn->session.peer));
		conn->session.revoked = conn->session.told = true;
		return;
	}
	conn_close(conn, conn->state == CONN_HANDSHAKE ? "the handshake took too long"
			 : conn->state == CONN_LOGIN   ? "the login took too long"
						       : "the last answer was not taken");
}

static void on_line_deadline(struct timer *timer)
{
	conn_close(container_of(timer, struct conn, line), "a line took too long");
}

static void conn_error(struct conn *conn, const struct rpc_id *id, enum error_kind kind,
		       const char *message)
{
	struct buf out = BUF_INIT(4096);

	request_write_error(&out, id, kind, message);
	conn_write(conn, out.data, out.failed ? 0 : out.len);
	buf_deinit(&out);
}

/* ---- requests ---- */

/* Not from here: the request is still on its way out. What is being worked on goes on by itself. */
static void go_on(struct conn *conn)
{
	struct loop *loop = conn->conns->services->loop;

	if (conn->working)
		return;
	/* Lines may wait for the room that the answer made; with none under way it may have to end. */
	if (conn->deep || conn->in_flight > 0)
		loop_defer_behind(loop, &conn->resume);
	else
		loop_defer(loop, &conn->resume);
}

static void on_reply(struct reply_sink *sink, struct request *request, const char *line, size_t len)
{
	struct conn *conn = container_of(sink, struct conn, sink);

	TAILQ_REMOVE(&conn->requests, request, entry);
	conn->in_flight--;
	conn_write(conn, line, len);
	if (conn->state == CONN_DEAD)
		return;
	conn_follow_session(conn);
	if (conn->session.failures >= conn_config(conn)->login_tries) {
		conn_finish(conn, "too many failed logins");
		return;
	}
	go_on(conn);
}

static void on_hold(struct reply_sink *sink, bool hold)
{
	struct conn *conn = container_of(sink, struct conn, sink);

	conn->held += hold ? 1 : -1;
	if (!hold)
		go_on(conn);
}

static void on_resume(struct task *task)
{
	struct conn *conn = container_of(task, struct conn, resume);

	conn->turning = true;
	take_turn(conn, TURN_LATER);
	conn->turning = false;
}

static struct request *find_request(struct conn *conn, const struct rpc_id *id)
{
	struct request *request;

	TAILQ_FOREACH (request, &conn->requests, entry)
		if (rpc_id_equal(&request->id, id))
			return request;
	return NULL;
}

/* $/cancel {id}: the request still gets exactly one answer. */
static void take_notification(struct conn *conn, const struct rpc_request *envelope)
{
	struct rpc_id id = { 0 };
	struct request *request;
	const char *text = json_str(envelope->params, "id");

	if (strcmp(envelope->method, "$/cancel") != 0)
		return;
	if (text && strlen(text) <= RPC_ID_MAX) {
		id.kind = RPC_ID_STRING;
		strcpy(id.text, text);
	} else if (json_int(envelope->params, "id", &id.number)) {
		id.kind = RPC_ID_INT;
	}
	request = id.kind != RPC_ID_NONE ? find_request(conn, &id) : NULL;
	if (request)
		request_cancel(request);
}

static void take_request(struct conn *conn, struct cJSON *tree, const struct rpc_request *envelope)
{
	struct request *request;

	if (find_request(conn, &envelope->id)) {
		conn_error(conn, &envelope->id, ERROR_request,
			   "a request with this id is under way");
		json_free(tree);
		return;
	}
	request = request_new(conn->conns->services, &conn->sink, &conn->session, tree, envelope);
	if (!request) {
		conn_error(conn, &envelope->id, ERROR_busy, NULL);
		return;
	}
	TAILQ_INSERT_TAIL(&conn->requests, request, entry);
	conn->in_flight++;
	dispatch(request, envelope->method, envelope->params);
}

static void take_line(struct conn *conn, char *line, size_t len)
{
	struct rpc_request envelope = { 0 };
	struct json_problem problem;
	struct cJSON *tree = NULL;
	const char *reason;
	char message[160];
	int r = json_parse(line, len, &json_limits_request, &tree, &problem);

	/* It may have held a secret. */
	crypto_wipe(line, len);
	if (r == -EBADMSG) {
		snprintf(message, sizeof(message), "the line is not usable JSON: %s at byte %zu",
			 problem.reason, problem.offset);
		conn_error(conn, &envelope.id, ERROR_parse, message);
	} else if (r < 0) {
		conn_error(conn, &envelope.id, ERROR_busy, NULL);
	} else if (rpc_read_request(tree, &envelope, &reason) != ERROR_NONE) {
		conn_error(conn, &envelope.id, ERROR_request, reason);
		json_free(tree);
	} else if (envelope.id.kind == RPC_ID_NONE) {
		take_notification(conn, &envelope);
		json_free(tree);
	} else {
		take_request(conn, tree, &envelope);
	}
}

/* ---- input ---- */

/* Whether one more line may be worked on now. */
static bool has_room(struct conn *conn)
{
	if (conn->state != CONN_LOGIN && conn->state != CONN_OPEN)
		return false;
	if (conn->held > 0 || conn->draining)
		return false;
	if (conn->pausing && conn->output > conn_config(conn)->output_bytes / 2)
		return false;
	conn->pausing = conn->output > conn_config(conn)->output_bytes;
	/* Whoever waits for room here goes on when its own output has left: conn_output.c. */
	if (conn->pausing || (conn->conns->output > conn_config(conn)->output_total &&
			      conn->output > conn_config(conn)->output_bytes / 16))
		return false;
	if (conn->session.reads >= conn_config(conn)->reads_in_flight)
		return false;
	return conn->in_flight < (conn->state == CONN_LOGIN ? 1 : conn_config(conn)->in_flight);
}

static const char *why_it_left(const struct conn *conn)
{
	return conn->state == CONN_HANDSHAKE		 ? "the handshake failed"
	       : conn->key_updates > TLS_KEY_UPDATES_MAX ? "too many key updates"
							 : "the client left";
}

/* Moves to the frames what is here and they have room for, at most a record of it. False: nothing
 * was, or the connection is closed. */
static bool feed(struct conn *conn)
{
	size_t room = frame_room(&conn->frames);
	char bytes[READ_MAX];
	int n = 0, r;

	if (room > 0)
		n = stream_read(&conn->stream, bytes, room < sizeof(bytes) ? room : sizeof(bytes));
	if (n < 0)
		conn_close(conn, why_it_left(conn));
	if (n <= 0)
		return false;
	r = frame_feed(&conn->frames, bytes, (size_t)n);
	crypto_wipe(bytes, (size_t)n); /* it may have held a secret */
	if (r < 0)
		conn_close(conn, "out of memory");
	return r == 0;
}

/* The clock of a line runs from its first byte to its end, whatever else is under way. */
static void watch_line(struct conn *conn)
{
	if (!frame_partial(&conn->frames))
		timer_stop(&conn->line);
	else if (!timer_running(&conn->line))
		timer_start(conn->conns->services->loop, &conn->line,
			    conn_config(conn)->line_timeout);
}

/* There may be lines behind those whose turn it was: they wait for the next. */
static void wait_for_turn(struct conn *conn)
{
	/* From the kernel's memory to ours, or it would wake us until then. */
	feed(conn);
	if (conn->state == CONN_DEAD)
		return;
	if (frame_empty(&conn->frames)) {
		conn->deep = conn->turning;
		return;
	}
	conn->deep = conn->deep || conn->turning;
	loop_defer_behind(conn->conns->services->loop, &conn->resume);
}

/* `turn`: lines before others have their turn. False: there is no room for more of them. */
static bool work(struct conn *conn, int turn)
{
	char *line;
	size_t len;

	while (has_room(conn)) {
		if (turn == 0) {
			wait_for_turn(conn);
			return true;
		}
		switch (frame_next(&conn->frames, &line, &len)) {
		case FRAME_LINE:
			timer_stop(&conn->line);
			turn--;
			if (len > 0) {
				conn->key_updates = 0;
				take_line(conn, line, len);
			}
			continue;
		case FRAME_MORE:
			if (feed(conn))
				continue;
			if (conn->state == CONN_DEAD) /* it starts no clock any more */
				return true;
			conn->deep = conn->turning && turn <= TURN_LATER - 2;
			watch_line(conn);
			return true;
		case FRAME_TOO_LONG:
			conn_error(conn, &(struct rpc_id){ 0 }, ERROR_too_large,
				   conn->state == CONN_LOGIN
					   ? "the line is longer than one before login may be"
					   : "the line is longer than one may be");
			conn_finish(conn, "a line was too long");
			return false;
		}
	}
	/* We are the ones who do not read now: the client's clock stands still. */
	timer_stop(&conn->line);
	return false;
}

/* Who has to go goes when all that they sent was answered. */
static void finish_if_done(struct conn *conn)
{
	if (conn->in_flight > 0 || conn->resume.queued)
		return;
	if (conn->draining)
		conn_finish(conn, "the server is stopping");
	else if (conn->session.revoked && conn->session.told)
		conn_finish(conn, "the login was ended");
}

static void take_turn(struct conn *conn, int turn)
{
	bool room;

	conn->working = true;
	room = work(conn, turn);
	conn->working = false;
	if (conn->state == CONN_DEAD)
		return;
	finish_if_done(conn);
	if (conn->state == CONN_DEAD)
		return;
	stream_pause(&conn->stream, !room);
	if (conn->output > 0)
		conn_flush(conn);
}

void conn_work(struct conn *conn)
{
	bool waits = conn->deep || conn->resume.queued || conn->in_flight > 0;

	take_turn(conn, waits ? 0 : TURN_FRESH);
}

static void on_readable(struct stream *stream)
{
	conn_work(container_of(stream, struct conn, stream));
}

static void on_writable(struct stream *stream)
{
	conn_flush(container_of(stream, struct conn, stream));
}

static void keep_certificate(struct conn *conn)
{
	SSL *ssl = conn->stream.ssl;
	struct session *session = &conn->session;

	session->has_certificate = tls_peer_fingerprint(ssl, session->certificate) == 0 &&
				   tls_peer_expiry(ssl, &session->certificate_expiry_usec) == 0;
}

static void on_connected(struct stream *stream)
{
	struct conn *conn = container_of(stream, struct conn, stream);
	struct tls_problem problem;

	if (tls_check_peer(stream->ssl, NULL, &problem) < 0) {
		conn_close(conn, problem.text);
		return;
	}
	keep_certificate(conn);
	conn_set_state(conn, CONN_LOGIN);
	timer_start(conn->conns->services->loop, &conn->deadline, conn_config(conn)->login_timeout);
	conn_work(conn);
}

static void on_ended(struct stream *stream)
{
	struct conn *conn = container_of(stream, struct conn, stream);

	conn_close(conn, why_it_left(conn));
}

static const struct stream_events stream_events = {
	.connected = on_connected,
	.readable = on_readable,
	.writable = on_writable,
	.ended = on_ended,
};

/* ---- the beginning ---- */

int conn_new(struct conns *conns, int fd, const struct sockaddr *address)
{
	struct services *services = conns->services;
	struct conn *conn = calloc(1, sizeof(*conn));
	SSL *ssl = conn ? SSL_new(conns->tls) : NULL;
	int on = 1;

	if (!ssl) {
		free(conn);
		close(fd);
		return -ENOMEM;
	}
	/* On inherited sockets too: a request waits for no other segment. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* From here socket and SSL belong to the stream, also where making it fails. */
	if (stream_init(&conn->stream, &conns->warmth, fd, ssl, &stream_events) < 0) {
		free(conn);
		return -ENOMEM;
	}
	conn->session.source = throttle_source(address);
	if (sources_enter(&conns->sources, &conn->session.source) < 0) {
		stream_close(&conn->stream);
		stream_deinit(&conn->stream);
		free(conn);
		return -ENOMEM;
	}
	tls_count_key_updates(ssl, &conn->key_updates);
	conn->conns = conns;
	conn->sink = (struct reply_sink){ .reply = on_reply, .hold = on_hold };
	conn->deadline.fire = on_deadline;
	conn->line.fire = on_line_deadline;
	conn->expiry.fire = conn_on_expiry;
	conn->reap.run = on_reap;
	conn->resume.run = on_resume;
	conn_output_init(conn);
	TAILQ_INIT(&conn->requests);
	frame_init(&conn->frames, (size_t)services->config->line_bytes_before_login);
	peer_format(address, conn->session.peer, sizeof(conn->session.peer));
	TAILQ_INSERT_TAIL(&conns->list, conn, entry);
	TAILQ_INSERT_TAIL(&conns->shaking, conn, shaking);
	conns->count++;
	conns->before_login++;
	services->connections++;
	timer_start(services->loop, &conn->deadline, services->config->handshake_timeout);
	return 0;
}

bool conns_make_room(struct conns *conns)
{
	struct conn *oldest = TAILQ_FIRST(&conns->shaking);

	if (oldest)
		conn_close(oldest, "another needs its place");
	return oldest != NULL;
}

static void drain(struct conn *conn)
{
	struct buf out = BUF_INIT(4096);
	struct jsonw w = JSONW_INIT(&out);

	conn->draining = true;
	rpc_notification_begin(&w, "server.draining");
	jsonw_object(&w);
	jsonw_kint(&w, "retry_after_ms", REQUEST_RETRY_AFTER_MS);
	jsonw_object_end(&w);
	rpc_end(&w);
	if (!out.failed && conn->state == CONN_OPEN)
		conn_write(conn, out.data, out.len);
	buf_deinit(&out);
	if (conn->in_flight == 0)
		conn_finish(conn, "the server is stopping");
}

void conns_drain(struct conns *conns)
{
	struct conn *conn, *next;

	for (conn = TAILQ_FIRST(&conns->list); conn; conn = next) {
		next = TAILQ_NEXT(conn, entry);
		drain(conn);
	}
}

void conns_close(struct conns *conns)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&conns->list))) {
		conn_close(conn, "the server stops");
		loop_cancel(conns->services->loop, &conn->reap);
		on_reap(&conn->reap);
	}
	loop_cancel(conns->services->loop, &conns->trim);
	sources_deinit(&conns->sources);
	warm_deinit(&conns->warmth);
}
