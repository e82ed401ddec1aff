/* who: who is at the site at one moment, by their bookings. */

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/civil.h"

/* The beginning of the phrase, told as it was understood; without any word now. */
static int find_moment(struct client *client, const struct arguments *arguments, int64_t *ret)
{
	const struct words words = { arguments->many, arguments->many_count };
	struct buf told = BUF_INIT(256);
	struct phrase_clock clock;
	int r;

	*ret = client->now;
	if (words.count == 0)
		return STATUS_OK;
	r = phrase_clock_init(&clock, client, PHRASE_ASK, NULL);
	if (r == STATUS_OK)
		r = phrase_edge(client, &clock, &words, WHEN_FROM, ret);
	if (r == STATUS_OK) {
		phrase_echo_instant(&told, client, &clock, *ret);
		note(&client->out, "%s", told.data ? told.data : "");
	}
	phrase_clock_deinit(&clock);
	buf_deinit(&told);
	return r;
}

int cmd_who(struct client *client, const struct command *command _unused_,
	    const struct arguments *arguments)
{
	char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
	struct call call;
	int64_t at;
	int r;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	r = find_moment(client, arguments, &at);
	if (r != STATUS_OK) {
		call_done(&call);
		return r;
	}
	at -= at % USEC_PER_SEC; /* bookings begin and end on whole seconds */
	params_str(&call.params, "from", instant_format(at, from));
	params_str(&call.params, "to", instant_format(at + USEC_PER_SEC, to));
	return pages_print(client, &call, view_find("who"));
}
