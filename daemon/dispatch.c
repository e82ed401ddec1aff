/* See dispatch.h. The steps stand in the order in which they run. */

#include "daemon/dispatch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/method.h"
#include "daemon/request.h"

static void find_site(struct request *request);
static void authorise(struct request *request);

/* Whether the session has come far enough for the method. */
static bool admitted(struct request *request)
{
	struct session *session = request->session;
	unsigned flags = request->method ? request->method->flags : 0;

	if (!session->greeted && !(flags & METHOD_NO_HELLO)) {
		request_fail(request, ERROR_hello_required, NULL);
		return false;
	}
	if (!request->actor && !(flags & METHOD_NO_LOGIN)) {
		session->told = true;
		request_fail(request, ERROR_unauthenticated, session->ended);
		return false;
	}
	if (request->actor && !(flags & METHOD_NO_LOGIN) &&
	    request->actor->expires_usec <= instant_now()) {
		request_fail(request, ERROR_unauthenticated,
			     "your token has expired; log in again");
		return false;
	}
	return true;
}

/* Fills the zeroed parameter struct. */
static bool decode(struct request *request, const struct cJSON *params)
{
	struct field_problem problem;
	int r;

	request->data = arena_alloc(request->arena, request->method->size);
	r = request->data ? field_decode(params, request->method->params, FIELD_FROM_CLIENT,
					 request->arena, request->data, &problem)
			  : -ENOMEM;
	if (r == -EINVAL) {
		char message[sizeof(problem.name) + sizeof(problem.reason) + 4];

		snprintf(message, sizeof(message), "%s %s", problem.name, problem.reason);
		request_fail_field(request, ERROR_params, problem.name, problem.rule, message);
	} else if (r < 0) {
		request_fail(request, ERROR_busy, NULL);
	}
	return r == 0;
}

void dispatch(struct request *request, const char *method, const struct cJSON *params)
{
	char message[128];

	request->method = method_find(method);
	if (!admitted(request))
		return;
	if (!request->method) {
		snprintf(message, sizeof(message), "there is no method '%.40s'; see rpc.discover",
			 method);
		request_fail_field(request, ERROR_method, "method", "unknown", message);
		return;
	}
	if (request->services->draining && request->method->flags & METHOD_MUTATION) {
		request_fail(request, ERROR_draining, NULL);
		return;
	}
	if (!decode(request, params))
		return;
	if (!(request->method->flags & METHOD_NO_DB) && !db_up(request->services->db)) {
		request_fail(request, ERROR_db_unavailable, NULL);
		return;
	}
	find_site(request);
}

static void on_sites(struct sites_wait *wait, bool loaded)
{
	struct request *request = container_of(wait, struct request, sites_wait);

	request->cancel = NULL;
	request_release(request);
	if (!loaded)
		request_fail(request, ERROR_db_unavailable, NULL);
	else
		find_site(request);
}

static bool cancel_sites(struct request *request)
{
	sites_forget(request->services->sites, &request->sites_wait);
	return true;
}

/* A site we have not heard of may be new: look once, with the lines behind this one waiting. */
static void find_site(struct request *request)
{
	struct sites *sites = request->services->sites;
	struct site_params *at;
	char message[96];

	if (!(request->method->flags & METHOD_SITE)) {
		authorise(request);
		return;
	}
	at = (struct site_params *)((char *)request->data + request->method->site_offset);
	request->site = sites_find(sites, at->site);
	if (request->site) {
		authorise(request);
	} else if (!request->sites_asked) {
		request->sites_asked = true;
		request->sites_wait.done = on_sites;
		request->cancel = cancel_sites;
		request_hold(request);
		sites_refresh(sites, &request->sites_wait);
	} else {
		snprintf(message, sizeof(message), "there is no site '%s'", at->site);
		request_fail_field(request, ERROR_not_found, "site", "unknown", message);
	}
}

static const char reads_only[] = "your token has the scope read: it changes nothing; log in with "
				 "another one for that";

static void authorise(struct request *request)
{
	const struct method *method = request->method;

	if (request->actor) {
		request->scope = may(request->actor, method->name, request->site);
		if (request->scope == SCOPE_NONE && !(method->flags & METHOD_NO_LOGIN)) {
			request_fail(request, ERROR_forbidden, NULL);
			return;
		}
		/* Also no password, nor another token, which would be a way to more. */
		if (request->actor->reads_only && method->flags & METHOD_MUTATION) {
			request_fail(request, ERROR_forbidden, reads_only);
			return;
		}
	}
	request_stamp(request, ROOM_DISPATCH);
	method->start(request, request->data);
}
