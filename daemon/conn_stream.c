/* See conn_stream.h. OpenSSL's queue of errors is empty before each of its calls: it is one for all
 * connections. */

#include "daemon/conn_stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/crypto.h"
#include "daemon/loop.h"

#define RECORD_MAX 16384 /* of TLS, RFC 8446 section 5.1 */
#define AHEAD_MAX  RECORD_MAX
#define FLUSH_MAX  262144 /* in one go: others have their turn, and the event comes again */

/* As a rule there is none, and a look costs less than emptying it anyway. */
static void forget_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

/* Whether the call may go on when the socket is ready; it is waited for. */
static bool goes_on(struct stream *stream, int result)
{
	switch (SSL_get_error(stream->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return true; /* the reader is there, or comes back with the room to read */
	case SSL_ERROR_WANT_WRITE:
		event_add(&stream->writer, NULL);
		return true;
	default:
		forget_errors();
		return false;
	}
}

static void shake_hands(struct stream *stream)
{
	int r;

	forget_errors();
	r = SSL_accept(stream->ssl);
	if (r == 1) {
		stream->shaking = false;
		stream->events->connected(stream);
	} else if (!goes_on(stream, r)) {
		stream->events->ended(stream);
	}
}

/* One call of SSL_read(); as stream_read(). */
static int read_some(struct stream *stream, char *out, size_t size)
{
	int n;

	if (stream->dry)
		return 0;
	forget_errors();
	n = SSL_read(stream->ssl, out, (int)size);
	if (n > 0) {
		/* Short of that the socket is empty, or tells when it is not. */
		stream->dry = !SSL_has_pending(stream->ssl);
		return n;
	}
	stream->dry = true;
	stream->read_waits = SSL_want_write(stream->ssl);
	return goes_on(stream, n) ? 0 : -EPIPE;
}

/*
 * Nobody wants it now. An event for the peer's leaving alone would be less, but where the connection
 * is reset libevent tells those of reading and writing alone, and without them is woken for ever.
 */
static void read_ahead(struct stream *stream)
{
	char bytes[RECORD_MAX];
	int n = 0;

	while (stream->ahead.len < AHEAD_MAX &&
	       (n = read_some(stream, bytes, AHEAD_MAX - stream->ahead.len)) > 0) {
		buf_add(&stream->ahead, bytes, (size_t)n);
		crypto_wipe(bytes, (size_t)n);
		if (stream->ahead.failed)
			n = -EPIPE; /* no memory for what the peer takes for sent */
		if (n < 0)
			break;
	}
	if (n < 0) {
		stream->events->ended(stream);
	} else if (stream->ahead.len == AHEAD_MAX) {
		stream->full = true;
		event_del(&stream->reader);
	}
}

/* What was read ahead comes first. */
static size_t take_ahead(struct stream *stream, char *out, size_t size)
{
	size_t left = stream->ahead.len - stream->ahead_taken;
	char *from = stream->ahead.data + stream->ahead_taken;

	if (size > left)
		size = left;
	memcpy(out, from, size);
	crypto_wipe(from, size);
	stream->ahead_taken += size;
	if (size == left) {
		buf_deinit(&stream->ahead);
		stream->ahead_taken = 0;
	}
	return size;
}

static void hear(struct stream *stream)
{
	if (stream->paused)
		read_ahead(stream);
	else
		stream->events->readable(stream);
}

static void on_readable(evutil_socket_t fd, short what, void *data)
{
	struct stream *stream = data;

	stream->dry = false;
	if (stream->shaking) {
		shake_hands(stream);
		return;
	}
	warm_use(stream->warmth, &stream->warm);
	hear(stream);
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
	struct stream *stream = data;

	if (stream->shaking) {
		shake_hands(stream);
		return;
	}
	if (stream->read_waits) {
		stream->read_waits = stream->dry = false;
		hear(stream);
	}
	if (!stream->closed)
		stream->events->writable(stream);
}

int stream_init(struct stream *stream, struct warm_list *warmth, int fd, struct ssl_st *ssl,
		const struct stream_events *events)
{
	struct event_base *base = loop_base(warmth->loop);

	*stream = (struct stream){ .events = events, .ssl = ssl, .fd = fd, .shaking = true };
	stream->warmth = warmth;
	stream->warm.ssl = ssl;
	event_assign(&stream->reader, base, fd, EV_READ | EV_PERSIST, on_readable, stream);
	event_assign(&stream->writer, base, fd, EV_WRITE, on_writable, stream);
	stream->ahead = BUF_INIT(AHEAD_MAX);
	stream->output = evbuffer_new();
	if (stream->output && SSL_set_fd(ssl, fd) == 1 && event_add(&stream->reader, NULL) == 0) {
		SSL_set_accept_state(ssl);
		/* A line is one read instead of two; what is read ahead goes to its owner at once. */
		SSL_set_read_ahead(ssl, 1);
		return 0;
	}
	stream->closed = true;
	stream_deinit(stream);
	return -ENOMEM;
}

void stream_close(struct stream *stream)
{
	if (stream->closed)
		return;
	stream->closed = true;
	event_del(&stream->reader);
	event_del(&stream->writer);
	warm_leave(stream->warmth, &stream->warm);
	if (stream->shaking)
		return;
	forget_errors();
	SSL_shutdown(stream->ssl);
	forget_errors();
}

/* A token in an answer that nobody took. */
static void wipe_output(struct stream *stream)
{
	size_t size;

	while ((size = evbuffer_get_contiguous_space(stream->output)) > 0) {
		unsigned char *bytes = evbuffer_pullup(stream->output, (ev_ssize_t)size);

		if (bytes)
			crypto_wipe(bytes, size);
		evbuffer_drain(stream->output, size);
	}
}

void stream_deinit(struct stream *stream)
{
	if (stream->output) {
		wipe_output(stream);
		evbuffer_free(stream->output);
	}
	if (stream->ahead.data)
		crypto_wipe(stream->ahead.data, stream->ahead.len);
	buf_deinit(&stream->ahead);
	SSL_free(stream->ssl);
	close(stream->fd);
	stream->output = NULL;
	stream->ssl = NULL;
	stream->fd = -1;
}

int stream_read(struct stream *stream, char *out, size_t size)
{
	if (stream->deaf || stream->closed)
		return 0;
	if (stream->ahead.len > 0)
		return (int)take_ahead(stream, out, size);
	return read_some(stream, out, size);
}

void stream_pause(struct stream *stream, bool pause)
{
	if (stream->deaf || stream->closed)
		return;
	stream->paused = pause;
	if (!pause && stream->full) {
		stream->full = false;
		event_add(&stream->reader, NULL);
	}
}

void stream_deafen(struct stream *stream)
{
	stream->deaf = true;
	event_del(&stream->reader);
}

int stream_write(struct stream *stream, const char *data, size_t len)
{
	return evbuffer_add(stream->output, data, len) < 0 ? -ENOMEM : 0;
}

int stream_flush(struct stream *stream)
{
	size_t left;
	int sent = 0;

	while ((left = evbuffer_get_length(stream->output)) > 0) {
		size_t size = left < RECORD_MAX ? left : RECORD_MAX;
		unsigned char *bytes;
		int n;

		if (sent >= FLUSH_MAX) {
			event_add(&stream->writer, NULL);
			return sent;
		}
		/* What OpenSSL could not send it wants to see again, and no less of it: nothing is
		 * taken away meanwhile. */
		bytes = evbuffer_pullup(stream->output, (ev_ssize_t)size);
		if (!bytes)
			return -EPIPE; /* no memory: it cannot be told what it wants to know */
		forget_errors();
		n = SSL_write(stream->ssl, bytes, (int)size);
		if (n <= 0)
			return goes_on(stream, n) ? sent : -EPIPE;
		/* It may have been a token, and libevent uses the memory again. */
		crypto_wipe(bytes, (size_t)n);
		evbuffer_drain(stream->output, (size_t)n);
		sent += n;
	}
	return sent;
}
