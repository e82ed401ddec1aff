/*
 * Ctrl-C as a flag and a readable descriptor. The only process-wide state of the client: signal
 * handlers have nowhere else to look.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "client/interrupt.h"
#include "common/civil.h"
#include "common/macros.h"

static volatile sig_atomic_t interrupted;
static int wake[2] = { -1, -1 };

static void on_interrupt(int signal_number _unused_)
{
	int saved = errno;

	interrupted = 1;
	if (write(wake[1], "!", 1) < 0) {
		/* The pipe is full of earlier wakes: it is readable already. */
	}
	errno = saved;
}

int interrupt_init(void)
{
	/* SA_RESETHAND: the second Ctrl-C is the user's way out whatever we wait for. */
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGINT, &action, NULL) < 0)
		return -errno;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	return 0;
}

bool interrupt_pending(void)
{
	return interrupted != 0;
}

int interrupt_fd(void)
{
	return wake[0];
}

void interrupt_acknowledge(void)
{
	char drop[16];

	while (read(wake[0], drop, sizeof(drop)) > 0)
		;
	interrupted = 0;
}

int interrupt_sleep(int64_t usec)
{
	struct pollfd fd = { .fd = wake[0], .events = POLLIN };
	int64_t end = monotonic_now() + usec;

	for (;;) {
		int64_t left = end - monotonic_now();

		if (interrupt_pending())
			return -EINTR;
		if (left <= 0)
			return 0;
		(void)poll(&fd, 1, (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC));
	}
}
