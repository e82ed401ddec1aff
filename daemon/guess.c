/* See guess.h. */

#include "daemon/guess.h"

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/log.h"
#include "daemon/password.h"

static bool cancel_refusal(struct request *request)
{
	struct guess *guess = request->waiting;

	timer_stop(&guess->late);
	return true;
}

static void on_late(struct timer *timer)
{
	struct guess *guess = container_of(timer, struct guess, late);
	struct request *request = guess->request;

	if (request->retry_after_ms > 0)
		request_fail(request, ERROR_throttled,
			     "too many failed logins come from your address; wait a little");
	else if (guess->field)
		request_fail_field(request, ERROR_params, guess->field, "wrong", guess->reason);
	else
		request_fail(request, ERROR_unauthenticated, guess->reason);
}

bool guess_turn(struct request *request, const char *login)
{
	struct services *services = request->services;
	struct throttle_source account = throttle_account(login);
	struct throttle_source source = request->session->source;
	int64_t now = monotonic_now() / USEC_PER_MSEC, wait;

	/* First: what is not looked at is no guess at the account. */
	if (!password_work_room(request)) {
		throttle_failed(&services->throttle, &source, now);
		return false;
	}
	wait = throttle_turn(&services->accounts, &account, now, services->config->login_delay);
	if (wait == 0)
		return true;
	request->session->failures++;
	throttle_failed(&services->throttle, &source, now);
	log_warning("an account is guessed at", log_str("req", request->name),
		    log_str("login", login), log_str("peer", request->session->peer));
	request->retry_after_ms = wait;
	request_fail(request, ERROR_throttled,
		     "too many wrong passwords were tried for this login; wait a little");
	return false;
}

void guess_right(struct request *request, const char *login)
{
	struct throttle_source account = throttle_account(login);

	throttle_passed(&request->services->accounts, &account);
}

/*
 * Not so late that the login's own deadline comes first. The clock of the request does not run, or
 * its timeout would be the answer.
 */
void guess_refuse(struct request *request, struct guess *guess, const char *reason)
{
	struct services *services = request->services;
	struct session *session = request->session;
	const struct config *config = services->config;
	int64_t now = monotonic_now() / USEC_PER_MSEC, failures, delay;

	session->failures++;
	log_notice("login refused", log_str("req", request->name), log_str("peer", session->peer),
		   log_str("why", reason));
	failures = throttle_failed(&services->throttle, &session->source, now);
	if (failures > config->login_failures)
		request->retry_after_ms = throttle_left(&services->throttle, &session->source, now);
	delay = throttle_delay(failures, config->login_delay);
	if (delay > config->login_timeout / 2)
		delay = config->login_timeout / 2;
	guess->request = request;
	guess->reason = reason;
	guess->late.fire = on_late;
	request->waiting = guess;
	request->cancel = cancel_refusal;
	timer_stop(&request->deadline);
	timer_start(services->loop, &guess->late, delay);
}
