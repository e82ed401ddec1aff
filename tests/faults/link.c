/*
 * A connection through the proxy: two sockets and, for each direction, the bytes that have been
 * read but not forwarded. A message is looked at when it is whole and goes through stages; at each
 * of them a rule may act. What was forwarded before an act is flushed first, so that its place is
 * exact.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/macros.h"
#include "proxy.h"

#define READ_SIZE   ((size_t)64 << 10)
#define BUFFER_HIGH ((size_t)1 << 20) /* stop reading while as much waits to be written */
#define FLUSH_MS    1000

/* Of the message at the front of a direction. */
enum stage {
	STAGE_BEFORE,
	STAGE_HALF,
	STAGE_REST,
	STAGE_AFTER,
};

struct bytes {
	char *data; /* owns */
	size_t start, len, size;
};

struct direction {
	struct bytes in;  /* read, not forwarded */
	struct bytes out; /* forwarded, not yet written */
	uint64_t total;	  /* forwarded */
	enum stage stage;
	size_t length; /* of the message at the front */
	size_t done;   /* of its bytes, how many are forwarded */
	char type;
	bool batch;
	char *copy; /* owns: a Parse as it was, for wire_passed() */
	bool eof;   /* the source has ended */
	bool shut;  /* and the other end was told */
};

struct link {
	struct watch end[2];	 /* by side: FRONTEND is who connected, BACKEND the server */
	struct direction dir[2]; /* by side it comes from */
	struct wire wire;
	unsigned number;
	bool stalled;
	bool dead;
	uint64_t due_ms; /* of what is late; 0: none, or only when told */
	struct link *next;
};

static void forward(struct link *link);
static void read_in(struct link *link, enum side side);

/* --- bytes --- */

static void bytes_add(struct bytes *bytes, const char *data, size_t len)
{
	if (bytes->start > 0 && bytes->start + bytes->len + len > bytes->size) {
		memmove(bytes->data, bytes->data + bytes->start, bytes->len);
		bytes->start = 0;
	}
	if (bytes->len + len > bytes->size) {
		bytes->size = (bytes->len + len) * 2;
		bytes->data = realloc(bytes->data, bytes->size);
		if (!bytes->data)
			die("out of memory");
	}
	if (len > 0)
		memcpy(bytes->data + bytes->start + bytes->len, data, len);
	bytes->len += len;
}

static void bytes_drop(struct bytes *bytes, size_t len)
{
	bytes->start += len;
	bytes->len -= len;
	if (bytes->len == 0)
		bytes->start = 0;
}

static const char *bytes_at(const struct bytes *bytes)
{
	return bytes->data ? bytes->data + bytes->start : "";
}

/* --- sockets --- */

static enum side other(enum side side)
{
	return side == FRONTEND ? BACKEND : FRONTEND;
}

/* What has been forwarded from `side` goes to the other end, as far as it takes it. */
static void write_out(struct link *link, enum side side)
{
	struct direction *dir = &link->dir[side];
	int fd = link->end[other(side)].fd;

	while (dir->out.len > 0) {
		ssize_t n =
			send(fd, bytes_at(&dir->out), dir->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN) /* the other end is gone: so is what it should get */
				bytes_drop(&dir->out, dir->out.len);
			return;
		}
		bytes_drop(&dir->out, (size_t)n);
	}
}

static void flush(struct link *link, enum side side)
{
	struct pollfd poller = { .fd = link->end[other(side)].fd, .events = POLLOUT };

	write_out(link, side);
	while (link->dir[side].out.len > 0 && poll(&poller, 1, FLUSH_MS) > 0)
		write_out(link, side);
}

static void watch_ends(struct link *link)
{
	for (enum side side = FRONTEND; side <= BACKEND; side++) {
		const struct direction *from = &link->dir[side], *to = &link->dir[other(side)];
		uint32_t events = 0;

		if (!from->eof && from->out.len < BUFFER_HIGH)
			events |= EPOLLIN;
		if (to->out.len > 0)
			events |= EPOLLOUT;
		watch_set(&link->end[side], link->stalled || link->dead ? 0 : events);
	}
}

