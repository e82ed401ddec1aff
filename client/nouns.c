/*
 * The nouns that staff keep: thin rows from a command to a method. A position or option becomes the
 * parameter of its name (SPACE -> space, --name-alt -> name_alt); params.c knows which are numbers
 * and lists. The server judges all else.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/files.h"
#include "client/i18n.h"
#include "client/pages.h"
#include "client/view.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/tls.h"

#define CERTIFICATE_MAX 65536

#define ADD(noun_name, words, about, flag_word)                                                    \
	.name = noun_name " add", .usage = words, .summary = about, .run = noun_run,               \
	.flags = COMMAND_LOGIN | COMMAND_MUTATION | (flag_word), .method = noun_name ".create",    \
	.noun = noun_name, .done = N_("added")
#define SET(noun_name, words, about, flag_word)                                                    \
	.name = noun_name " set", .usage = words, .summary = about, .run = noun_run,               \
	.flags = COMMAND_LOGIN | COMMAND_MUTATION | (flag_word), .method = noun_name ".update",    \
	.noun = noun_name, .done = N_("changed")
#define LIST(noun_name, words, about, flag_word)                                                   \
	.name = noun_name " list", .usage = words, .summary = about, .run = noun_run,              \
	.flags = COMMAND_LOGIN | COMMAND_LIST | (flag_word), .method = noun_name ".list",          \
	.noun = noun_name
#define SHOW(noun_name, words, about, flag_word)                                                   \
	.name = noun_name " show", .usage = words, .summary = about, .run = noun_run,              \
	.flags = COMMAND_LOGIN | (flag_word), .method = noun_name ".show", .noun = noun_name
#define DO(noun_name, verb, words, about, flag_word, past)                                         \
	.name = noun_name " " verb, .usage = words, .summary = about, .run = noun_run,             \
	.flags = COMMAND_LOGIN | COMMAND_MUTATION | (flag_word), .method = noun_name "." verb,     \
	.noun = noun_name, .done = past

#define SITE_WORDS                                                                                 \
	"[--name-alt NAME] [--open HH:MM] [--close HH:MM] [--closed-days DAYS] "                   \
	"[--currency CUR] [--locale LOCALE]"
#define SPACE_WORDS                                                                                \
	"[--name-alt NAME] [--floor FLOOR] [--area AREA] [--capacity N] "                          \
	"[--amenities LIST] [--x N] [--y N]"

#define CLEARED N_("An empty value ('') takes an optional text away.")

const struct command noun_table[] = {
	{ ADD("site", "CODE --name NAME --zone ZONE " SITE_WORDS " [--external-id ID]",
	      N_("add a site"), 0),
	  .examples = "cowork site add KSQ --name 'Kendall Square' --zone America/New_York "
		      "--open 07:00 --close 22:00" },
	{ LIST("site", "", N_("list the sites"), 0), .examples = "cowork site list\n"
								 "cowork site list -o name" },
	{ SHOW("site", "SITE", N_("show a site"), 0), .examples = "cowork site show KSQ" },
	{ SET("site",
	      "SITE [--name NAME] [--zone ZONE] " SITE_WORDS " [--external-id ID] [--if-version N]",
	      N_("change a site"), 0),
	  .more = CLEARED, .examples = "cowork site set KSQ --currency USD --name-alt ''" },
	{ .name = "site rule",
	  .usage = "KIND [--longest LENGTH] [--shortest LENGTH] [--granularity LENGTH] "
		   "[--notice LENGTH] [--horizon DAYS] [--one-at-a-time YES|NO] [--if-version N]",
	  .summary = N_("show or change what a booking of a kind of space may be"),
	  .more = N_("KIND is desk, room, booth, office or event. LENGTH is such as 15m, 8h or "
		     "1h30m, DAYS such as 90d; none takes a limit away, and what is not given "
		     "stays. --granularity: start and end are multiples of it on the site's "
		     "clock. --notice: so long before it begins it is made. --horizon: so many "
		     "days ahead, 0 is today. --one-at-a-time: a person has one such place at "
		     "a time. Staff may pass these rules."),
	  .examples = "cowork site rule desk --longest 12h --horizon 30d --one-at-a-time yes\n"
		      "cowork site rule room --longest none\n"
		      "cowork site rule booth",
	  .run = cmd_site_rule,
	  .flags = COMMAND_LOGIN | COMMAND_MUTATION },
	{ ADD("floor", "CODE [--name NAME] [--name-alt NAME] [--position N] [--external-id ID]",
	      N_("add a floor"), COMMAND_SITE),
	  .examples = "cowork floor add 2F --name 'Second floor' --position 2" },
	{ LIST("floor", "", N_("list the floors"), COMMAND_SITE), .examples = "cowork floor list" },
	{ SET("floor",
	      "FLOOR [--name NAME] [--name-alt NAME] [--position N] [--external-id ID] "
	      "[--if-version N]",
	      N_("change a floor"), COMMAND_SITE),
	  .more = CLEARED, .examples = "cowork floor set 2F --name 'Garden floor'" },
	{ ADD("area", "CODE [--name NAME] [--name-alt NAME] [--floor FLOOR] [--external-id ID]",
	      N_("add an area of spaces"), COMMAND_SITE),
	  .examples = "cowork area add A --name 'By the window' --floor 2F" },
	{ LIST("area", "", N_("list the areas"), COMMAND_SITE), .examples = "cowork area list" },
	{ SET("area",
	      "AREA [--name NAME] [--name-alt NAME] [--floor FLOOR] [--external-id ID] "
	      "[--if-version N]",
	      N_("change an area"), COMMAND_SITE),
	  .more = CLEARED, .examples = "cowork area set A --name 'Quiet zone' --floor 3F" },
	{ ADD("space",
	      "CODE --kind KIND [--name NAME] " SPACE_WORDS " [--units LIST] [--external-id ID]",
	      N_("add a desk, room, booth, office or event space"), COMMAND_SITE),
	  .examples = "cowork space add A-12 --name 'Desk 12' --kind desk --floor 2F\n"
		      "cowork space add AB --name 'Hall A+B' --kind event --units A,B" },
	{ LIST("space", "[--kind KIND] [--floor FLOOR] [--area AREA] [--retired]",
	       N_("list the spaces"), COMMAND_SITE),
	  .examples = "cowork space list\n"
		      "cowork space list --kind room --floor 2F" },
	{ SHOW("space", "SPACE", N_("show a space"), COMMAND_SITE),
	  .examples = "cowork space show A-12" },
	{ SET("space",
	      "SPACE [--name NAME] [--kind KIND] " SPACE_WORDS
	      " [--units LIST] [--external-id ID] [--if-version N]",
	      N_("change a space"), COMMAND_SITE),
	  .more = N_("An empty value ('') takes an optional text away. --units: what the space "
		     "is made of can change only while no booking or block holds it."),
	  .examples = "cowork space set A-12 --name 'Corner desk' --area ''" },
	{ DO("space", "retire", "SPACE [--with-bookings] [--if-version N]",
	     N_("take a space out of use for good"), COMMAND_SITE, N_("retired")),
	  .more = N_("A space with bookings that are not over is retired only --with-bookings: "
		     "they stay until somebody moves or cancels them. cowork list --space "
		     "shows them."),
	  .examples = "cowork space retire A-12\n"
		      "cowork space retire A-12 --with-bookings" },
	{ ADD("tenant", "CODE --name NAME [--name-alt NAME] [--email EMAIL] [--external-id ID]",
	      N_("add a tenant company"), 0),
	  .examples = "cowork tenant add BIO --name 'Charles Bio' --email office@bio.example" },
	{ LIST("tenant", "", N_("list the tenants"), 0), .examples = "cowork tenant list" },
	{ SHOW("tenant", "TENANT", N_("show a tenant"), 0), .examples = "cowork tenant show BIO" },
	{ SET("tenant",
	      "TENANT [--name NAME] [--name-alt NAME] [--email EMAIL] [--state STATE] "
	      "[--external-id ID] [--if-version N]",
	      N_("change a tenant"), 0),
	  .more = CLEARED, .examples = "cowork tenant set BIO --email hello@bio.example" },
	{ DO("member", "invite",
	     "TENANT LOGIN --name NAME [--lang LANG] [--role ROLE] [--external-id ID] [--again]",
	     N_("invite a person of a tenant; prints the one-time code"), 0, N_("invited")),
	  .examples = "cowork member invite HANBIT minji@hanbit.example --name 김민지 --lang ko" },
	{ LIST("member", "[--tenant TENANT]", N_("list the members"), 0),
	  .examples = "cowork member list\n"
		      "cowork member list --tenant BIO" },
	{ SET("member",
	      "LOGIN [--name NAME] [--lang LANG] [--role ROLE] [--state STATE] "
	      "[--external-id ID] [--if-version N]",
	      N_("change a member"), 0),
	  .more = CLEARED,
	  .examples = "cowork member set maya@bio.example --name 'Maya Ortiz' --lang en" },
	{ DO("member", "disable", "LOGIN [--if-version N]",
	     N_("end a member's access; what they have booked stays"), 0, N_("disabled")),
	  .examples = "cowork member disable maya@bio.example" },
	{ .name = "member find",
	  .usage = "TEXT",
	  .summary = N_("members whose login, or a word of whose name, begins like this"),
	  .run = noun_run,
	  .flags = COMMAND_LOGIN | COMMAND_LIST,
	  .method = "member.find",
	  .noun = "member",
	  .examples = "cowork member find park" },
	{ LIST("staff", "[--role ROLE] [--site SITE] [--revoked]",
	       N_("list the operator's own people"), 0),
	  .examples = "cowork staff list\n"
		      "cowork staff list --role front_desk --site KSQ" },
	{ DO("staff", "grant", "LOGIN --name NAME --role ROLE [--lang LANG] [--site SITE]",
	     N_("make a person staff; prints the one-time code"), 0, N_("granted")),
	  .examples = "cowork staff grant kim@example.org --name 'Kim Lee' --role front_desk "
		      "--site KSQ" },
	{ DO("staff", "revoke", "LOGIN", N_("end a person's staff rights"), 0, N_("revoked")),
	  .examples = "cowork staff revoke kim@example.org" },
	{ .name = "block add",
	  .usage = "SPACE WHEN... --reason REASON [--note TEXT] [--external-id ID] [--fold 0|1]",
	  .summary = N_("take a space out of service for a time"),
	  .more = N_("WHEN is as for book. Where bookings are in the way they are named, and "
		     "nothing is changed."),
	  .examples = "cowork block add A-12 tomorrow 9-12 --reason repair\n"
		      "cowork block add A-12 2026-11-23T00:00 2026-11-30T00:00 --reason repair",
	  .run = cmd_block_add,
	  .flags = COMMAND_LOGIN | COMMAND_MUTATION },
	{ LIST("block", "[--space SPACE] [--ended]", N_("list the blocks"), COMMAND_SITE),
	  .examples = "cowork block list\n"
		      "cowork block list --space A-12 --ended" },
	{ DO("block", "end", "REF [--if-version N]", N_("end a block now"), COMMAND_SITE,
	     N_("ended")),
	  .examples = "cowork block end B-7F3KAT" },
	{ DO("token", "issue",
	     "[LABEL] [--days N] [--scope SCOPE] [--for LOGIN] [--certificate FILE]",
	     N_("make a token for a program; prints it once"), 0, N_("issued")),
	  .more = N_("With --scope read nothing can be changed by it; full is the default. --for "
		     "makes it for a service, which operators may. With --certificate no "
		     "token is made: the service may log in by that client certificate, a file "
		     "in PEM, or its fingerprint (SHA256:...)."),
	  .examples =
		  "cowork token issue door-display --scope read --days 365\n"
		  "cowork token issue reader --for reader@example.org --certificate reader.pem" },
	{ LIST("token", "", N_("list my tokens"), 0), .examples = "cowork token list" },
	{ DO("token", "revoke", "TOKEN", N_("end a token, by its eight symbols"), 0, N_("revoked")),
	  .examples = "cowork token revoke ABCDEFGH" },
};

const size_t noun_table_count = ARRAY_SIZE(noun_table);

/* A fingerprint, or that of the certificate in a file: its key may stand there too, and stays here. */
static bool add_certificate(struct params *params, const char *value)
{
	char text[TLS_FINGERPRINT_TEXT_MAX];
	struct buf pem = BUF_INIT(CERTIFICATE_MAX);
	uint8_t fingerprint[SHA256_SIZE];
	int r = tls_fingerprint_parse(value, fingerprint);

	if (r < 0)
		r = file_read(value, &pem);
	if (r == 0 && pem.len > 0)
		r = tls_pem_fingerprint(pem.data, fingerprint);
	if (pem.data)
		crypto_wipe(pem.data, pem.size);
	buf_deinit(&pem);
	if (r < 0) {
		complain("%s: %s", value,
			 r == -EINVAL ? _("there is no certificate in it") : strerror(-r));
		return false;
	}
	params_str(params, "certificate", tls_fingerprint_format(fingerprint, text));
	return true;
}

