/*
 * Clients by the hundred, as bad as clients can be, or as good as they should be:
 *
 *	flood PORT KIND CLIENTS DEPTH SPACE TOKEN...
 *
 * Each client comes from an address of its own (127.x.y.z), the n-th logs in with the n-th token, and
 * who is closed comes back a second later. DEPTH requests are in flight on each. KIND is
 *
 *	half      never more than the first bytes of a handshake
 *	drip      a byte of a line each second
 *	sink      asks for much and takes nothing
 *	knock     a wrong password, again and again
 *	keys      a flood of TLS key updates; with a DEPTH above 1 an empty line after each 16
 *	ping, day, list, book   such requests, as fast as they are answered
 *	wish      as book, and asks again no sooner than a refusal says
 *
 * Prints "ready" once every client has had its first answer, or is where its kind wants it; begins to
 * count anew at each line on standard input, and at its end prints what was counted as one line of JSON.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/macros.h"
#include "common/uuid7.h"

#define DEPTH_MAX   64
#define SENT_MAX    512
#define IN_SIZE	    65536
#define OUT_SIZE    65536
#define SAMPLES_MAX 2000000
#define BACK_USEC   USEC_PER_SEC /* who was closed comes back after this */
#define BOOK_FROM   2713910400	 /* 2056-01-01 */
#define BOOK_STEP   120

enum kind { HALF, DRIP, SINK, KNOCK, KEYS, PING, DAY, LIST, BOOK, WISH, KINDS };

static const char *const kind_names[KINDS] = { "half", "drip", "sink", "knock", "keys",
					       "ping", "day",  "list", "book",	"wish" };

enum state { AWAY, CONNECTING, SHAKING, LOGGING_IN, RUNNING };

struct client {
	int number;
	int fd;
	SSL *ssl;
	enum state state;
	bool settled; /* counted in `ready` */
	int64_t due;  /* AWAY: when to come back; drip: when the next byte leaves */
	struct {
		int64_t id, usec;
	} sent[SENT_MAX]; /* by id modulo SENT_MAX; one that was overtaken so often is not timed */
	int64_t next_id;
	int in_flight;
	int64_t rest[DEPTH_MAX]; /* wish: when those that were refused may ask again */
	int resting;
	char out[OUT_SIZE];
	size_t out_len;
	char in[IN_SIZE];
	size_t in_len;
	bool wants_write;
};

struct samples {
	int64_t *usec; /* owns */
	size_t count;
	size_t all; /* with those that were not timed */
};

static enum kind kind;
static int port, count, depth, tokens;
static const char *space, **token;
static struct client **clients;
static SSL_CTX *ctx;
static int ready;
static bool told_ready;
static int64_t slot;

static struct samples done, busy;
static int64_t others, closed, retry_least, retry_most, without_retry;
static char other_kind[64];

static int64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- counting ---- */

