/* The loop: tasks come one after another, and sockets have their turn between them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/macros.h"
#include "daemon/loop.h"

struct chain {
	struct loop *loop;
	struct task task;
	int end; /* of a pipe that its first run writes to */
	int64_t runs;
	bool stop;
};

#define RUNS_MAX 10000000 /* of one who is never stopped */

/* As a client's lines do: each leaves the next for later. */
static void run_again(struct task *task)
{
	struct chain *chain = container_of(task, struct chain, task);

	if (chain->runs++ == 0)
		assert_int_equal(write(chain->end, "x", 1), 1);
	if (!chain->stop && chain->runs < RUNS_MAX)
		loop_defer(chain->loop, task);
}

static void on_socket(evutil_socket_t fd, short what, void *data)
{
	struct chain *chain = data;

	chain->stop = true;
}

static void a_chain_of_tasks_does_not_keep_sockets_waiting(void **state)
{
	struct chain chain = { .loop = loop_new(), .task.run = run_again };
	struct event *event;
	int ends[2];

	assert_non_null(chain.loop);
	assert_int_equal(pipe(ends), 0);
	chain.end = ends[1];
	event = event_new(loop_base(chain.loop), ends[0], EV_READ, on_socket, &chain);
	event_add(event, NULL);
	loop_defer(chain.loop, &chain.task);
	/* Its socket becomes readable while the chain goes on. */
	loop_pass(chain.loop);
	assert_true(chain.stop && chain.runs < RUNS_MAX);
	event_free(event);
	close(ends[0]);
	close(ends[1]);
	loop_free(chain.loop);
}

struct note {
	struct task task;
	struct note *cancels;
	struct loop *loop;
	int *order, *next;
	int number;
};

#define NOTES 4

static void write_down(struct task *task)
{
	struct note *note = container_of(task, struct note, task);

	note->order[(*note->next)++] = note->number;
	if (note->cancels)
		loop_cancel(note->loop, &note->cancels->task);
}

static void make_notes(struct note notes[NOTES], struct loop *loop, int *order, int *next)
{
	for (int i = 0; i < NOTES; i++)
		notes[i] = (struct note){ .task.run = write_down,
					  .loop = loop,
					  .order = order,
					  .next = next,
					  .number = i + 1 };
}

static void tasks_run_once_and_in_order_unless_another_cancels_them(void **state)
{
	struct loop *loop = loop_new();
	int order[8] = { 0 }, next = 0;
	struct note notes[NOTES];

	assert_non_null(loop);
	make_notes(notes, loop, order, &next);
	notes[1].cancels = &notes[2];
	for (int i = 0; i < 4; i++) {
		loop_defer(loop, &notes[i].task);
		loop_defer(loop, &notes[i].task);
	}
	loop_pass(loop);
	assert_int_equal(next, 3);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 4);
	loop_free(loop);
}

/* Someone's second line is behind everyone's first, even one that only comes when it was its turn. */
static void tasks_behind_come_when_there_is_no_other(void **state)
{
	struct loop *loop = loop_new();
	int order[8] = { 0 }, next = 0;
	struct note notes[NOTES];

	assert_non_null(loop);
	make_notes(notes, loop, order, &next);
	notes[3].cancels = &notes[2];
	loop_defer_behind(loop, &notes[0].task);
	loop_defer_behind(loop, &notes[2].task);
	loop_defer(loop, &notes[1].task);
	loop_defer(loop, &notes[3].task);
	loop_defer(loop, &notes[0].task); /* queued already: it stays where it is */
	loop_pass(loop);
	assert_int_equal(next, 3);
	assert_int_equal(order[0], 2);
	assert_int_equal(order[1], 4);
	assert_int_equal(order[2], 1);
	loop_free(loop);
}

struct stopper {
	struct task task;
	struct chain *chain;
};

static void stop_chain(struct task *task)
{
	container_of(task, struct stopper, task)->chain->stop = true;
}

static void a_chain_of_tasks_does_not_keep_those_behind_waiting(void **state)
{
	struct chain chain = { .loop = loop_new(), .task.run = run_again };
	struct stopper stopper = { .task.run = stop_chain, .chain = &chain };
	int ends[2];

	assert_non_null(chain.loop);
	assert_int_equal(pipe(ends), 0);
	chain.end = ends[1];
	loop_defer_behind(chain.loop, &stopper.task);
	loop_defer(chain.loop, &chain.task);
	loop_pass(chain.loop);
	assert_true(chain.stop && chain.runs < RUNS_MAX);
	close(ends[0]);
	close(ends[1]);
	loop_free(chain.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_of_tasks_does_not_keep_sockets_waiting),
		cmocka_unit_test(tasks_run_once_and_in_order_unless_another_cancels_them),
		cmocka_unit_test(tasks_behind_come_when_there_is_no_other),
		cmocka_unit_test(a_chain_of_tasks_does_not_keep_those_behind_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
