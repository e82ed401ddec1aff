#pragma once

/*
 * TLS on a socket, for connections: bytes are taken when their owner asks, output waits and leaves
 * when the socket takes it.
 *
 * libevent's own bufferevent does the same with two reads of the socket a line, two changes of the
 * epoll set an answer, and a deferred callback for each; half of what an answer from memory cost went
 * there. Here a line is one read (OpenSSL reads ahead), an answer one write, and the epoll set
 * changes only where a client does not take its output or has to wait.
 */

#include <stdbool.h>
#include <stddef.h>

#include <event2/event_struct.h>

#include "common/buf.h"
#include "daemon/conn_warm.h"

struct evbuffer;
struct loop;
struct ssl_st;
struct stream;

/* Told to the owner, never from inside a call of stream_*(); each may close the stream. */
struct stream_events {
	void (*connected)(struct stream *stream); /* the handshake is done */
	void (*readable)(struct stream *stream);
	void (*writable)(struct stream *stream); /* what waits may leave now: stream_flush() */
	void (*ended)(struct stream *stream);	 /* the peer has left, or the handshake failed */
};

struct stream {
	const struct stream_events *events; /* borrows */
	struct ssl_st *ssl;		    /* owns */
	int fd;				    /* owns */
	struct evbuffer *output;	    /* owns */
	struct event reader, writer;
	struct warm_list *warmth; /* borrows */
	struct warm warm;
	struct buf ahead;   /* what came while paused, wiped when it is taken */
	size_t ahead_taken; /* of it */
	bool shaking, paused, deaf, closed;
	bool full;	 /* no more is read ahead: the reader is gone */
	bool dry;	 /* there was nothing more when it was last read */
	bool read_waits; /* for the socket to take what a read had to send first */
};

/* Takes socket and SSL over, also where it fails: -ENOMEM. The handshake begins. `warmth` is borrowed,
 * and has the loop. */
int stream_init(struct stream *stream, struct warm_list *warmth, int fd, struct ssl_st *ssl,
		const struct stream_events *events);
/* Ends the TLS where it was begun, in as far as the socket takes it; no event comes any more. */
void stream_close(struct stream *stream);
/* After stream_close(), and not from inside an event. */
void stream_deinit(struct stream *stream);

/*
 * Takes what is here, at most `size` bytes; 0: nothing now, readable() comes; -EPIPE: the peer has
 * left. What was read stays in no buffer of the stream.
 */
int stream_read(struct stream *stream, char *out, size_t size);
/*
 * Tells of nothing that can be read, or does again. What comes meanwhile is kept, up to a record of
 * it: so the peer's leaving is heard of, and then what was kept is of no use to anybody.
 */
void stream_pause(struct stream *stream, bool pause);

/* Reads no more for good, and does not hear whether the peer leaves: what waits may still be sent. */
void stream_deafen(struct stream *stream);

/* Keeps a copy to be sent by stream_flush(); 0 or -ENOMEM. */
int stream_write(struct stream *stream, const char *data, size_t len);
/*
 * Sends what the socket takes and gives how many bytes that were; where some are left writable()
 * comes. -EPIPE: the peer has left.
 */
int stream_flush(struct stream *stream);
