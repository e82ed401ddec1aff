/*
 * The one place of the client that knows OpenSSL: connect, handshake, and lines over SSL_read() and
 * SSL_write() on a non-blocking socket.
 *
 * Flow: connection_open() resolves, tries each address, shakes hands, checks ALPN and fingerprint.
 * Then connection_queue() collects output and connection_next() pumps both directions until a line
 * is complete or the deadline has passed.
 */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/connection.h"
#include "client/i18n.h"
#include "client/interrupt.h"
#include "common/civil.h"
#include "common/frame.h"
#include "common/macros.h"

/* A full import window of the longest requests waits here: 64 lines of 64 KiB. */
#define QUEUE_MAX (4 * 1024 * 1024)
/* An address that swallows packets must not use up the time of the next one. */
#define ADDRESS_USEC (5 * USEC_PER_SEC)

struct connection {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	bool up; /* handshake done and nothing failed since: a goodbye makes sense */
	struct frame_reader in;
	struct buf out;
	size_t sent; /* of out */
};

int connection_parse_server(const char *server, struct connection_target *ret)
{
	const char *host = server, *host_end, *port = NULL;
	long number;

	if (server[0] == '[') {
		host = server + 1;
		host_end = strchr(host, ']');
		if (!host_end)
			return -EINVAL;
		if (host_end[1] == ':')
			port = host_end + 2;
		else if (host_end[1] != '\0')
			return -EINVAL;
	} else {
		host_end = strchrnul(server, ':');
		if (*host_end == ':' && strchr(host_end + 1, ':'))
			host_end = strchr(server, '\0'); /* a bare IPv6 address */
		else if (*host_end == ':')
			port = host_end + 1;
	}
	if (host_end == host || (size_t)(host_end - host) >= sizeof(ret->host))
		return -EINVAL;
	if (!port)
		port = CONNECTION_PORT;
	if (port[0] == '\0' || strspn(port, "0123456789") != strlen(port) || strlen(port) > 5)
		return -EINVAL;
	number = strtol(port, NULL, 10);
	if (number < 1 || number > 65535)
		return -EINVAL;
	memcpy(ret->host, host, (size_t)(host_end - host));
	ret->host[host_end - host] = '\0';
	memcpy(ret->port, port, strlen(port) + 1);
	return 0;
}

/* Waits until the socket is ready; 0, -ETIMEDOUT, -EINTR. */
static int wait_ready(int fd, short events, int64_t deadline)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = events },
		{ .fd = interrupt_fd(), .events = POLLIN },
	};

	for (;;) {
		int64_t left = deadline - monotonic_now();
		int n;

		if (interrupt_pending())
			return -EINTR;
		if (left <= 0)
			return -ETIMEDOUT;
		n = poll(fds, 2, (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && fds[0].revents)
			return 0;
	}
}

static int connect_address(const struct addrinfo *address, int64_t deadline)
{
	int one = 1, error = 0, r;
	socklen_t len = sizeof(error);
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return fd;
	r = errno == EINPROGRESS ? wait_ready(fd, POLLOUT, deadline) : -errno;
	if (r == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		r = -errno;
	if (r == 0)
		r = -error;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

static void describe_addresses(const struct addrinfo *list, char *out, size_t size)
{
	char text[NI_MAXHOST];
	size_t used = 0;

	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0,
				NI_NUMERICHOST) != 0)
			continue;
		if (used + strlen(text) + 3 > size)
			break;
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", text);
	}
}

static int resolve(const struct connection_target *target, struct addrinfo **ret,
		   struct connection_report *report)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	int r;

	report->stage = CONNECTION_RESOLVE;
	r = getaddrinfo(target->host, target->port, &hints, ret);
	if (interrupt_pending()) {
		if (r == 0)
			freeaddrinfo(*ret);
		return -EINTR;
	}
	if (r != 0) {
		snprintf(report->problem, sizeof(report->problem), _("%s cannot be resolved: %s"),
			 target->host, r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
		return -EHOSTUNREACH;
	}
	describe_addresses(*ret, report->addresses, sizeof(report->addresses));
	return 0;
}

/* Connects to the first address that answers; the descriptor or a negative errno. */
static int connect_any(const struct connection_target *target, int64_t deadline,
		       struct connection_report *report)
{
	struct addrinfo *list;
	int64_t begin;
	int fd;

	fd = resolve(target, &list, report);
	if (fd < 0)
		return fd;
	report->stage = CONNECTION_CONNECT;
	begin = monotonic_now();
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		int64_t until = deadline;

