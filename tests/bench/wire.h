#pragma once

/*
 * One loop, and TLS connections on it whose other side speaks in lines. Nothing blocks; what goes
 * wrong below the lines ends the program, for a figure without it would be another figure.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ssl_ctx_st;
struct ssl_st;

/* A descriptor in the loop. */
struct watched {
	int fd;
	void (*on_event)(struct watched *watched, uint32_t events);
};

struct loop {
	int epoll;
	struct ssl_ctx_st *tls; /* owns */
	struct sockaddr_in peer;
	bool protocol; /* the peer is a coworkd: it has to agree on the protocol's name */
	bool ended;
};

/* `lean`: connections give their buffers back while idle. */
void loop_init(struct loop *loop, int port, const char *ca, bool protocol, bool lean);
void loop_deinit(struct loop *loop);
void loop_watch(struct loop *loop, struct watched *watched, uint32_t events);
/* Until loop->ended. */
void loop_run(struct loop *loop);
/* A timer that fires after `first` and then each `every` nanoseconds (0: once). */
void timer_open(struct loop *loop, struct watched *timer);
void timer_set(struct watched *timer, int64_t first_ns, int64_t every_ns);
/* To be called in its on_event. */
void timer_taken(struct watched *timer);
int64_t now_ns(void);

struct wire;

struct wire_user {
	void (*open)(struct wire *wire);
	/* A line without LF and CR, NUL behind it; borrowed. It may close the wire. */
	void (*line)(struct wire *wire, char *line, size_t len);
};

struct wire {
	struct watched watched;
	struct loop *loop;
	const struct wire_user *user;
	struct ssl_st *ssl; /* owns; NULL: closed */
	bool connected, open;
	unsigned closed; /* how often it was */
	uint32_t events;
	char *in, *out; /* own */
	size_t in_len, in_size, out_len, out_size;
};

/* Zeroed is closed. Connects; user->open is called once TLS is there. */
void wire_open(struct wire *wire, struct loop *loop, const struct wire_user *user);
void wire_send(struct wire *wire, const char *data, size_t len);
/* Says goodbye and closes; keeps the memory for another wire_open(). */
void wire_close(struct wire *wire);
void wire_deinit(struct wire *wire);

/* Ends the program with status 1 and this text on standard error. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
void *must_alloc(size_t count, size_t size);
