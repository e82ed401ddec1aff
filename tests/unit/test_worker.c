/* The pool of threads: what goes in comes back to the loop, or is dropped; never both. */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/macros.h"
#include "daemon/loop.h"
#include "daemon/worker.h"

#define QUEUE 4
#define JOBS  500

/* A door that jobs wait at, until the test opens it. */
struct door {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool open;
	int inside; /* jobs that have reached it */
};

struct test {
	struct loop *loop;
	struct workers *workers;
	struct door door;
	int done, dropped, wanted;
	bool forget_next;
	struct job *last;
};

struct job {
	struct worker_job worker;
	struct test *test;
	struct job *next; /* to forget */
	_Atomic bool ran;
	pthread_t thread;
};

static void at_door(struct door *door)
{
	pthread_mutex_lock(&door->lock);
	door->inside++;
	pthread_cond_broadcast(&door->moved);
	while (!door->open)
		pthread_cond_wait(&door->moved, &door->lock);
	pthread_mutex_unlock(&door->lock);
}

static void wait_inside(struct door *door, int count)
{
	pthread_mutex_lock(&door->lock);
	while (door->inside < count)
		pthread_cond_wait(&door->moved, &door->lock);
	pthread_mutex_unlock(&door->lock);
}

static void open_door(struct door *door)
{
	pthread_mutex_lock(&door->lock);
	door->open = true;
	pthread_cond_broadcast(&door->moved);
	pthread_mutex_unlock(&door->lock);
}

static void *opener_main(void *door)
{
	open_door(door);
	return NULL;
}

static void run(struct worker_job *worker)
{
	struct job *job = container_of(worker, struct job, worker);

	at_door(&job->test->door);
	job->thread = pthread_self();
	job->ran = true;
}

static void counted(struct test *test)
{
	if (test->done + test->dropped == test->wanted)
		loop_stop(test->loop);
}

static void on_done(struct worker_job *worker)
{
	struct job *job = container_of(worker, struct job, worker);
	struct test *test = job->test;

	assert_true(job->ran);
	assert_false(pthread_equal(job->thread, pthread_self()));
	if (job->next)
		worker_forget(test->workers, &job->next->worker);
	free(job);
	test->done++;
	counted(test);
}

static void on_drop(struct worker_job *worker)
{
	struct job *job = container_of(worker, struct job, worker);
	struct test *test = job->test;

	free(job);
	test->dropped++;
	counted(test);
}

static struct job *job_new(struct test *test)
{
	struct job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->worker = (struct worker_job){ .run = run, .done = on_done, .drop = on_drop };
	job->test = test;
	return job;
}

static struct job *submit(struct test *test)
{
	struct job *job = job_new(test);

	assert_int_equal(worker_submit(test->workers, &job->worker, JOBS), 0);
	return job;
}

static void begin(struct test *test, int threads)
{
	*test = (struct test){ .door = { .lock = PTHREAD_MUTEX_INITIALIZER,
					 .moved = PTHREAD_COND_INITIALIZER } };
	test->loop = loop_new();
	test->workers = workers_new(test->loop, threads);
	assert_non_null(test->workers);
}

static void end(struct test *test)
{
	test->wanted = -1;
	workers_free(test->workers);
	loop_free(test->loop);
}

static void a_job_runs_on_a_thread_and_ends_on_the_loop(void **state)
{
	struct test test;

	begin(&test, 2);
	open_door(&test.door);
	for (int i = 0; i < JOBS; i++)
		submit(&test);
	test.wanted = JOBS;
	assert_int_equal(loop_run(test.loop), 0);
	assert_int_equal(test.done, JOBS);
	end(&test);
}

static void a_full_queue_refuses_and_has_room_again_later(void **state)
{
	struct job *surplus;
	struct test test;

	begin(&test, 1);
	submit(&test);
	wait_inside(&test.door, 1); /* out of the queue, on the thread */
	for (int i = 0; i < QUEUE; i++) {
		struct job *job = job_new(&test);

		assert_int_equal(worker_submit(test.workers, &job->worker, QUEUE), 0);
	}
	surplus = job_new(&test);
	assert_int_equal(worker_submit(test.workers, &surplus->worker, QUEUE), -EBUSY);
	open_door(&test.door);
	test.wanted = 1 + QUEUE;
	loop_run(test.loop);
	assert_int_equal(worker_submit(test.workers, &surplus->worker, QUEUE), 0);
	test.wanted++;
	loop_run(test.loop);
	assert_int_equal(test.done, 2 + QUEUE);
	end(&test);
}

static void a_job_forgotten_in_the_queue_never_runs(void **state)
{
	struct job *waiting;
	struct test test;

	begin(&test, 1);
	submit(&test);
	wait_inside(&test.door, 1);
	waiting = submit(&test);
	worker_forget(test.workers, &waiting->worker);
	assert_int_equal(test.dropped, 1);
	open_door(&test.door);
	test.wanted = 2;
	loop_run(test.loop);
	assert_int_equal(test.door.inside, 1);
	assert_int_equal(test.done, 1);
	end(&test);
}

static void a_job_forgotten_on_its_thread_is_dropped_when_it_comes_back(void **state)
{
	struct job *running;
	struct test test;

	begin(&test, 1);
	running = submit(&test);
	wait_inside(&test.door, 1);
	worker_forget(test.workers, &running->worker);
	assert_int_equal(test.dropped, 0);
	open_door(&test.door);
	test.wanted = 1;
	loop_run(test.loop);
	assert_int_equal(test.dropped, 1);
	end(&test);
}

static void what_one_end_calls_may_forget_another_that_ended_too(void **state)
{
	struct job *first, *second;
	struct test test;

	begin(&test, 2);
	first = submit(&test);
	second = submit(&test);
	first->next = second;
	open_door(&test.door);
	/* Both are over before the loop looks: the pool's end would wait for them, so wait likewise. */
	while (!first->ran || !second->ran)
		sched_yield();
	test.wanted = 2;
	loop_run(test.loop);
	assert_int_equal(test.done + test.dropped, 2);
	end(&test);
}

static void the_pools_end_waits_for_its_threads_and_drops_everything(void **state)
{
	struct test test;
	pthread_t opener;

	begin(&test, 2);
	for (int i = 0; i < 2 + QUEUE; i++)
		submit(&test);
	wait_inside(&test.door, 2);
	assert_int_equal(pthread_create(&opener, NULL, opener_main, &test.door), 0);
	test.wanted = -1;
	workers_free(test.workers);
	pthread_join(opener, NULL);
	assert_int_equal(test.done, 0);
	assert_int_equal(test.dropped, 2 + QUEUE);
	loop_free(test.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_runs_on_a_thread_and_ends_on_the_loop),
		cmocka_unit_test(a_full_queue_refuses_and_has_room_again_later),
		cmocka_unit_test(a_job_forgotten_in_the_queue_never_runs),
		cmocka_unit_test(a_job_forgotten_on_its_thread_is_dropped_when_it_comes_back),
		cmocka_unit_test(what_one_end_calls_may_forget_another_that_ended_too),
		cmocka_unit_test(the_pools_end_waits_for_its_threads_and_drops_everything),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