static bool add_arguments(struct params *params, const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++) {
		const struct argument *argument = &arguments->items[i];

		if (strcmp(argument->name, "certificate") == 0) {
			if (!add_certificate(params, argument->value))
				return false;
			continue;
		}
		if (!params_typed(params, argument->name, argument->value)) {
			complain(_("%s wants whole numbers, not \"%s\""), argument->name,
				 argument->value);
			return false;
		}
	}
	return true;
}

/* What names the thing: its code, reference, login or token. */
static const char *name_of(const struct cJSON *object)
{
	static const char *const members[] = { "ref", "code", "login", "id" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (json_str(object, members[i]))
			return json_str(object, members[i]);
	return "";
}

/* "✓ space A-12 added"; codes and tokens, which are told once, on a line of their own. */
static int tell_done(struct client *client, const struct command *command, const struct call *call)
{
	const struct cJSON *result = call_result(call), *object = json_get(result, command->noun);
	const struct cJSON *named = json_is_object(object) ? object : result;
	const char *once = json_str(result, "code");
	int64_t bookings = 0;
	struct buf line = BUF_INIT(16384);

	if (client->out.format == FORMAT_JSON)
		return view_members(client, object && !once ? object : result);
	if (!once && strcmp(command->noun, "token") == 0)
		once = json_str(result, "token");
	if (client->out.format == FORMAT_TSV && json_is_object(object)) {
		int r = view_show(client, view_find(command->noun), object);

		if (r != STATUS_OK)
			return r;
	} else if (client->out.format == FORMAT_TABLE) {
		buf_printf(&line, "✓ %s ", command->noun);
		text_line(&line, name_of(named));
		out_printf(&client->out, "%s%s%s\n", line.data, *name_of(named) ? " " : "",
			   client->options.dry_run ? _("would be fine") : _(command->done));
	}
	if (json_int(result, "bookings", &bookings) && bookings > 0 &&
	    client->out.format == FORMAT_TABLE)
		note(&client->out, _("They still have bookings: %lld."), (long long)bookings);
	buf_reset(&line);
	if (once)
		text_escape(&line, once);
	if (once && line.data)
		out_printf(&client->out, "%s\n", line.data);
	if (once && client->out.format == FORMAT_TABLE)
		note(&client->out, _("This is shown only now; keep it safe."));
	buf_deinit(&line);
	return STATUS_OK;
}

int noun_run(struct client *client, const struct command *command,
	     const struct arguments *arguments)
{
	bool mutation = command->flags & COMMAND_MUTATION;
	struct call call;
	int r;

	if (command->flags & COMMAND_SITE) {
		if (!call_begin_site(client, &call, command->method, mutation))
			return STATUS_USAGE;
	} else {
		call_begin(&call, command->method, mutation);
	}
	if (!add_arguments(&call.params, arguments)) {
		call_done(&call);
		return STATUS_USAGE;
	}
	if (command->flags & COMMAND_LIST)
		return pages_print(client, &call, view_find(command->noun));
	r = call_run(client, &call);
	if (r == STATUS_OK && mutation)
		r = tell_done(client, command, &call);
	else if (r == STATUS_OK)
		r = view_show(client, view_find(command->noun),
			      json_get(call_result(&call), command->noun));
	call_done(&call);
	return r;
}
