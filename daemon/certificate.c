/* See certificate.h. */

#include "daemon/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/civil.h"
#include "common/macros.h"
#include "common/tls.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/services.h"

#define DAY_USEC (86400 * USEC_PER_SEC)
/* Between looks: the wall clock may be set meanwhile. */
#define LOOK_MS 60000

/* Each is more urgent than the one before. */
static const int64_t urgencies[] = { CERTIFICATE_WARN_DAYS * DAY_USEC, 7 * DAY_USEC, DAY_USEC, 0 };

int certificate_read(const struct config *config, struct ssl_ctx_st **ret,
		     struct tls_problem *ret_problem)
{
	int r = tls_server_new(config->certificate, config->key, ret, ret_problem);
	size_t used = r < 0 ? strlen(ret_problem->text) : 0;

	if (r == -ENOENT && access(config->certificate, F_OK) < 0)
		snprintf(ret_problem->text + used, sizeof(ret_problem->text) - used,
			 "; coworkd setup --certificate-for HOST makes one");
	return r;
}

int certificate_load(const struct config *config, struct ssl_ctx_st **ret, int64_t *ret_expiry)
{
	struct tls_problem problem;

	if (certificate_read(config, ret, &problem) < 0) {
		log_error("certificate unusable", log_str("why", problem.text));
		return -EINVAL;
	}
	*ret_expiry = 0;
	tls_certificate_expiry(*ret, ret_expiry);
	return 0;
}

int64_t certificate_days_left(int64_t expiry_usec)
{
	int64_t left = expiry_usec - instant_now();

	return left > 0 ? left / DAY_USEC : -1;
}

/* How many of the urgencies it has come to; *ret_usec: how long until the next one. */
static int urgency_of(int64_t left, int64_t *ret_usec)
{
	int urgency = 0;

	while (urgency < (int)ARRAY_SIZE(urgencies) && left <= urgencies[urgency])
		urgency++;
	*ret_usec = urgency < (int)ARRAY_SIZE(urgencies) ? left - urgencies[urgency] : INT64_MAX;
	return urgency;
}

static void warn(const struct services *services)
{
	int64_t days = certificate_days_left(services->certificate_expiry_usec);
	char text[INSTANT_TEXT_MAX];

	instant_format(services->certificate_expiry_usec, text);
	if (days < 0)
		log_error("the certificate has expired; clients cannot connect",
			  log_str("expired", text),
			  log_str("do", "replace it and reload the service"));
	else
		log_warning("the certificate expires soon", log_int("days", days),
			    log_str("expires", text),
			    log_str("do", "replace it and reload the service"));
}

static void look(struct certificate_watch *watch)
{
	int64_t now = instant_now(), next;
	int urgency = urgency_of(watch->services->certificate_expiry_usec - now, &next);

	if (urgency > watch->urgency || (urgency > 0 && now - watch->said_usec >= DAY_USEC)) {
		warn(watch->services);
		watch->said_usec = now;
		notify_changed(watch->notify);
	}
	watch->urgency = urgency;
	next = next < LOOK_MS * USEC_PER_MSEC ? next / USEC_PER_MSEC + 1 : LOOK_MS;
	timer_start(watch->services->loop, &watch->timer, next);
}

static void on_look(struct timer *timer)
{
	look(container_of(timer, struct certificate_watch, timer));
}

void certificate_watch(struct certificate_watch *watch, const struct services *services,
		       struct notify *notify)
{
	watch->services = services;
	watch->notify = notify;
	watch->urgency = 0; /* it may be another one */
	watch->timer.fire = on_look;
	look(watch);
}

void certificate_watch_stop(struct certificate_watch *watch)
{
	timer_stop(&watch->timer);
}
