#pragma once

/*
 * The server's certificate: loaded at the start and at each reload, and watched while it is in use,
 * for it may run out under a daemon that nobody restarts. The log warns 30, 7 and 1 days before,
 * when it has expired, and once a day in between; the STATUS line tells it all the time.
 */

#include <stdint.h>

#include "daemon/config.h"
#include "daemon/loop.h"

struct notify;
struct services;
struct ssl_ctx_st;
struct tls_problem;

#define CERTIFICATE_WARN_DAYS 30

/* 0; or a negative errno with what is wrong and, where there is no certificate yet, how one is made. */
int certificate_read(const struct config *config, struct ssl_ctx_st **ret,
		     struct tls_problem *ret_problem);
/* 0 with the context and the instant it ends; -EINVAL, which the log has told. */
int certificate_load(const struct config *config, struct ssl_ctx_st **ret, int64_t *ret_expiry);

/* Whole days, 0 on the last one, -1 when it is over. */
int64_t certificate_days_left(int64_t expiry_usec);

struct certificate_watch {
	const struct services *services; /* borrows */
	struct notify *notify;		 /* borrows */
	struct timer timer;
	int urgency;	   /* of the last warning; 0: none */
	int64_t said_usec; /* instant */
};

/* Embedded. Looks at services->certificate_expiry_usec now, and from now on; again after a reload. */
void certificate_watch(struct certificate_watch *watch, const struct services *services,
		       struct notify *notify);
void certificate_watch_stop(struct certificate_watch *watch);
