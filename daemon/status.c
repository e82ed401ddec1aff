/* See status.h. */

#include "daemon/status.h"

#include <stdio.h>

#include "common/buf.h"
#include "daemon/certificate.h"
#include "daemon/services.h"

static void say_count(struct buf *out, int64_t count, const char *what)
{
	buf_printf(out, "%lld %s%s", (long long)count, what, count == 1 ? "" : "s");
}

static void say_service(struct buf *out, const struct services *services)
{
	if (services->draining)
		buf_add_str(out, "finishing requests under way; ");
	else if (db_up(services->db))
		buf_add_str(out, "database up; ");
	else
		buf_printf(out, "waiting for the database (%s); changes are refused; ",
			   db_state(services->db));
	say_count(out, services->connections, "client");
	if (services->draining) {
		buf_add_str(out, ", ");
		say_count(out, services_lanes_load(services), "change");
	}
}

static void say_certificate(struct buf *out, const struct services *services)
{
	int64_t days = certificate_days_left(services->certificate_expiry_usec);

	if (days < 0)
		buf_add_str(out, "; the certificate has expired");
	else if (days == 0)
		buf_add_str(out, "; the certificate expires within a day");
	else if (days < CERTIFICATE_WARN_DAYS)
		buf_printf(out, "; the certificate expires in %lld days", (long long)days);
}

const char *status_text(const struct services *services, char text[STATUS_TEXT_MAX])
{
	struct buf out = BUF_INIT(STATUS_TEXT_MAX - 1);

	say_service(&out, services);
	if (*services->stuck)
		buf_printf(&out, "; no progress: %s", services->stuck);
	if (services->reload_refused)
		buf_add_str(&out, "; the last reload was refused, the configuration and "
				  "certificate before it are in force");
	say_certificate(&out, services);
	if (services->clients_max < services->config->connections) {
		buf_add_str(&out, "; room for ");
		say_count(&out, services->clients_max, "client");
		buf_add_str(&out, " only: descriptor limit");
	}
	snprintf(text, STATUS_TEXT_MAX, "%s", out.data ? out.data : "");
	buf_deinit(&out);
	return text;
}