		if (a->ai_next && monotonic_now() + ADDRESS_USEC < until)
			until = monotonic_now() + ADDRESS_USEC;
		(void)getnameinfo(a->ai_addr, a->ai_addrlen, report->peer, sizeof(report->peer),
				  NULL, 0, NI_NUMERICHOST);
		fd = connect_address(a, until);
		if (fd >= 0 || fd == -EINTR)
			break;
	}
	freeaddrinfo(list);
	report->connect_usec = monotonic_now() - begin;
	if (fd < 0 && fd != -EINTR) {
		snprintf(report->problem, sizeof(report->problem),
			 _("%s port %s cannot be reached: %s"), target->host, target->port,
			 strerror(-fd));
		return -EHOSTUNREACH;
	}
	return fd;
}

/* What poll() should wait for after an SSL call that could not go on; 0 when it failed for good. */
static short wanted(int ssl_error)
{
	if (ssl_error == SSL_ERROR_WANT_READ)
		return POLLIN;
	return ssl_error == SSL_ERROR_WANT_WRITE ? POLLOUT : 0;
}

static int handshake_failed(struct connection *c, int ssl_error, struct connection_report *report)
{
	long verdict = SSL_get_verify_result(c->ssl);
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	if (verdict != X509_V_OK) {
		report->untimely = verdict == X509_V_ERR_CERT_HAS_EXPIRED ||
				   verdict == X509_V_ERR_CERT_NOT_YET_VALID;
		snprintf(report->problem, sizeof(report->problem),
			 _("the server's certificate is not trusted: %s"),
			 X509_verify_cert_error_string(verdict));
		return -EACCES;
	}
	if (ERR_GET_REASON(code) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) {
		report->stage = CONNECTION_ALPN;
		snprintf(report->problem, sizeof(report->problem),
			 _("the server does not speak %s"), TLS_ALPN);
		return -EPROTO;
	}
	/* A server at one of its limits hangs up without a word. */
	if (ssl_error == SSL_ERROR_SYSCALL || ssl_error == SSL_ERROR_ZERO_RETURN || code == 0 ||
	    ERR_SYSTEM_ERROR(code) || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		snprintf(report->problem, sizeof(report->problem),
			 _("the server closed the connection; it may be busy: try again"));
		return -EAGAIN;
	}
	snprintf(report->problem, sizeof(report->problem), _("TLS 1.3 could not be set up: %s"),
		 reason ? reason : _("unknown reason"));
	return -EPROTO;
}

static int handshake(struct connection *c, int64_t deadline, struct connection_report *report)
{
	int64_t begin = monotonic_now();

	report->stage = CONNECTION_TLS;
	for (;;) {
		int r, error;
		short events;

		ERR_clear_error();
		r = SSL_connect(c->ssl);
		if (r == 1)
			break;
		error = SSL_get_error(c->ssl, r);
		events = wanted(error);
		if (!events)
			return handshake_failed(c, error, report);
		r = wait_ready(c->fd, events, deadline);
		if (r < 0) {
			snprintf(report->problem, sizeof(report->problem),
				 _("the server did not finish setting up TLS: %s"), strerror(-r));
			return r;
		}
	}
	report->handshake_usec = monotonic_now() - begin;
	snprintf(report->protocol, sizeof(report->protocol), "%s, %s", SSL_get_version(c->ssl),
		 SSL_get_cipher_name(c->ssl));
	return 0;
}

static int check_peer(struct connection *c, const struct connection_target *target,
		      struct connection_report *report)
{
	struct tls_problem problem = { 0 };
	int r;

	(void)tls_peer_fingerprint(c->ssl, report->fingerprint);
	r = tls_check_peer(c->ssl, target->probe ? NULL : target->fingerprint, &problem);
	if (r == -EPROTO)
		report->stage = CONNECTION_ALPN;
	if (r < 0) {
		snprintf(report->problem, sizeof(report->problem), "%s", problem.text);
		return r;
	}
	report->stage = CONNECTION_OPEN;
	return 0;
}

static int start_tls(struct connection *c, const struct connection_target *target, int64_t deadline,
		     struct connection_report *report)
{
	static const uint8_t nobody[SHA256_SIZE];
	const uint8_t *fingerprint = target->probe ? nobody : target->fingerprint;
	struct tls_problem problem = { 0 };
	int r;

