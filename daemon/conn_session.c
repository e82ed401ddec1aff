/*
 * Who a connection is, as time goes on: a login opens it, its token's end or others' word takes it
 * back to where it has to log in. See conn.h.
 */

#include <errno.h>

#include "common/civil.h"
#include "common/macros.h"
#include "daemon/conn_internal.h"
#include "daemon/log.h"
#include "daemon/login.h"
#include "daemon/watch.h"

void conn_follow_session(struct conn *conn)
{
	struct services *services = conn->conns->services;
	const struct actor *actor = conn->session.actor;
	int64_t left = actor ? (actor->expires_usec - instant_now()) / USEC_PER_MSEC : 0;

	if (actor && conn->expires_usec != actor->expires_usec) {
		conn->expires_usec = actor->expires_usec;
		timer_start(services->loop, &conn->expiry, left > 0 ? left + 1 : 1);
	}
	if (conn->state == CONN_LOGIN && actor) {
		conn_set_state(conn, CONN_OPEN);
		timer_stop(&conn->deadline);
		frame_set_max(&conn->frames, (size_t)services->config->line_bytes);
	} else if (conn->state == CONN_OPEN && !actor) {
		if (conn->session.ended)
			watches_revoke(&conn->session);
		else
			watches_leave(&conn->session);
		conn_set_state(conn, CONN_LOGIN);
		timer_start(services->loop, &conn->deadline, services->config->login_timeout);
		/* What was sent in good faith is told what has become of it. */
		if (!conn->session.ended)
			frame_set_max(&conn->frames,
				      (size_t)services->config->line_bytes_before_login);
	}
	if (!actor) {
		timer_stop(&conn->expiry);
		conn->expires_usec = 0;
	}
}

/*
 * The login is over, whatever the client thinks. Requests under way are answered; further ones hear
 * why. Nothing is closed from here: it may be one of these requests that ended it.
 */
static void end_login(struct conn *conn, const char *why, bool revoked)
{
	log_info("login ended", log_str("actor", conn->session.actor->login),
		 log_str("peer", conn->session.peer), log_str("why", why));
	session_end(&conn->session, why, revoked);
	conn_follow_session(conn);
	loop_defer(conn->conns->services->loop, &conn->resume);
}

void conn_on_expiry(struct timer *timer)
{
	struct conn *conn = container_of(timer, struct conn, expiry);

	if (conn->session.actor)
		end_login(conn, "your token has expired; log in again", false);
}

static void judge_again(struct conn *conn)
{
	struct actor *actor = NULL;
	const char *why;
	int r = login_again(conn->conns->services, conn->session.actor, &actor, &why);

	if (r == -EACCES) {
		end_login(conn, why, true);
	} else if (actor) {
		log_info("rights changed", log_str("actor", actor->login),
			 log_str("role", role_names[actor->role]),
			 log_str("peer", conn->session.peer));
		session_begin(&conn->session, actor);
		actor_unref(actor);
		watches_revoke(&conn->session);
		conn_follow_session(conn);
	}
}

void conns_judge_again(struct conns *conns, int64_t person_id, int64_t tenant_id)
{
	struct conn *conn;

	TAILQ_FOREACH (conn, &conns->list, entry) {
		const struct actor *actor = conn->session.actor;

		if (actor && conn->state == CONN_OPEN &&
		    (person_id == 0 || actor->person_id == person_id) &&
		    (tenant_id == 0 || actor->tenant_id == tenant_id))
			judge_again(conn);
	}
}
