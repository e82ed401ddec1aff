/* See wire.h. One SSL_write a message; reads take what is there, several records at once. */

#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/macros.h"
#include "common/tls.h"
#include "wire.h"

#define EVENTS_MAX 256
#define IN_FIRST   4096
#define IN_MOST	   (4U << 20)
#define NS_PER_SEC INT64_C(1000000000)

void die(const char *format, ...)
{
	va_list args;

	fputs("cowork-load: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *must_alloc(size_t count, size_t size)
{
	void *data = calloc(count > 0 ? count : 1, size);

	if (!data)
		die("out of memory");
	return data;
}

int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

/* ---- the loop ---- */

void loop_init(struct loop *loop, int port, const char *ca, bool protocol, bool lean)
{
	struct tls_problem problem;

	*loop = (struct loop){ .epoll = epoll_create1(EPOLL_CLOEXEC), .protocol = protocol };
	if (loop->epoll < 0)
		die("epoll_create1: %s", strerror(errno));
	if (tls_client_new(ca, NULL, &loop->tls, &problem) < 0)
		die("%s", problem.text);
	if (!lean)
		SSL_CTX_clear_mode(loop->tls, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(loop->tls, 1); /* header and body of a record by one call */
	if (SSL_CTX_set1_groups_list(loop->tls, "P-256") != 1) /* as PostgreSQL's ssl_ecdh_curve */
		die("no P-256");
	loop->peer.sin_family = AF_INET;
	loop->peer.sin_port = htons((uint16_t)port);
	loop->peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

void loop_deinit(struct loop *loop)
{
	loop->tls = tls_ctx_free(loop->tls);
	close(loop->epoll);
}

void loop_watch(struct loop *loop, struct watched *watched, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watched };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watched->fd, &event) == 0)
		return;
	if (errno != ENOENT || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watched->fd, &event) < 0)
		die("epoll_ctl: %s", strerror(errno));
}

void loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];

	while (!loop->ended) {
		int count = epoll_wait(loop->epoll, events, EVENTS_MAX, -1);

		if (count < 0 && errno != EINTR)
			die("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < count && !loop->ended; i++) {
			struct watched *watched = events[i].data.ptr;

			watched->on_event(watched, events[i].events);
		}
	}
}

void timer_open(struct loop *loop, struct watched *timer)
{
	timer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timer->fd < 0)
		die("timerfd_create: %s", strerror(errno));
	loop_watch(loop, timer, EPOLLIN);
}

static struct timespec as_timespec(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NS_PER_SEC, .tv_nsec = ns % NS_PER_SEC };
}

void timer_set(struct watched *timer, int64_t first_ns, int64_t every_ns)
{
	struct itimerspec when = { .it_value = as_timespec(first_ns > 0 ? first_ns : 1),
				   .it_interval = as_timespec(every_ns) };

	if (timerfd_settime(timer->fd, 0, &when, NULL) < 0)
		die("timerfd_settime: %s", strerror(errno));
}

void timer_taken(struct watched *timer)
{
	uint64_t times;

	if (read(timer->fd, &times, sizeof(times)) < 0 && errno != EAGAIN)
		die("timerfd: %s", strerror(errno));
}

/* ---- wires ---- */

static void want(struct wire *wire, uint32_t events)
{
	if (wire->events == events)
		return;
	wire->events = events;
	loop_watch(wire->loop, &wire->watched, events);
}

/* What SSL_connect, SSL_read or SSL_write waits for; other than that is the end. */
static uint32_t waits_for(struct wire *wire, int result, const char *what)
{
	struct tls_problem problem;
	int error = SSL_get_error(wire->ssl, result);

	if (error == SSL_ERROR_WANT_READ)
		return EPOLLIN;
	if (error == SSL_ERROR_WANT_WRITE)
		return EPOLLIN | EPOLLOUT;
	if (!wire->open) {
		tls_handshake_problem(wire->ssl, &problem);
		die("%s", problem.text);
	}
	if (error == SSL_ERROR_ZERO_RETURN)
		die("%s: the server has closed a connection", what);
	die("%s: the connection broke: %s", what,
	    error == SSL_ERROR_SYSCALL && errno ? strerror(errno)
						: ERR_reason_error_string(ERR_peek_error()));
}

/* False: whoever was told of a line has closed the wire, and perhaps opened it anew. */
static bool take_lines(struct wire *wire)
{
	unsigned closed = wire->closed;
	size_t at = 0;
	char *lf;

	while ((lf = memchr(wire->in + at, '\n', wire->in_len - at))) {
		char *line = wire->in + at;
		size_t len = (size_t)(lf - line);

		at += len + 1;
		if (len > 0 && line[len - 1] == '\r')
			len--;
		line[len] = 0;
		wire->user->line(wire, line, len);
		if (wire->closed != closed)
			return false;
	}
	wire->in_len -= at;
	if (at > 0 && wire->in_len > 0)
		memmove(wire->in, wire->in + at, wire->in_len);
	return true;
}

