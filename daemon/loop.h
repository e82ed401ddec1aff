#pragma once

/*
 * The event loop, its timers and its deferred tasks. Both embed in their owner, who climbs back by
 * container_of(): no allocation, no void pointer.
 *
 * Rule of the house: a callback is never invoked from inside the call that registered it. What
 * would be immediate is deferred by loop_defer() to the end of the current pass, or where a pass has
 * spent enough time on such tasks, to the end of the next one. What is not pressing, such as more
 * work for who has had some already, is deferred by loop_defer_behind(): it comes when there is
 * nothing else to do, and at least one such task in each pass.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

struct loop;

struct task {
	void (*run)(struct task *task);
	TAILQ_ENTRY(task) link;
	bool queued;
	bool behind; /* in which queue */
};

struct timer {
	void (*fire)(struct timer *timer);
	struct event event;
	bool ready; /* event was assigned */
};

/* NULL when the loop cannot be made. */
struct loop *loop_new(void);
/* Takes NULL, returns NULL. No task may be queued any more. */
struct loop *loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop);
/* Runs until loop_stop(). 0 or -EIO. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* What is due now and nothing else, for who drives the loop by hand: tests. */
void loop_pass(struct loop *loop);

/* Runs the task once after the current callbacks and the tasks before it; a queued task is not
 * queued again. Sockets have their turn between tasks, however many there are. */
void loop_defer(struct loop *loop, struct task *task);
/* As loop_defer(), behind all tasks of that kind: also behind those that come later. */
void loop_defer_behind(struct loop *loop, struct task *task);
void loop_cancel(struct loop *loop, struct task *task);

/* Starts or restarts the timer: it fires once after `ms`. */
void timer_start(struct loop *loop, struct timer *timer, int64_t ms);
/* Takes a timer that never ran. */
void timer_stop(struct timer *timer);
bool timer_running(const struct timer *timer);
