#pragma once

/*
 * Shared by tls.c and tls_make.c: how a problem is told in one line.
 */

#include "common/macros.h"
#include "common/tls.h"

/* Writes the line, where one is wanted, and returns `r`. Empties OpenSSL's queue of errors. */
int tls_problem_set(struct tls_problem *ret, int r, const char *format, ...) _printf_(3, 4);
/* Whether a host is written as an IPv4 or IPv6 address. */
bool tls_is_address(const char *host);
/* OpenSSL's own words for what failed last, or "unknown reason"; static. Does not empty the queue.
 */
const char *tls_reason(void);
