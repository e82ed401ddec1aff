/*
 * mine, list: who booked what.
 */

#include <ctype.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/phrase.h"
#include "client/view.h"
#include "common/civil.h"
#include "common/json.h"
#include "common/macros.h"

/* One bound of a list, as an instant; told as it was understood. */
static int add_edge(struct client *client, struct params *params, const struct phrase_clock *clock,
		    const struct words *words, bool from, struct buf *told)
{
	char instant[INSTANT_TEXT_MAX];
	int64_t at;
	int r;

	if (words->count == 0)
		return STATUS_OK;
	r = phrase_edge(client, clock, words, from ? WHEN_FROM : WHEN_TO, &at);
	if (r != STATUS_OK)
		return r;
	params_str(params, from ? "from" : "to", instant_format(at, instant));
	buf_printf(told, "%s%s ", told->len ? " " : "", from ? _("from") : _("to"));
	phrase_echo_instant(told, client, clock, at);
	return STATUS_OK;
}

/* "list M-2 fri" is as good as "list --space M-2 fri": the code where the first word is one. */
static const char *split_list(const struct arguments *arguments, struct words *ret)
{
	const char *space = arguments_get(arguments, "space");

	*ret = (struct words){ arguments->many, arguments->many_count, false };
	if (space || ret->count == 0 || when_is_word(ret->words[0]) ||
	    !isalpha((unsigned char)ret->words[0][0]) || !strpbrk(ret->words[0], "0123456789"))
		return space;
	ret->words++;
	ret->count--;
	return ret->words[-1];
}

/* A day, which is both bounds, or --from and --to. */
static int add_edges(struct client *client, struct params *params, struct words day,
		     const struct arguments *arguments)
{
	const char *const *from = arguments_slot(arguments, "from");
	const char *const *to = arguments_slot(arguments, "to");
	struct words start = { from, from ? 1 : 0, true }, end = { to, to ? 1 : 0, true };
	struct buf told = BUF_INIT(256);
	struct phrase_clock clock;
	int r;

	if (!from && !to && day.count == 0)
		return STATUS_OK;
	if (day.count > 0 && (from || to)) {
		complain(_("either a day, or --from and --to"));
		return STATUS_USAGE;
	}
	r = phrase_clock_init(&clock, client, PHRASE_ASK, arguments_get(arguments, "fold"));
	if (r == STATUS_OK)
		r = add_edge(client, params, &clock, day.count ? &day : &start, true, &told);
	if (r == STATUS_OK)
		r = add_edge(client, params, &clock, day.count ? &day : &end, false, &told);
	if (r == STATUS_OK && told.data)
		note(&client->out, "%s", told.data);
	phrase_clock_deinit(&clock);
	buf_deinit(&told);
	return r;
}

static int print_list(struct client *client, struct call *call, struct words day,
		      const struct arguments *arguments, const char *view)
{
	int r = add_edges(client, &call->params, day, arguments);

	/* A day is asked for to see all of it. */
	if (day.count > 0 && client->options.limit < 0)
		client->options.limit = 0;
	if (r == STATUS_OK)
		return pages_print(client, call, view_find(day.count > 0 ? "day_list" : view));
	call_done(call);
	return r;
}

int cmd_mine(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct words day = { arguments->many, arguments->many_count, false };
	char now[INSTANT_TEXT_MAX];
	bool past = arguments_has(arguments, "past");
	struct call call;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	instant_format(client->now / USEC_PER_SEC * USEC_PER_SEC, now);
	params_bool(&call.params, "mine", true);
	/* Without bounds of one's own: from now on, or until now. */
	if (past ? !arguments_has(arguments, "to") && arguments->many_count == 0
		 : !arguments_has(arguments, "from") && !arguments_has(arguments, "to") &&
			    arguments->many_count == 0)
		params_str(&call.params, past ? "to" : "from", now);
	if (past) {
		params_str(&call.params, "state", "all");
		params_bool(&call.params, "newest", true);
	}
	return print_list(client, &call, day, arguments, "mine");
}

int cmd_list(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct words day;
	const char *space = split_list(arguments, &day);
	struct call call;

	if (!call_begin_site(client, &call, "booking.list", false))
		return STATUS_USAGE;
	params_str(&call.params, "space", space);
	params_str(&call.params, "tenant", arguments_get(arguments, "tenant"));
	if (arguments_has(arguments, "all"))
		params_str(&call.params, "state", "all");
	if (arguments_has(arguments, "newest"))
		params_bool(&call.params, "newest", true);
	return print_list(client, &call, day, arguments, "booking");
}
