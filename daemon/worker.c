/*
 * See worker.h. One lock guards the two lists that both sides touch: jobs that wait, and jobs that
 * were run. A thread that ends a job writes to an eventfd, which wakes the loop; the loop takes all
 * that were run in one step, so that the lock is never held while a job's functions are called.
 */

#include "daemon/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/loop.h"

TAILQ_HEAD(job_list, worker_job);

struct workers {
	struct event *wake; /* owns; the eventfd is readable */
	int fd;
	pthread_t *threads; /* owns */
	int count;

	pthread_mutex_t lock;
	pthread_cond_t work; /* something waits, or it is over */
	struct job_list waiting;
	int64_t waiting_count;
	struct job_list ended;
	bool closing;

	/* The loop's alone. */
	struct job_list returned; /* taken from `ended`, on their way to done() */
};

/* The next job, or NULL when it is over. */
static struct worker_job *take(struct workers *workers)
{
	struct worker_job *job = NULL;

	pthread_mutex_lock(&workers->lock);
	while (TAILQ_EMPTY(&workers->waiting) && !workers->closing)
		pthread_cond_wait(&workers->work, &workers->lock);
	if (!workers->closing) {
		job = TAILQ_FIRST(&workers->waiting);
		TAILQ_REMOVE(&workers->waiting, job, entry);
		workers->waiting_count--;
		job->waiting = false;
	}
	pthread_mutex_unlock(&workers->lock);
	return job;
}

static void give_back(struct workers *workers, struct worker_job *job)
{
	uint64_t one = 1;
	ssize_t n;

	pthread_mutex_lock(&workers->lock);
	TAILQ_INSERT_TAIL(&workers->ended, job, entry);
	pthread_mutex_unlock(&workers->lock);
	/* It can only fail for being full, and then the loop has been woken already. */
	n = write(workers->fd, &one, sizeof(one));
	(void)n;
}

static void *thread_main(void *data)
{
	struct workers *workers = data;
	struct worker_job *job;

	while ((job = take(workers))) {
		job->run(job);
		give_back(workers, job);
	}
	return NULL;
}

static void on_ended(evutil_socket_t fd, short what, void *data)
{
	struct workers *workers = data;
	struct worker_job *job;
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n;
	pthread_mutex_lock(&workers->lock);
	TAILQ_CONCAT(&workers->returned, &workers->ended, entry);
	pthread_mutex_unlock(&workers->lock);
	/* What one calls may forget another. */
	while ((job = TAILQ_FIRST(&workers->returned))) {
		TAILQ_REMOVE(&workers->returned, job, entry);
		if (job->forgotten)
			job->drop(job);
		else
			job->done(job);
	}
}

/* Signals are the loop's. */
static int start_threads(struct workers *workers, int wanted)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (r == 0 && workers->count < wanted) {
		r = pthread_create(&workers->threads[workers->count], NULL, thread_main, workers);
		workers->count += r == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

struct workers *workers_new(struct loop *loop, int threads)
{
	struct workers *workers = calloc(1, sizeof(*workers));

	if (!workers)
		return NULL;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->work, NULL);
	TAILQ_INIT(&workers->waiting);
	TAILQ_INIT(&workers->ended);
	TAILQ_INIT(&workers->returned);
	workers->threads = calloc((size_t)threads, sizeof(*workers->threads));
	workers->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (workers->fd >= 0)
		workers->wake = event_new(loop_base(loop), workers->fd, EV_READ | EV_PERSIST,
					  on_ended, workers);
	if (!workers->threads || !workers->wake || event_add(workers->wake, NULL) < 0 ||
	    start_threads(workers, threads) < 0)
		return workers_free(workers);
	return workers;
}

static void drop_all(struct job_list *list)
{
	struct worker_job *job;

	while ((job = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, job, entry);
		job->drop(job);
	}
}

struct workers *workers_free(struct workers *workers)
{
	if (!workers)
		return NULL;
	pthread_mutex_lock(&workers->lock);
	workers->closing = true;
	pthread_cond_broadcast(&workers->work);
	pthread_mutex_unlock(&workers->lock);
	for (int i = 0; i < workers->count; i++)
		pthread_join(workers->threads[i], NULL);
	drop_all(&workers->waiting);
	drop_all(&workers->ended);
	drop_all(&workers->returned);
	if (workers->wake)
		event_free(workers->wake);
	if (workers->fd >= 0)
		close(workers->fd);
	pthread_cond_destroy(&workers->work);
	pthread_mutex_destroy(&workers->lock);
	free(workers->threads);
	free(workers);
	return NULL;
}

bool worker_has_room(struct workers *workers, int64_t queue_max)
{
	bool room;

	pthread_mutex_lock(&workers->lock);
	room = workers->waiting_count < queue_max;
	pthread_mutex_unlock(&workers->lock);
	return room;
}

int worker_submit(struct workers *workers, struct worker_job *job, int64_t queue_max)
{
	bool room;

	job->forgotten = false;
	pthread_mutex_lock(&workers->lock);
	room = workers->waiting_count < queue_max;
	if (room) {
		job->waiting = true;
		TAILQ_INSERT_TAIL(&workers->waiting, job, entry);
		workers->waiting_count++;
		pthread_cond_signal(&workers->work);
	}
	pthread_mutex_unlock(&workers->lock);
	return room ? 0 : -EBUSY;
}

void worker_forget(struct workers *workers, struct worker_job *job)
{
	bool waiting;

	pthread_mutex_lock(&workers->lock);
	waiting = job->waiting;
	if (waiting) {
		TAILQ_REMOVE(&workers->waiting, job, entry);
		workers->waiting_count--;
		job->waiting = false;
	}
	pthread_mutex_unlock(&workers->lock);
	if (waiting)
		job->drop(job);
	else
		job->forgotten = true;
}