static void link_end(struct link *link, enum action action)
{
	struct proxy *proxy = link->end[FRONTEND].proxy;
	struct link **at = &proxy->links;

	if (link->dead)
		return;
	link->dead = true;
	watch_ends(link);
	for (enum side side = FRONTEND; side <= BACKEND; side++) {
		struct linger now = { .l_onoff = 1, .l_linger = 0 };

		flush(link, side);
		if (action == ACT_RESET)
			setsockopt(link->end[other(side)].fd, SOL_SOCKET, SO_LINGER, &now,
				   sizeof(now));
	}
	close(link->end[FRONTEND].fd);
	close(link->end[BACKEND].fd);
	rules_forget(&proxy->rules, link->number);
	proxy->counts.open--;
	if (link->stalled)
		proxy->counts.stalled--;
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	link->next = proxy->dying;
	proxy->dying = link;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * The one who connected sees its connection end now; the server gets the rest of what had been sent
 * later. Where the server's own bytes are hurt there is nothing left to arrive: that is a cut.
 */
static void be_late(struct link *link, enum side side)
{
	struct watch *front = &link->end[FRONTEND];
	struct proxy *proxy = front->proxy;
	size_t before;

	if (side == BACKEND) {
		link_end(link, ACT_CUT);
		return;
	}
	do {
		before = link->dir[FRONTEND].in.len;
		read_in(link, FRONTEND);
	} while (!link->dead && link->dir[FRONTEND].in.len > before);
	if (link->dead)
		return;
	watch_set(front, 0);
	close(front->fd);
	front->fd = -1;
	link->dir[FRONTEND].eof = true;
	rules_forget(&proxy->rules, link->number);
	link->stalled = true;
	proxy->counts.stalled++;
	if (proxy->delay_ms > 0)
		link->due_ms = now_ms() + 1 + rules_random_below(&proxy->rules, proxy->delay_ms);
}

static void act(struct link *link, enum side side, enum action action)
{
	struct counts *counts = &link->end[FRONTEND].proxy->counts;

	flush(link, side);
	counts->fired++;
	switch (action) {
	case ACT_CUT:
		counts->cut++;
		link_end(link, action);
		break;
	case ACT_RESET:
		counts->reset++;
		link_end(link, action);
		break;
	case ACT_STALL:
		counts->stall++;
		counts->stalled++;
		link->stalled = true;
		break;
	case ACT_LATE:
		counts->late++;
		be_late(link, side);
		break;
	case ACT_NONE:
		break;
	}
}

/* --- messages --- */

/* Forwards up to n bytes of the message at the front; false if a rule stopped it on the way. */
static bool emit(struct link *link, enum side side, size_t n)
{
	struct direction *dir = &link->dir[side];
	struct rules *rules = &link->end[FRONTEND].proxy->rules;

	while (n > 0) {
		uint64_t stop = rules_byte(rules, side, link->number, dir->total, dir->total + n);
		size_t now = stop > 0 ? (size_t)(stop - dir->total) : n;
		enum action action;

		bytes_add(&dir->out, bytes_at(&dir->in), now);
		bytes_drop(&dir->in, now);
		dir->total += now;
		dir->done += now;
		n -= now;
		action = stop > 0 ? rules_take_byte(rules, side, link->number, stop) : ACT_NONE;
		if (action != ACT_NONE) {
			act(link, side, action);
			return false;
		}
	}
	return true;
}

/* Asks the rules about this place; false if one of them acted. */
static bool at_place(struct link *link, enum side side, enum place_kind kind)
{
	struct direction *dir = &link->dir[side];
	struct proxy *proxy = link->end[FRONTEND].proxy;
	struct place place = { kind, side, dir->type, dir->batch, link->number };
	int random;
	enum action action = rules_match(&proxy->rules, &place, &random);

	if (action == ACT_NONE)
		return true;
	if (random >= 0)
		proxy->counts.random[random]++;
	act(link, side, action);
	return false;
}

/* A batch's Sync has left: is its answer to be kept back? */
static void decide_hold(struct link *link)
{
	struct proxy *proxy = link->end[FRONTEND].proxy;
	struct wire_sync *sync = wire_newest_sync(&link->wire);
	struct place place = { PLACE_ANSWERED, BACKEND, 'Z', true, link->number };
	int random;

	if (!sync)
		return;
	sync->hold = rules_match(&proxy->rules, &place, &random);
	if (random >= 0)
		proxy->counts.random[random]++;
}

/* The answer to a batch is kept back until it is whole. True while it is. */
static bool held(struct link *link)
{
	struct wire_sync *sync = wire_oldest_sync(&link->wire);
	const struct bytes *in = &link->dir[BACKEND].in;
	size_t at = 0, length;
	char type;
	enum action action;

	if (!sync || sync->hold == ACT_NONE || link->wire.opaque)
		return false;
	while (wire_next(&link->wire, BACKEND, bytes_at(in) + at, in->len - at, &length, &type) ==
	       WIRE_MESSAGE) {
		at += length;
		if (type != 'Z')
			continue;
		action = sync->hold;
		sync->hold = ACT_NONE;
		act(link, BACKEND, action);
		return true;
	}
	return true;
}

/* Encryption would hide the messages: say no ourselves, and read the start-up packet that follows.
 */
static void refuse_encryption(struct link *link, size_t length)
{
	bytes_drop(&link->dir[FRONTEND].in, length);
	bytes_add(&link->dir[BACKEND].out, "N", 1);
}

/* Looks at the next message and begins with it. False: it is not whole, or was none to forward. */
static bool begin(struct link *link, enum side side)
{
	struct direction *dir = &link->dir[side];
	struct proxy *proxy = link->end[FRONTEND].proxy;
	bool was = link->wire.in_batch;
	enum wire_kind kind;

	if (side == BACKEND && held(link))
		return false;
	kind = wire_next(&link->wire, side, bytes_at(&dir->in), dir->in.len, &dir->length,
			 &dir->type);
	if (kind == WIRE_MORE)
		return false;
	if (kind == WIRE_ENCRYPTION) {
		refuse_encryption(link, dir->length);
		return begin(link, side);
	}
	dir->batch = wire_in_batch(&link->wire, side, dir->type, bytes_at(&dir->in), dir->length);
	dir->done = 0;
	if (dir->type == 'P') {
		dir->copy = must_alloc(dir->length);
		memcpy(dir->copy, bytes_at(&dir->in), dir->length);
	}
	if (side == FRONTEND && dir->batch && !was) {
		proxy->counts.batches++;
		rules_batch_begins(&proxy->rules, link->number);
	}
	return true;
}

static void finish(struct link *link, enum side side)
{
	struct direction *dir = &link->dir[side];

	wire_passed(&link->wire, side, dir->type, dir->copy, dir->length);
	free(dir->copy);
	dir->copy = NULL;
	if (side == FRONTEND && dir->batch && dir->type == 'S')
		decide_hold(link);
}

/*
 * One stage of the message at the front. The stage is left before a rule acts there, so that a link
 * which was stalled goes on behind the place. False: nothing more can be done now.
 */
static bool step(struct link *link, enum side side)
{
	struct direction *dir = &link->dir[side];

	switch (dir->stage) {
	case STAGE_BEFORE:
		if (!begin(link, side))
			return false;
		dir->stage = STAGE_HALF;
		return at_place(link, side, PLACE_BEFORE);
	case STAGE_HALF:
		if (dir->done < dir->length / 2 && !emit(link, side, dir->length / 2 - dir->done))
			return false;
		dir->stage = STAGE_REST;
		return at_place(link, side, PLACE_HALF);
	case STAGE_REST:
		if (!emit(link, side, dir->length - dir->done))
			return false;
		dir->stage = STAGE_AFTER;
		return true;
	case STAGE_AFTER:
		finish(link, side);
		dir->stage = STAGE_BEFORE;
		return at_place(link, side, PLACE_AFTER);
	}
	return false;
}

/* The end of a direction, once all of it is written; the end of the link, once both are. */
static void pass_eof(struct link *link, enum side side)
{
	struct direction *dir = &link->dir[side];

	if (!dir->eof || dir->shut || dir->out.len > 0)
		return;
	if (dir->stage == STAGE_BEFORE &&
	    dir->in.len > 0) { /* half a message, then the end: pass it on */
		bytes_add(&dir->out, bytes_at(&dir->in), dir->in.len);
		bytes_drop(&dir->in, dir->in.len);
		flush(link, side);
	}
	shutdown(link->end[other(side)].fd, SHUT_WR);
	dir->shut = true;
	if (link->dir[other(side)].shut)
		link_end(link, ACT_NONE);
}

static void forward(struct link *link)
{
	for (enum side side = FRONTEND; side <= BACKEND; side++) {
		while (!link->dead && !link->stalled && step(link, side))
			;
		if (link->dead)
			return;
	}
	for (enum side side = FRONTEND; side <= BACKEND; side++) {
		write_out(link, side);
		if (!link->stalled && !link->dead)
			pass_eof(link, side);
	}
	watch_ends(link);
}

/* Reads once; what the kernel has more of is announced again. */
static void read_in(struct link *link, enum side side)
{
	static char chunk[READ_SIZE];
	struct direction *dir = &link->dir[side];
	ssize_t n = recv(link->end[side].fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n > 0)
		bytes_add(&dir->in, chunk, (size_t)n);
	else if (n == 0)
		dir->eof = true;
	else if (errno != EAGAIN && errno != EINTR)
		link_end(link, errno == ECONNRESET ? ACT_RESET : ACT_CUT);
}

static void on_end(struct link *link, enum side side, uint32_t events)
{
	if (link->dead || link->stalled)
		return;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_in(link, side);
	if (!link->dead)
		forward(link);
}

static void on_frontend(struct watch *watch, uint32_t events)
{
	on_end(container_of(watch, struct link, end[FRONTEND]), FRONTEND, events);
}

static void on_backend(struct watch *watch, uint32_t events)
{
	on_end(container_of(watch, struct link, end[BACKEND]), BACKEND, events);
}

/* --- links --- */

static int connect_upstream(const char *upstream)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	bool local = upstream[0] == '/';
	int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r, one = 1;

	if (fd < 0)
		return -1;
	if (local) {
		strncpy(un.sun_path, upstream, sizeof(un.sun_path) - 1);
		r = connect(fd, (const struct sockaddr *)&un, sizeof(un));
	} else {
		in.sin_port = htons((uint16_t)strtoul(upstream, NULL, 10));
		r = connect(fd, (const struct sockaddr *)&in, sizeof(in));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (r < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void link_open(struct proxy *proxy, int fd)
{
	struct link *link;
	int upstream = proxy->refuse ? -1 : connect_upstream(proxy->upstream), one = 1;

	proxy->counts.accepted++;
	if (upstream < 0) {
		proxy->counts.refused++;
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* no matter if it is no TCP */
	link = must_alloc(sizeof(*link));
	link->number = (unsigned)proxy->counts.accepted;
	link->wire.opaque = proxy->opaque;
	link->end[FRONTEND] = (struct watch){ .fd = fd, .on_event = on_frontend, .proxy = proxy };
	link->end[BACKEND] =
		(struct watch){ .fd = upstream, .on_event = on_backend, .proxy = proxy };
	link->next = proxy->links;
	proxy->links = link;
	proxy->counts.open++;
	watch_ends(link);
}

static void resume(struct link *link)
{
	link->stalled = false;
	link->due_ms = 0;
	link->end[FRONTEND].proxy->counts.stalled--;
	forward(link);
}

void links_resume(struct proxy *proxy)
{
	for (struct link *link = proxy->links, *next; link; link = next) {
		next = link->next;
		if (link->stalled)
			resume(link);
	}
}

int links_due(struct proxy *proxy)
{
	uint64_t now = now_ms(), first = UINT64_MAX;

	for (struct link *link = proxy->links, *next; link; link = next) {
		next = link->next;
		if (link->due_ms > 0 && link->due_ms <= now)
			resume(link);
		else if (link->due_ms > 0 && link->due_ms < first)
			first = link->due_ms;
	}
	return first == UINT64_MAX ? -1 : (int)(first - now);
}

void links_end(struct proxy *proxy, enum action action)
{
	while (proxy->links)
		link_end(proxy->links, action);
}

void links_reap(struct proxy *proxy)
{
	while (proxy->dying) {
		struct link *link = proxy->dying;

		proxy->dying = link->next;
		for (enum side side = FRONTEND; side <= BACKEND; side++) {
			free(link->dir[side].in.data);
			free(link->dir[side].out.data);
			free(link->dir[side].copy);
		}
		free(link);
	}
}
