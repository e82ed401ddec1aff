/* See loop.h. */

#include "daemon/loop.h"

#include <errno.h>
#include <stdlib.h>

struct loop {
	struct event_base *base;
	struct event *kick; /* active while tasks wait */
	TAILQ_HEAD(, task) tasks;
};

/*
 * One task a pass of the loop: what tasks defer can never keep sockets waiting, and a task may
 * cancel any other because all of them are always on the one list.
 */
static void run_task(evutil_socket_t fd, short what, void *data)
{
	struct loop *loop = data;
	struct task *task = TAILQ_FIRST(&loop->tasks);

	if (!task)
		return;
	loop_cancel(loop, task);
	if (!TAILQ_EMPTY(&loop->tasks))
		event_active(loop->kick, EV_TIMEOUT, 0);
	task->run(task);
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	TAILQ_INIT(&loop->tasks);
	loop->base = event_base_new();
	if (loop->base)
		loop->kick = event_new(loop->base, -1, 0, run_task, loop);
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

void loop_defer(struct loop *loop, struct task *task)
{
	if (task->queued)
		return;
	task->queued = true;
	TAILQ_INSERT_TAIL(&loop->tasks, task, link);
	event_active(loop->kick, EV_TIMEOUT, 0);
}

void loop_cancel(struct loop *loop, struct task *task)
{
	if (!task->queued)
		return;
	task->queued = false;
	TAILQ_REMOVE(&loop->tasks, task, link);
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
