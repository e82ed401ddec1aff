/* See loop.h. */

#include "daemon/loop.h"

#include <errno.h>
#include <stdlib.h>

#include "common/civil.h"

/* Of one pass: what a pass takes for tasks is what a socket may have to wait for them. */
#define TASKS_USEC  1000
#define BEHIND_USEC 500 /* no more of those behind from then on */

struct loop {
	struct event_base *base;
	struct event *kick; /* active, or about to be, while tasks wait */
	bool running;	    /* run_tasks() sees to those that come now */
	TAILQ_HEAD(tasks, task) tasks, behind;
};

static void run_first(struct loop *loop, struct tasks *tasks)
{
	struct task *task = TAILQ_FIRST(tasks);

	loop_cancel(loop, task);
	task->run(task);
}

/*
 * Tasks in their order, until their time in this pass is over; then sockets and timers have their
 * turn. An event that makes itself active again would not do: libevent comes to the end of what is
 * active before it looks at a socket, so tasks that defer others could keep it from ever doing so. A
 * task may cancel any other because all of them are always on one of the lists.
 */
static void run_tasks(evutil_socket_t fd, short what, void *data)
{
	static const struct timeval next_pass = { 0 };
	struct loop *loop = data;
	int64_t now = monotonic_now(), until = now + TASKS_USEC, until_behind = now + BEHIND_USEC;
	bool came = false; /* one of those behind had its turn */

	loop->running = true;
	while (!TAILQ_EMPTY(&loop->tasks) || !TAILQ_EMPTY(&loop->behind)) {
		if (now < until && !TAILQ_EMPTY(&loop->tasks)) {
			run_first(loop, &loop->tasks);
		} else if (!TAILQ_EMPTY(&loop->behind) && (!came || now < until_behind)) {
			run_first(loop, &loop->behind);
			came = true;
		} else {
			break;
		}
		now = monotonic_now();
	}
	loop->running = false;
	if (!TAILQ_EMPTY(&loop->tasks) || !TAILQ_EMPTY(&loop->behind))
		event_add(loop->kick, &next_pass);
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	TAILQ_INIT(&loop->tasks);
	TAILQ_INIT(&loop->behind);
	loop->base = event_base_new();
	if (loop->base)
		loop->kick = event_new(loop->base, -1, 0, run_tasks, loop);
	if (!loop->kick)
		return loop_free(loop);
	return loop;
}

struct loop *loop_free(struct loop *loop)
{
	if (!loop)
		return NULL;
	if (loop->kick)
		event_free(loop->kick);
	if (loop->base)
		event_base_free(loop->base);
	free(loop);
	return NULL;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

int loop_run(struct loop *loop)
{
	return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? -EIO : 0;
}

void loop_pass(struct loop *loop)
{
	event_base_loop(loop->base, EVLOOP_NONBLOCK);
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

static struct tasks *list_of(struct loop *loop, const struct task *task)
{
	return task->behind ? &loop->behind : &loop->tasks;
}

static void defer(struct loop *loop, struct task *task, bool behind)
{
	if (task->queued)
		return;
	task->queued = true;
	task->behind = behind;
	TAILQ_INSERT_TAIL(list_of(loop, task), task, link);
	if (!loop->running)
		event_active(loop->kick, EV_TIMEOUT, 0);
}

void loop_defer(struct loop *loop, struct task *task)
{
	defer(loop, task, false);
}

void loop_defer_behind(struct loop *loop, struct task *task)
{
	defer(loop, task, true);
}

void loop_cancel(struct loop *loop, struct task *task)
{
	if (!task->queued)
		return;
	task->queued = false;
	TAILQ_REMOVE(list_of(loop, task), task, link);
}

static void on_timer(evutil_socket_t fd, short what, void *data)
{
	struct timer *timer = data;

	timer->fire(timer);
}

void timer_start(struct loop *loop, struct timer *timer, int64_t ms)
{
	struct timeval delay = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (!timer->ready) {
		event_assign(&timer->event, loop->base, -1, 0, on_timer, timer);
		timer->ready = true;
	}
	event_add(&timer->event, &delay);
}

void timer_stop(struct timer *timer)
{
	if (timer->ready)
		event_del(&timer->event);
}

bool timer_running(const struct timer *timer)
{
	return timer->ready && event_pending(&timer->event, EV_TIMEOUT, NULL);
}
