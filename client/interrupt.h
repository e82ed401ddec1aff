#pragma once

/*
 * Ctrl-C. The handler sets a flag and wakes every poll() that watches interrupt_fd(), so a signal
 * between the check and the wait is not lost. A second Ctrl-C ends the process at once.
 */

#include <stdbool.h>
#include <stdint.h>

/* Catches SIGINT and ignores SIGPIPE; 0 or a negative errno. */
int interrupt_init(void);
bool interrupt_pending(void);
/* Readable once interrupted; -1 before interrupt_init(). */
int interrupt_fd(void);
/* Takes note of the interrupt, so that waiting works again: for those who finish what is under way.
 * The next Ctrl-C ends the process. */
void interrupt_acknowledge(void);
/* Waits; 0 after the time, -EINTR when interrupted. */
int interrupt_sleep(int64_t usec);
