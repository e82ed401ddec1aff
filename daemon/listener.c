/* See listener.h. */

#include "daemon/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/macros.h"
#include "daemon/log.h"
#include "daemon/services.h"

#define PAUSE_MS    200
#define TURN_MS	    1
#define COMPLAIN_MS 1000

struct listener {
	struct conns *conns; /* borrows */
	int fd;		     /* owns, unless inherited */
	bool shared;
	bool took_last;	     /* of a shared one: this instance did */
	int spare;	     /* given up to accept and close where descriptors run out */
	struct event *event; /* owns */
	struct timer pause;
	struct timer quiet; /* one complaint a second */
	int64_t refused;    /* since the last complaint */
};

static void complain(struct listener *listener, const char *why)
{
	listener->refused++;
	if (timer_running(&listener->quiet))
		return;
	log_warning("connections are turned away", log_str("why", why),
		    log_int("count", listener->refused),
		    log_int("connections", listener->conns->count));
	listener->refused = 0;
	timer_start(listener->conns->services->loop, &listener->quiet, COMPLAIN_MS);
}

static void on_quiet(struct timer *timer)
{
}

/* Why a new client is turned away, or NULL. */
static const char *refuse(const struct conns *conns, const struct sockaddr *address)
{
	const struct config *config = conns->services->config;
	struct throttle_source source = throttle_source(address);

	if (conns->count >= conns->services->clients_max)
		return "limits.connections";
	if (sources_count(&conns->sources, &source) >= config->connections_per_source)
		return "limits.connections_per_source";
	return NULL;
}

/* Whether one more may be before login; where none may, the oldest handshake gives its place up. */
static bool has_place(struct listener *listener)
{
	struct conns *conns = listener->conns;

	if (conns->before_login < conns->services->config->connections_before_login)
		return true;
	complain(listener, "limits.connections_before_login");
	return conns_make_room(conns);
}

static void pause_for(struct listener *listener, int64_t ms)
{
	event_del(listener->event);
	timer_start(listener->conns->services->loop, &listener->pause, ms);
}

/* With no descriptor left the kernel would wake us for ever: stop listening for a moment. */
static void out_of_descriptors(struct listener *listener)
{
	int fd;

	complain(listener, "no descriptor is left");
	close(listener->spare);
	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pause_for(listener, PAUSE_MS);
}

static void on_pause_over(struct timer *timer)
{
	struct listener *listener = container_of(timer, struct listener, pause);

	event_add(listener->event, NULL);
}

/* On a socket for both families an IPv4 client is ::ffff:a.b.c.d; one source is one address all the same. */
static void unmap(struct sockaddr_storage *address)
{
	struct sockaddr_in6 six = *(struct sockaddr_in6 *)address;
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = six.sin6_port };

	if (six.sin6_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		return;
	memcpy(&four.sin_addr, six.sin6_addr.s6_addr + 12, sizeof(four.sin_addr));
	memset(address, 0, sizeof(*address));
	memcpy(address, &four, sizeof(four));
}

static void on_acceptable(evutil_socket_t event_fd, short what, void *data)
{
	struct listener *listener = data;
	struct sockaddr_storage address;
	const char *why;
	int64_t most = listener->shared ? 1 : listener->conns->services->config->accepts;
	int64_t taken;

	if (listener->took_last) {
		listener->took_last = false;
		log_debug("a connection is left to the other instances for a moment");
		pause_for(listener, TURN_MS);
		return;
	}
	for (taken = 0; taken < most; taken++) {
		socklen_t len = sizeof(address);
		int fd;

		memset(&address, 0, sizeof(address));
		fd = accept4(listener->fd, (struct sockaddr *)&address, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
			out_of_descriptors(listener);
			return;
		}
		if (fd < 0)
			break; /* none left, taken by another instance, or gone again */
		unmap(&address);
		why = refuse(listener->conns, (struct sockaddr *)&address);
		if (why)
			complain(listener, why);
		if (why || !has_place(listener)) {
			close(fd);
		} else if (conn_new(listener->conns, fd, (struct sockaddr *)&address) < 0) {
			complain(listener, "out of memory");
		}
	}
	listener->took_last = listener->shared && taken > 0;
	log_debug("connections taken", log_int("count", taken));
}

static int make_address(const struct config *config, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, config->address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)config->port);
		*len = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, config->address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)config->port);
		*len = sizeof(*in6);
		return 0;
	}
	return -EINVAL;
}

static int listen_own(const struct config *config, int *ret, struct listener_problem *ret_problem)
{
	struct sockaddr_storage address;
	socklen_t len;
	int on = 1, fd, r;

	if (make_address(config, &address, &len) < 0) {
		snprintf(ret_problem->text, sizeof(ret_problem->text),
			 "listen.address '%.64s' is not a numeric address", config->address);
		return -EINVAL;
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, (struct sockaddr *)&address, len) == 0 &&
		    listen(fd, (int)config->backlog) == 0) {
			*ret = fd;
			return 0;
		}
	}
	r = -errno;
	snprintf(ret_problem->text, sizeof(ret_problem->text), "cannot listen on %.64s port %d: %s",
		 config->address, (int)config->port, strerror(-r));
	if (fd >= 0)
		close(fd);
	return r;
}

int listener_new(struct conns *conns, const struct inherited *inherited, struct listener **ret,
		 struct listener_problem *ret_problem)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int r = listener ? 0 : -ENOMEM;

	snprintf(ret_problem->text, sizeof(ret_problem->text), "out of memory");
	if (!listener)
		return r;
	listener->conns = conns;
	listener->fd = inherited->fd;
	listener->shared = inherited->shared;
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	listener->pause.fire = on_pause_over;
	listener->quiet.fire = on_quiet;
	if (inherited->fd < 0)
		r = listen_own(conns->services->config, &listener->fd, ret_problem);
	if (r < 0) {
		listener_free(listener);
		return r;
	}
	/* An inherited socket is blocking unless told otherwise, and another instance may be
	 * faster. */
	fcntl(listener->fd, F_SETFL, fcntl(listener->fd, F_GETFL) | O_NONBLOCK);
	listener->event = event_new(loop_base(conns->services->loop), listener->fd,
				    EV_READ | EV_PERSIST, on_acceptable, listener);
	if (!listener->event || event_add(listener->event, NULL) < 0) {
		listener_free(listener);
		return -ENOMEM;
	}
	*ret = listener;
	return 0;
}

struct listener *listener_free(struct listener *listener)
{
	if (!listener)
		return NULL;
	if (listener->event)
		event_free(listener->event);
	timer_stop(&listener->pause);
	timer_stop(&listener->quiet);
	if (listener->spare >= 0)
		close(listener->spare);
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener);
	return NULL;
}

int listener_port(const struct listener *listener)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getsockname(listener->fd, (struct sockaddr *)&address, &len) < 0)
		return -1;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}