	report->stage = CONNECTION_TLS;
	r = tls_client_new(target->ca, fingerprint, &c->ctx, &problem);
	if (r < 0) {
		snprintf(report->problem, sizeof(report->problem), "%s", problem.text);
		return r == -ENOMEM ? r : -EINVAL;
	}
	if (target->certificate &&
	    tls_client_identify(c->ctx, target->certificate, target->key, &problem) < 0) {
		snprintf(report->problem, sizeof(report->problem), "%s", problem.text);
		return -EINVAL;
	}
	c->ssl = SSL_new(c->ctx);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
		return -ENOMEM;
	/* A write is repeated from a buffer that may have moved, and may have taken a part only. */
	SSL_set_mode(c->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	r = tls_client_prepare(c->ssl, target->host, fingerprint != NULL);
	if (r < 0)
		return r;
	r = handshake(c, deadline, report);
	return r < 0 ? r : check_peer(c, target, report);
}

int connection_open(const struct connection_target *target, int64_t deadline,
		    struct connection **ret, struct connection_report *ret_report)
{
	struct connection *c = calloc(1, sizeof(*c));
	int r;

	*ret_report = (struct connection_report){ 0 };
	if (!c)
		return -ENOMEM;
	frame_init(&c->in, CONNECTION_LINE_MAX);
	c->out = BUF_INIT(QUEUE_MAX);
	c->fd = connect_any(target, deadline, ret_report);
	r = c->fd < 0 ? c->fd : start_tls(c, target, deadline, ret_report);
	if (r < 0) {
		connection_close(c);
		return r;
	}
	c->up = true;
	*ret = c;
	return 0;
}

struct connection *connection_close(struct connection *c)
{
	if (!c)
		return NULL;
	/* Only our own goodbye: every answer we wait for has arrived, or its key is kept. */
	if (c->up) {
		ERR_clear_error();
		(void)SSL_shutdown(c->ssl);
	}
	SSL_free(c->ssl);
	tls_ctx_free(c->ctx);
	if (c->fd >= 0) {
		(void)shutdown(c->fd, SHUT_WR);
		close(c->fd);
	}
	frame_deinit(&c->in);
	buf_deinit(&c->out);
	free(c);
	return NULL;
}

int connection_queue(struct connection *c, const void *data, size_t len)
{
	if (c->sent == c->out.len) {
		buf_reset(&c->out);
		c->sent = 0;
	}
	if (len > QUEUE_MAX - c->out.len)
		return -EMSGSIZE;
	buf_add(&c->out, data, len);
	return c->out.failed ? -ENOMEM : 0;
}

/* One direction's step: bytes moved (> 0), 0 with *events to wait for, or -ECONNRESET. */
static int step_write(struct connection *c, short *events)
{
	int n, error;

	if (c->sent == c->out.len)
		return 0;
	ERR_clear_error();
	n = SSL_write(c->ssl, c->out.data + c->sent, (int)(c->out.len - c->sent));
	if (n > 0) {
		c->sent += (size_t)n;
		return n;
	}
	error = SSL_get_error(c->ssl, n);
	*events = (short)(*events | wanted(error));
	return wanted(error) ? 0 : -ECONNRESET;
}

static int step_read(struct connection *c, short *events)
{
	char chunk[16384];
	size_t room = frame_room(&c->in);
	int n, error;

	if (room == 0)
		return -EMSGSIZE;
	ERR_clear_error();
	n = SSL_read(c->ssl, chunk, (int)(room < sizeof(chunk) ? room : sizeof(chunk)));
	if (n > 0) {
		int r = frame_feed(&c->in, chunk, (size_t)n);

		return r < 0 ? r : n;
	}
	error = SSL_get_error(c->ssl, n);
	*events = (short)(*events | wanted(error));
	return wanted(error) ? 0 : -ECONNRESET;
}

/* Moves bytes both ways until something arrived, or waits for that. */
static int pump(struct connection *c, int64_t deadline)
{
	for (;;) {
		short events = 0;
		int written = step_write(c, &events);
		int read;

		/* Answers that came before the link broke are still worth reading. */
		read = step_read(c, &events);
		if (read != 0)
			return read < 0 ? read : 0;
		if (written < 0)
			return written;
		if (written == 0) {
			int r = wait_ready(c->fd, events, deadline);

			if (r < 0)
				return r;
		}
	}
}

int connection_next(struct connection *c, int64_t deadline, char **ret_line, size_t *ret_len)
{
	for (;;) {
		int r;

		switch (frame_next(&c->in, ret_line, ret_len)) {
		case FRAME_LINE:
			return 0;
		case FRAME_TOO_LONG:
			c->up = false;
			return -EMSGSIZE;
		case FRAME_MORE:
			break;
		}
		r = pump(c, deadline);
		if (r < 0) {
			if (r != -ETIMEDOUT && r != -EINTR)
				c->up = false;
			return r;
		}
	}
}
