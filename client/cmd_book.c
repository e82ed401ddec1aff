/*
 * book: a space by its code, any one of a kind, or one chosen on the terminal.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/booked.h"
#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/phrase.h"
#include "client/pick.h"
#include "client/place.h"
#include "client/wish.h"
#include "common/json.h"
#include "common/macros.h"

struct book {
	const char *space, *kind; /* at most one of them; neither: it is to be chosen */
	struct words place, when; /* as they were typed */
	char picked[PICK_CODE_MAX];
};

/* [WHAT] WHEN...: the first word is a kind, or a space unless it could begin a phrase. */
static void split(const struct arguments *arguments, struct book *ret)
{
	*ret = (struct book){ .space = arguments_get(arguments, "space"),
			      .when = { arguments->many, arguments->many_count, false } };
	if (ret->space) {
		ret->place = (struct words){ arguments_slot(arguments, "space"), 1, true };
		return;
	}
	ret->kind = place_kind(ret->when.words[0]);
	if (!ret->kind && when_is_word(ret->when.words[0]))
		return;
	if (!ret->kind)
		ret->space = ret->when.words[0];
	ret->place = (struct words){ ret->when.words, 1, false };
	ret->when.words++;
	ret->when.count--;
}

/* Nobody is there to choose: what could be typed instead. */
static int tell_choice(const struct client *client, const struct book *book)
{
	char phrase[PHRASE_MAX], with_kind[PHRASE_MAX + 8], space[PHRASE_MAX + 16];
	struct words first = { book->when.words, 1, false };
	struct edit edit = { book->when, with_kind }, option = { first, space };
	char *line;

	complain(_("book what? Say a space or a kind of one: desk, room, booth, office or event"));
	phrase_join(&book->when, phrase);
	snprintf(with_kind, sizeof(with_kind), "desk %s", phrase);
	line = line_with(client, &edit, 1, NULL);
	if (line)
		complain_more(_("try"), "%s", line);
	free(line);
	/* One word that could be either a time or a space with such a code. */
	if (book->when.count > 1 && strchr(first.words[0], '-') &&
	    isalpha((unsigned char)*first.words[0])) {
		snprintf(space, sizeof(space), "--space %s", first.words[0]);
		line = line_with(client, &option, 1, NULL);
		if (line)
			complain_more(_("or"), "%s", line);
		free(line);
	}
	return STATUS_USAGE;
}

/* Settles what is booked, by asking where that is needed. 0 or an exit status. */
static int settle(struct client *client, const struct arguments *arguments, struct book *book)
{
	const char *wish = wish_given(arguments);
	int r;

	if (book->when.count == 0) {
		complain(_("when? Say a time behind %s, such as tomorrow 9-17"),
			 book->place.count ? book->place.words[0] : "WHAT");
		complain_more(_("help"), "cowork help dates");
		return STATUS_USAGE;
	}
	if (book->space && wish) {
		complain(_("%s chooses among many spaces, and %s is one"), wish, book->space);
		complain_more(_("help"), "cowork help book");
		return STATUS_USAGE;
	}
	if (book->space || book->kind)
		return STATUS_OK;
	if (!pick_possible(client))
		return tell_choice(client, book);
	r = pick_space(client, arguments, &book->when, book->picked);
	book->space = book->picked;
	return r;
}

/* The space, or what it is to be like. */
static bool add_place(struct params *params, const struct arguments *arguments,
		      const struct book *book)
{
	const char *capacity = arguments_get(arguments, "capacity");
	bool ok;

	if (book->kind) {
		params_object(params, "like");
		params_str(params, "kind", book->kind);
		ok = wish_add(params, arguments);
		params_object_end(params);
		return ok;
	}
	params_str(params, "space", book->space);
	if (!capacity || params_typed(params, "capacity", capacity))
		return true;
	complain(_("%s wants a whole number, not \"%s\""), "--capacity", capacity);
	return false;
}

static void add_texts(struct params *params, const struct arguments *arguments)
{
	static const char *const texts[] = { "title", "note", "for", "guest" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		params_str(params, texts[i], arguments_get(arguments, texts[i]));
	if (arguments_has(arguments, "private"))
		params_bool(params, "private", true);
	params_str(params, "source", "client");
}

int cmd_book(struct client *client, const struct command *command _unused_,
	     const struct arguments *arguments)
{
	struct book book;
	struct call call;
	int r;

	split(arguments, &book);
	r = settle(client, arguments, &book);
	if (r != STATUS_OK)
		return r;
	if (!call_begin_site(client, &call, "booking.create", true))
		return STATUS_USAGE;
	r = STATUS_USAGE;
	client->asked.place = book.place;
	wish_note(&client->asked, arguments);
	if (add_place(&call.params, arguments, &book)) {
		add_texts(&call.params, arguments);
		r = booked_ask(client, &call, &book.when, arguments_get(arguments, "fold"));
	}
	if (r == STATUS_OK)
		r = booked_tell(client, json_get(call_result(&call), "booking"), NULL,
				_("would be booked:"));
	if (r == STATUS_OK)
		booked_hint_undo(client);
	call_done(&call);
	return r;
}
