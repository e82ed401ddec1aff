/*
 * Dry runs with keys of their own, which nobody will ask for again.
 */

#include "client/arguments.h"
#include "client/call.h"
#include "client/client.h"
#include "client/trial.h"
#include "common/civil.h"
#include "common/uuid7.h"

/* The rest of a change that changes nothing, and whether it would have been done. */
static bool run(struct client *client, struct call *call, const char *space, int64_t start,
		int64_t end)
{
	char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX], key[UUID_TEXT_MAX];
	bool would;

	params_str(&call->params, "site", client_site_or_none(client));
	params_str(&call->params, "space", space);
	params_str(&call->params, "start", instant_format(start, from));
	params_str(&call->params, "end", instant_format(end, to));
	params_bool(&call->params, "dry_run", true);
	would = uuid7_make(instant_now(), key) == 0;
	params_str(&call->params, "key", key);
	would = would && call_try(client, call) == 0;
	call_done(call);
	return would;
}

bool trial_book(struct client *client, const char *space, int64_t start, int64_t end)
{
	const struct arguments *arguments = client->asked.arguments;
	const char *capacity = arguments ? arguments_get(arguments, "capacity") : NULL;
	struct call call;

	call_begin(&call, "booking.create", false);
	if (arguments)
		params_str(&call.params, "for", arguments_get(arguments, "for"));
	if (capacity && !params_typed(&call.params, "capacity", capacity)) {
		call_done(&call);
		return false;
	}
	return run(client, &call, space, start, end);
}

bool trial_move(struct client *client, const char *ref)
{
	struct call call;

	call_begin(&call, "booking.move", false);
	params_str(&call.params, "ref", ref);
	return run(client, &call, client->asked.place.words[0], client->asked.start,
		   client->asked.end);
}
