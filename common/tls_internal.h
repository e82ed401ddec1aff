#pragma once

/*
 * Shared by tls*.c: how a problem is told in one line, and times of certificates.
 */

#include "common/macros.h"
#include "common/tls.h"

struct asn1_string_st; /* ASN1_TIME */

/* Writes the line, where one is wanted, and returns `r`. Empties OpenSSL's queue of errors. */
int tls_problem_set(struct tls_problem *ret, int r, const char *format, ...) _printf_(3, 4);
/* Whether a host is written as an IPv4 or IPv6 address. */
bool tls_is_address(const char *host);
/* OpenSSL's own words for what failed last, or "unknown reason"; static. Does not empty the queue.
 */
const char *tls_reason(void);
/*
 * Shakes hands with the context as a client would. OpenSSL takes what it could not allocate at its first use for
 * what is not there, and then refuses every client: better found out before. 0, -EPROTO, -ENOMEM; OpenSSL's queue
 * of errors tells why.
 */
int tls_trial(struct ssl_ctx_st *server, const unsigned char *protocols, unsigned len);
/* Microseconds since the epoch; 0, or -EINVAL where the certificate's time is not one. */
int tls_asn1_usec(const struct asn1_string_st *time, int64_t *ret);
