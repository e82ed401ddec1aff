#pragma once

/*
 * A small pool of threads for work that takes long and needs nothing but the processor: the only
 * threads there are. A job goes to a thread with all it needs, and comes back to the loop.
 *
 *	worker_submit() -> run() on a thread -> done() on the loop
 *
 * Everything but run() is called on the loop, and run() sees nothing but its job.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct loop;
struct workers;

/* Embedded in what the work is about. */
struct worker_job {
	/* On a thread. */
	void (*run)(struct worker_job *job);
	/* On the loop, after run(): the job is its owner's again. */
	void (*done)(struct worker_job *job);
	/* On the loop, instead of done(), for a job that was forgotten, or that the pool's end met:
	 * frees it. Perhaps without run(), and perhaps from inside worker_forget(). */
	void (*drop)(struct worker_job *job);

	/* The pool's own. */
	TAILQ_ENTRY(worker_job) entry;
	bool waiting; /* in the queue: no thread has it yet */
	bool forgotten;
};

/* Starts the threads; NULL when that fails. */
struct workers *workers_new(struct loop *loop, int threads);
/*
 * Waits for the jobs that threads are at, and drops all. Takes NULL, returns NULL.
 */
struct workers *workers_free(struct workers *workers);

/* Whether worker_submit() would take a job now; true until the next one is submitted. */
bool worker_has_room(struct workers *workers, int64_t queue_max);
/* The job is the pool's until done() or drop(). -EBUSY, with nothing done, when `queue_max` wait. */
int worker_submit(struct workers *workers, struct worker_job *job, int64_t queue_max);
/* Nobody waits for it any more: it is dropped, at once when no thread has begun. */
void worker_forget(struct workers *workers, struct worker_job *job);