static void make_room(struct wire *wire)
{
	if (wire->in_size - wire->in_len >= IN_FIRST / 2)
		return;
	wire->in_size = wire->in_size ? wire->in_size * 2 : IN_FIRST;
	if (wire->in_size > IN_MOST)
		die("a line is too long");
	wire->in = realloc(wire->in, wire->in_size);
	if (!wire->in)
		die("out of memory");
}

static void read_some(struct wire *wire)
{
	do {
		int n;

		make_room(wire);
		n = SSL_read(wire->ssl, wire->in + wire->in_len,
			     (int)(wire->in_size - wire->in_len));
		if (n <= 0) {
			waits_for(wire, n, "read");
			return;
		}
		wire->in_len += (size_t)n;
	} while (take_lines(wire) && SSL_has_pending(wire->ssl));
}

static void write_rest(struct wire *wire)
{
	int n = SSL_write(wire->ssl, wire->out, (int)wire->out_len);

	if (n <= 0) {
		want(wire, waits_for(wire, n, "write") | EPOLLOUT);
		return;
	}
	wire->out_len -= (size_t)n;
	memmove(wire->out, wire->out + n, wire->out_len);
	want(wire, wire->out_len > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void shake_hands(struct wire *wire)
{
	struct tls_problem problem;
	int r = SSL_connect(wire->ssl);

	if (r != 1) {
		want(wire, waits_for(wire, r, "handshake"));
		return;
	}
	if (wire->loop->protocol && tls_check_peer(wire->ssl, NULL, &problem) < 0)
		die("%s", problem.text);
	wire->open = true;
	want(wire, EPOLLIN);
	wire->user->open(wire);
}

static void check_connected(struct wire *wire)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(wire->watched.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)
		die("connect: %s", strerror(error ? error : errno));
	wire->connected = true;
}

static void on_wire(struct watched *watched, uint32_t events)
{
	struct wire *wire = container_of(watched, struct wire, watched);

	ERR_clear_error();
	if (!wire->connected)
		check_connected(wire);
	if (!wire->open) {
		shake_hands(wire);
		return;
	}
	if (events & EPOLLOUT && wire->out_len > 0)
		write_rest(wire);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_some(wire);
}

void wire_open(struct wire *wire, struct loop *loop, const struct wire_user *user)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&loop->peer, sizeof(loop->peer)) < 0 &&
	    errno != EINPROGRESS)
		die("connect: %s", strerror(errno));
	wire->watched = (struct watched){ .fd = fd, .on_event = on_wire };
	wire->loop = loop;
	wire->user = user;
	wire->connected = wire->open = false;
	wire->in_len = wire->out_len = 0;
	wire->ssl = SSL_new(loop->tls);
	if (!wire->ssl || SSL_set_fd(wire->ssl, fd) != 1 ||
	    tls_client_prepare(wire->ssl, "localhost", false) < 0)
		die("could not prepare TLS");
	wire->events = 0;
	want(wire, EPOLLOUT);
}

void wire_send(struct wire *wire, const char *data, size_t len)
{
	int n = 0;

	if (wire->out_len == 0) {
		ERR_clear_error();
		n = SSL_write(wire->ssl, data, (int)len);
		if (n == (int)len)
			return;
		if (n < 0)
			waits_for(wire, n, "write");
		n = n > 0 ? n : 0;
	}
	len -= (size_t)n;
	if (wire->out_len + len > wire->out_size) {
		wire->out_size = wire->out_len + len + IN_FIRST;
		wire->out = realloc(wire->out, wire->out_size);
		if (!wire->out)
			die("out of memory");
	}
	memcpy(wire->out + wire->out_len, data + n, len);
	wire->out_len += len;
	want(wire, EPOLLIN | EPOLLOUT);
}

void wire_close(struct wire *wire)
{
	if (!wire->ssl)
		return;
	ERR_clear_error();
	if (wire->open)
		SSL_shutdown(wire->ssl);
	SSL_free(wire->ssl);
	wire->ssl = NULL;
	wire->closed++;
	close(wire->watched.fd);
}

void wire_deinit(struct wire *wire)
{
	wire_close(wire);
	free(wire->in);
	free(wire->out);
	wire->in = wire->out = NULL;
	wire->in_size = wire->out_size = 0;
}
