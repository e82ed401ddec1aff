/*
 * fault-proxy: stands between two programs and hurts the connection at an exact place.
 *
 *   fault-proxy [--opaque] --listen PATH|PORT --connect PATH|PORT --control PATH
 *
 * Between daemon and PostgreSQL it knows the messages; --opaque (between client and daemon, TLS) it
 * counts bytes and reads only. A PORT is on loopback, 0 any. It says "ready PORT" when it listens,
 * ends on `stop`, on SIGTERM and when its standard input ends, and then prints its counts.
 * control.c has the commands, rules.h the rules.
 */

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/macros.h"
#include "proxy.h"

#define EVENTS_MAX 64

void die(const char *format, ...)
{
	va_list args;

	fputs("fault-proxy: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *must_alloc(size_t size)
{
	void *data = calloc(1, size > 0 ? size : 1);

	if (!data)
		die("out of memory");
	return data;
}

/* Whether it is in the epoll set is the kernel's to know: try to change it, else add it. */
void watch_set(struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (watch->fd < 0)
		return;
	if (events == 0) {
		epoll_ctl(watch->proxy->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
		return;
	}
	if (epoll_ctl(watch->proxy->epoll, EPOLL_CTL_MOD, watch->fd, &event) == 0)
		return;
	if (errno != ENOENT || epoll_ctl(watch->proxy->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0)
		die("epoll_ctl: %s", strerror(errno));
}

static int listen_local(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(un.sun_path))
		die("%s: too long for a socket", path);
	memcpy(un.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&un, sizeof(un)) < 0 || listen(fd, 128) < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static int listen_loopback(const char *port, unsigned *ret_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	in.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&in, sizeof(in)) < 0 || listen(fd, 128) < 0)
		die("port %s: %s", port, strerror(errno));
	getsockname(fd, (struct sockaddr *)&in, &len);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

static void on_accept(struct watch *watch, uint32_t events _unused_)
{
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		link_open(watch->proxy, fd);
}

static void on_control(struct watch *watch, uint32_t events _unused_)
{
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		asker_open(watch->proxy, fd);
}

/* A signal, or the end of standard input: whoever started us is done. */
static void on_stop(struct watch *watch, uint32_t events _unused_)
{
	watch->proxy->stopping = true;
}

static int termination_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void serve(struct proxy *proxy)
{
	struct epoll_event events[EVENTS_MAX];

	while (!proxy->stopping) {
		int n = epoll_wait(proxy->epoll, events, EVENTS_MAX, links_due(proxy));

		for (int i = 0; i < n; i++) {
			struct watch *watch = events[i].data.ptr;

			watch->on_event(watch, events[i].events);
		}
		askers_serve(proxy);
		links_reap(proxy);
	}
}

static void clean_up(struct proxy *proxy)
{
	links_end(proxy, ACT_CUT);
	links_reap(proxy);
	askers_end(proxy);
	close(proxy->listener.fd);
	close(proxy->control.fd);
	close(proxy->epoll);
}

/* The value of option `name`, NULL if it is not there. */
static const char *option(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *at = option(argc, argv, "--listen"), *control = option(argc, argv, "--control");
	struct proxy proxy = { .upstream = option(argc, argv, "--connect") };
	struct watch input = { .fd = STDIN_FILENO, .on_event = on_stop, .proxy = &proxy };
	struct watch signals = { .on_event = on_stop, .proxy = &proxy };
	struct stat st;
	char text[1024];
	unsigned port = 0;

	if (!at || !control || !proxy.upstream)
		die("usage: fault-proxy [--opaque] --listen PATH|PORT --connect PATH|PORT "
		    "--control PATH");
	for (int i = 1; i < argc; i++)
		proxy.opaque |= strcmp(argv[i], "--opaque") == 0;
	proxy.epoll = epoll_create1(EPOLL_CLOEXEC);
	proxy.listener = (struct watch){ .on_event = on_accept, .proxy = &proxy };
	proxy.listener.fd = at[0] == '/' ? listen_local(at) : listen_loopback(at, &port);
	proxy.control = (struct watch){ .fd = listen_local(control),
					.on_event = on_control,
					.proxy = &proxy };
	signals.fd = termination_signals();
	watch_set(&proxy.listener, EPOLLIN);
	watch_set(&proxy.control, EPOLLIN);
	watch_set(&signals, EPOLLIN);
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
		watch_set(&input, EPOLLIN);
	printf("ready %u\n", port);
	fflush(stdout);

	serve(&proxy);
	counts_print(&proxy, text, sizeof(text));
	fputs(text, stdout);
	clean_up(&proxy);
	return 0;
}
