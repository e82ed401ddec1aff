/* See session.h. */

#include "daemon/session.h"

void session_begin(struct session *session, struct actor *actor)
{
	actor_ref(actor);
	actor_unref(session->actor);
	session->actor = actor;
	session->ended = NULL;
	session->revoked = session->told = false;
}

void session_end(struct session *session, const char *why, bool revoked)
{
	session->actor = actor_unref(session->actor);
	session->ended = why;
	session->revoked = revoked;
	session->told = false;
}