static void add(struct samples *samples, int64_t usec)
{
	samples->all++;
	if (usec >= 0 && samples->count < SAMPLES_MAX)
		samples->usec[samples->count++] = usec;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t share(struct samples *samples, int percent)
{
	size_t at = samples->count * (size_t)percent / 100;

	if (samples->count == 0)
		return 0;
	qsort(samples->usec, samples->count, sizeof(int64_t), by_size);
	return samples->usec[at < samples->count ? at : samples->count - 1];
}

static void begin_anew(void)
{
	done.count = busy.count = done.all = busy.all = 0;
	others = closed = retry_most = without_retry = 0;
	retry_least = INT64_MAX;
}

static void report(int64_t usec)
{
	printf("{\"seconds\":%.3f,\"done\":%zu,\"done_p50_us\":%lld,\"done_p99_us\":%lld,"
	       "\"busy\":%zu,\"busy_p50_us\":%lld,\"busy_p99_us\":%lld,\"retry_least_ms\":%lld,"
	       "\"retry_most_ms\":%lld,\"without_retry\":%lld,\"others\":%lld,\"other\":\"%s\","
	       "\"closed\":%lld}\n",
	       (double)usec / 1e6, done.all, (long long)share(&done, 50),
	       (long long)share(&done, 99), busy.all, (long long)share(&busy, 50),
	       (long long)share(&busy, 99), (long long)(busy.count ? retry_least : 0),
	       (long long)retry_most, (long long)without_retry, (long long)others, other_kind,
	       (long long)closed);
	fflush(stdout);
}

static void settle(struct client *client)
{
	if (client->settled)
		return;
	client->settled = true;
	if (++ready == count && !told_ready) {
		told_ready = true;
		puts("ready");
		fflush(stdout);
	}
}

/* ---- coming and going ---- */

static void leave(struct client *client, int64_t wait)
{
	if (client->ssl)
		SSL_free(client->ssl);
	ERR_clear_error();
	if (client->fd >= 0)
		close(client->fd);
	client->ssl = NULL;
	client->fd = -1;
	client->state = AWAY;
	client->due = now_usec() + wait;
	client->out_len = client->in_len = 0;
	client->in_flight = client->resting = 0;
	memset(client->sent, 0, sizeof(client->sent));
}

static void come(struct client *client)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
	int on = 1, small = 4096, segment = 536;

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		die("socket");
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (kind == SINK) { /* what it does not take is to wait in the daemon, not in the kernel */
		setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		setsockopt(client->fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
	}
	from.sin_addr.s_addr = htonl(0x7f000000U | (uint32_t)(16 + kind) << 16 |
				     (uint32_t)(client->number / 200 + 1) << 8 |
				     (uint32_t)(client->number % 200 + 1));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)port);
	if (bind(client->fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		die("bind");
	client->state = CONNECTING;
	if (connect(client->fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		leave(client, BACK_USEC);
}

/* ---- requests ---- */

static void put(struct client *client, const char *text, size_t len)
{
	if (client->out_len + len > OUT_SIZE)
		die("too much to send");
	memcpy(client->out + client->out_len, text, len);
	client->out_len += len;
}

static int write_book(char *params, size_t size)
{
	time_t from = BOOK_FROM + BOOK_STEP * (time_t)slot++, to = from + 60;
	char start[32], end[32], key[UUID_TEXT_MAX];
	struct tm tm;

	strftime(start, sizeof(start), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&from, &tm));
	strftime(end, sizeof(end), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&to, &tm));
	if (uuid7_make(now_usec(), key) < 0)
		die("a key");
	return snprintf(
		params, size,
		"\"site\":\"KSQ\",\"space\":\"%s\",\"start\":\"%s\",\"end\":\"%s\",\"key\":\"%s\"",
		space, start, end, key);
}

static void ask(struct client *client)
{
	static const char *const methods[KINDS] = {
		[SINK] = "rpc.discover", [KNOCK] = "session.auth", [PING] = "session.ping",
		[DAY] = "space.day",	 [LIST] = "booking.list",  [BOOK] = "booking.create",
		[DRIP] = "session.ping", [KEYS] = "session.ping",  [WISH] = "booking.create",
	};
	char params[512] = "", line[1024];
	int64_t id = client->next_id++;

	if (kind == DAY)
		snprintf(params, sizeof(params),
			 "\"site\":\"KSQ\",\"space\":\"%s\",\"date\":"
			 "\"2055-03-01\"",
			 space);
	else if (kind == LIST)
		snprintf(params, sizeof(params), "\"site\":\"KSQ\"");
	else if (kind == BOOK || kind == WISH)
		write_book(params, sizeof(params));
	else if (kind == KNOCK)
		snprintf(params, sizeof(params),
			 "\"login\":\"user%d@acme.example\",\"password\":"
			 "\"not the right one\"",
			 client->number);
	put(client, line,
	    (size_t)snprintf(
		    line, sizeof(line),
		    "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"%s\",\"params\":{%s}}\n",
		    (long long)id, methods[kind], params));
	client->sent[id % SENT_MAX].id = id;
	client->sent[id % SENT_MAX].usec = now_usec();
	client->in_flight++;
}

static void wake_rested(struct client *client)
{
	int64_t now = client->resting > 0 ? now_usec() : 0;

	for (int i = 0; i < client->resting;) {
		if (client->rest[i] <= now)
			client->rest[i] = client->rest[--client->resting];
		else
			i++;
	}
}

static void ask_more(struct client *client)
{
	wake_rested(client);
	if (kind == SINK) {
		while (client->out_len < OUT_SIZE / 2)
			ask(client);
	} else if (kind != DRIP && kind != KEYS) {
		while (client->in_flight + client->resting < depth)
			ask(client);
	}
}

static void log_in(struct client *client)
{
	static const char hello[] =
		"{\"jsonrpc\":\"2.0\",\"id\":\"h\",\"method\":\"session.hello\","
		"\"params\":{\"protocol\":{\"min\":1,\"max\":1},\"client\":"
		"{\"name\":\"flood\",\"version\":\"0\"}}}\n";
	char line[512];

	put(client, hello, sizeof(hello) - 1);
	if (kind != KNOCK)
		put(client, line,
		    (size_t)snprintf(
			    line, sizeof(line),
			    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"session.auth\","
			    "\"params\":{\"token\":\"%s\"}}\n",
			    token[client->number % tokens]));
	client->state = LOGGING_IN;
}

/* ---- answers ---- */

static void take_answer(struct client *client, const char *line)
{
	const char *id = strstr(line, "\"id\":"), *error = strstr(line, "\"error\":");
	const char *retry = strstr(line, "\"retry_after_ms\":");
	const char *word = error ? strstr(line, "\"kind\":\"") : NULL;
	int64_t number = id ? strtoll(id + 5, NULL, 10) : 0;
	bool timed = client->sent[number % SENT_MAX].id == number;
	int64_t took = now_usec() - client->sent[number % SENT_MAX].usec,
		ms = retry ? strtoll(retry + 17, NULL, 10) : 0;

	client->in_flight--;
	settle(client);
	if (!error) {
		add(&done, timed ? took : -1);
	} else if (word && strncmp(word + 8, "busy\"", 5) == 0) {
		add(&busy, timed ? took : -1);
		without_retry += ms <= 0;
		retry_least = ms < retry_least ? ms : retry_least;
		retry_most = ms > retry_most ? ms : retry_most;
		if (kind == WISH)
			client->rest[client->resting++] = now_usec() + ms * USEC_PER_MSEC;
	} else {
		others++;
		snprintf(other_kind, sizeof(other_kind), "%.*s",
			 word ? (int)strcspn(word + 8, "\"") : 0, word ? word + 8 : "");
	}
}

static void take_line(struct client *client, const char *line)
{
	bool first = client->state == LOGGING_IN;

	if (!first) {
		take_answer(client, line);
	} else if (strstr(line, "\"id\":\"a\"") || kind == KNOCK) {
		if (strstr(line, "\"error\":")) {
			fprintf(stderr, "flood: %s\n", line);
			exit(1);
		}
		client->state = RUNNING;
		client->due = 0;
		if (kind == DRIP || kind == KEYS || kind == SINK)
			settle(client);
	}
}

static void take_lines(struct client *client)
{
	char *line = client->in, *end;

	while ((end = memchr(line, '\n', client->in_len - (size_t)(line - client->in)))) {
		*end = '\0';
		take_line(client, line);
		line = end + 1;
	}
	client->in_len -= (size_t)(line - client->in);
	memmove(client->in, line, client->in_len);
}

/* ---- bytes ---- */

/* Whether an SSL call only has to wait; otherwise the client was closed and leaves. */
static bool waits(struct client *client, int r)
{
	int why = SSL_get_error(client->ssl, r);

	ERR_clear_error();
	if (why == SSL_ERROR_WANT_WRITE)
		client->wants_write = true;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return true;
	closed++;
	leave(client, BACK_USEC);
	return false;
}

static bool shake(struct client *client)
{
	static const unsigned char alpn[] = { 8, 'c', 'o', 'w', 'o', 'r', 'k', '/', '1' };
	int r;

	if (!client->ssl) {
		client->ssl = SSL_new(ctx);
		SSL_set_fd(client->ssl, client->fd);
		SSL_set_alpn_protos(client->ssl, alpn, sizeof(alpn));
	}
	r = SSL_connect(client->ssl);
	if (r != 1) {
		waits(client, r);
		return false;
	}
	log_in(client);
	return true;
}

static bool send_out(struct client *client)
{
	int n;

	while (client->out_len > 0) {
		n = SSL_write(client->ssl, client->out, (int)client->out_len);
		if (n <= 0)
			return waits(client, n);
		client->out_len -= (size_t)n;
		memmove(client->out, client->out + n, client->out_len);
	}
	return true;
}

static bool read_in(struct client *client)
{
	int n;

	if (kind == SINK && client->state == RUNNING)
		return true;
	for (;;) {
		n = SSL_read(client->ssl, client->in + client->in_len,
			     (int)(IN_SIZE - client->in_len));
		if (n <= 0)
			return waits(client, n);
		client->in_len += (size_t)n;
		take_lines(client);
		if (client->in_len == IN_SIZE)
			client->in_len = 0; /* of a long answer only the end matters */
	}
}

/* The daemon's answers to key updates are not asked for: it has all the work. */
static bool update_keys(struct client *client)
{
	for (int i = 0; i < 200; i++) {
		int r = SSL_key_update(client->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1
				? SSL_do_handshake(client->ssl)
				: -1;

		if (r != 1)
			return waits(client, r);
		if (depth > 1 && i % 16 == 15) {
			put(client, "\n", 1);
			if (!send_out(client))
				return false;
		}
	}
	return true;
}

static void drip(struct client *client)
{
	if (client->due > now_usec())
		return;
	put(client, " ", 1);
	client->due = now_usec() + USEC_PER_SEC;
}

static void step(struct client *client, short events)
{
	char byte;

	client->wants_write = false;
	if (client->state == CONNECTING && events == 0)
		return;
	if (client->state == CONNECTING) {
		client->state = SHAKING;
		if (kind == HALF)
			(void)!write(client->fd, "\x16\x03\x01", 3);
	}
	if (kind == HALF) {
		if (events & (POLLIN | POLLHUP | POLLERR) && read(client->fd, &byte, 1) <= 0) {
			closed++;
			leave(client, BACK_USEC);
		}
		settle(client);
		return;
	}
	if (client->state == SHAKING && !shake(client))
		return;
	if (!read_in(client))
		return;
	if (client->state == RUNNING)
		ask_more(client);
	if (client->state == RUNNING && kind == DRIP)
		drip(client);
	if (client->state == RUNNING && kind == KEYS && !update_keys(client))
		return;
	(void)send_out(client);
}

static short wanted(const struct client *client)
{
	if (client->state == CONNECTING || client->wants_write || client->out_len > 0)
		return POLLIN | POLLOUT;
	return kind == KEYS && client->state == RUNNING ? POLLIN | POLLOUT : POLLIN;
}

/* Who is away stays for its time; who takes nothing is not to be woken by what waits for it. */
static void prepare(struct pollfd *fds)
{
	int64_t now = now_usec();

	for (int i = 0; i < count; i++) {
		struct client *client = clients[i];

		if (client->state == AWAY && client->due <= now)
			come(client);
		if (client->state == RUNNING && kind == DRIP && client->due <= now)
			step(client, 0);
		if (client->state == RUNNING && client->resting > 0)
			step(client, 0);
		fds[i].fd = client->fd;
		fds[i].events = wanted(client);
		if (kind == SINK && client->state == RUNNING)
			fds[i].events &= POLLOUT;
		fds[i].revents = 0;
	}
	fds[count].fd = STDIN_FILENO;
	fds[count].events = POLLIN;
	fds[count].revents = 0;
}

static void run(void)
{
	struct pollfd *fds = calloc((size_t)count + 1, sizeof(*fds));
	int64_t begun = now_usec();
	char line[64];
	ssize_t n;

	if (!fds)
		die("memory");
	for (;;) {
		prepare(fds);
		if (poll(fds, (nfds_t)count + 1, kind == WISH ? 5 : 100) < 0)
			die("poll");
		for (int i = 0; i < count; i++)
			if (fds[i].revents && clients[i]->fd >= 0)
				step(clients[i], fds[i].revents);
		if (!fds[count].revents)
			continue;
		n = read(STDIN_FILENO, line, sizeof(line));
		report(now_usec() - begun);
		if (n <= 0)
			break;
		begin_anew();
		begun = now_usec();
	}
	free(fds);
}

int main(int argc, char **argv)
{
	uint32_t lot = 0;

	signal(SIGPIPE, SIG_IGN); /* who is cut off comes again */
	if (argc < 7)
		return 64;
	port = atoi(argv[1]);
	while (kind < KINDS && strcmp(kind_names[kind], argv[2]) != 0)
		kind++;
	count = atoi(argv[3]);
	depth = atoi(argv[4]);
	space = argv[5];
	token = (const char **)argv + 6;
	tokens = argc - 6;
	if (kind == KINDS || count < 1 || depth < 1 || depth > DEPTH_MAX)
		return 64;
	/* Runs that follow each other book other times. */
	if (getrandom(&lot, sizeof(lot), 0) == sizeof(lot))
		slot = lot % 4000000;
	ctx = SSL_CTX_new(TLS_client_method());
	clients = calloc((size_t)count, sizeof(struct client *));
	done.usec = calloc(SAMPLES_MAX, sizeof(int64_t));
	busy.usec = calloc(SAMPLES_MAX, sizeof(int64_t));
	if (!ctx || !clients || !done.usec || !busy.usec)
		die("memory");
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	for (int i = 0; i < count; i++) {
		clients[i] = calloc(1, sizeof(struct client));
		if (!clients[i])
			die("memory");
		clients[i]->number = i;
		clients[i]->fd = -1;
		leave(clients[i], 0);
	}
	begin_anew();
	run();
	for (int i = 0; i < count; i++) {
		leave(clients[i], 0);
		free(clients[i]);
	}
	free(clients);
	free(done.usec);
	free(busy.usec);
	SSL_CTX_free(ctx);
	return 0;
}
