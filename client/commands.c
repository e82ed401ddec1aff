/*
 * The table of commands in the order in which help shows them. The usage is the grammar.
 */

#include <stddef.h>

#include "client/commands.h"
#include "client/i18n.h"
#include "client/wish.h"
#include "common/macros.h"

const struct command command_table[] = {
	{
		.name = "book",
		.usage = "[WHAT] WHEN... [--space SPACE] " WISH_WORDS " [--title TEXT] "
			 "[--note TEXT] [--private] [--for LOGIN] [--guest NAME] [--fold 0|1]",
		.summary = N_("book a space"),
		.more = N_(
			"WHAT is a space's code, or a kind: desk, room, booth, office, event; then "
			"the best one that is free is booked, by the same wishes as for free. "
			"Without WHAT a terminal shows what is free to choose from. WHEN is a "
			"phrase such as tomorrow 9-17, mon 14:00 for 2h or 내일 오후 2시-4시: see "
			"cowork help dates. What the phrase came to is always told. --space is for "
			"a code that could be taken for a time. --private keeps title, note and "
			"guest from colleagues. Where the clocks go back a time exists twice; "
			"--fold says which: 0 the first, 1 the second."),
		.examples = "cowork book A-12 tomorrow 9-17\n"
			    "cowork book desk tomorrow 9-17 --near A-12\n"
			    "cowork book room mon 14:00 for 1h --capacity 6 --title Planning\n"
			    "cowork book A-12 2026-11-23T09:00 2026-11-23T17:00 --dry-run",
		.run = cmd_book,
		.flags = COMMAND_LOGIN | COMMAND_MUTATION,
	},
	{
		.name = "free",
		.usage = "[KIND] [WHEN...] " WISH_WORDS " [--fold 0|1]",
		.summary = N_("which spaces are free for the whole time, best first"),
		.more = N_("KIND is desk, room, booth, office or event; WHEN is as for book, and "
			   "without it until the site closes."
			   " --has lists amenities, e.g. screen;phone, all of which must be "
			   "there. --near puts the nearest to a space first. The exit status is 1 "
			   "when nothing is free."),
		.examples = "cowork free\n"
			    "cowork free desk tomorrow 9-17 --near A-12\n"
			    "cowork free room 2026-11-23T14:00 2026-11-23T15:00 --capacity 6",
		.run = cmd_free,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "day",
		.usage = "[SPACE] [WHEN...] [--area AREA] [--floor FLOOR]",
		.summary = N_("a day of a space, an area, a floor or the site"),
		.more = N_("Free, taken, blocked and closed time. WHEN is a day such as mon or "
			   "2026-11-23: see cowork help dates; without it today."),
		.examples = "cowork day A-12\ncowork day --area A tomorrow",
		.run = cmd_day,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "week",
		.usage = "[SPACE|AREA] [--from DAY]",
		.summary = N_("seven days of a space, an area, a floor or the site"),
		.more = N_("A line a space, a sign an hour or more of the opening hours; days on "
			   "which all is closed are left out. From today unless told. In a narrow "
			   "window and elsewhere than on a terminal, a row for each span of time."),
		.examples = "cowork week\ncowork week A --from mon\ncowork week ROOM-2 --from "
			    "2026-11-30",
		.run = cmd_week,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "mine",
		.usage = "[WHEN...] [--past] [--from TIME] [--to TIME] [--fold 0|1]",
		.summary = N_("list my bookings"),
		.more = N_("From now on, or with --past until now, the newest first and the "
			   "cancelled ones too; or "
			   "those of "
			   "the day WHEN. A day as --from is its beginning, as --to its end: see "
			   "cowork help dates."),
		.examples = "cowork mine\ncowork mine tomorrow\ncowork mine --from mon --to fri\n"
			    "cowork mine --past --limit 20",
		.run = cmd_mine,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "list",
		.usage = "[WHEN...] [--space SPACE] [--tenant TENANT] [--from TIME] [--to TIME] "
			 "[--all] [--newest] [--fold 0|1]",
		.summary = N_("list the site's bookings"),
		.more = N_("Who booked what, on the day WHEN or from --from to --to. --all shows "
			   "cancelled and past states too; --newest has the latest first. A day as "
			   "--from is its beginning, as "
			   "--to its end: see cowork help dates."),
		.examples = "cowork list today\n"
			    "cowork list --space A-12\n"
			    "cowork list --from today --to eow\n"
			    "cowork list --from 2026-11-23T00:00 --to 2026-11-24T00:00 -o tsv",
		.run = cmd_list,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "show",
		.usage = "REF",
		.summary = N_("show a booking"),
		.examples = "cowork show R-7F3KAT\ncowork show R-7F3KAT --json=ref,state,version",
		.run = cmd_show,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "move",
		.usage = "REF [SPACE] [WHEN...] [--space SPACE] [--fold 0|1] [--if-version N]",
		.summary = N_("move a booking to another space, time or both"),
		.more = N_(
			"What is not given stays as it is. WHEN is as for book; --space is for a "
			"code that could be taken for a time. With --if-version it is done only if "
			"nobody changed the booking since it had that version."),
		.examples = "cowork move R-7F3KAT A-13\n"
			    "cowork move R-7F3KAT tomorrow 10-12\n"
			    "cowork move R-7F3KAT A-13 mon 14:00 for 2h",
		.run = cmd_move,
		.flags = COMMAND_LOGIN | COMMAND_MUTATION,
	},
	{
		.name = "extend",
		.usage = "REF WHEN...",
		.summary = N_("let a booking last longer"),
		.more = N_("WHEN is a length such as 1h or 90m, or a new end: until 18:00."),
		.examples = "cowork extend R-7F3KAT 1h\ncowork extend R-7F3KAT until 18:00",
		.run = cmd_extend,
		.flags = COMMAND_LOGIN | COMMAND_MUTATION,
	},
	{
		.name = "cancel",
		.usage = "REF [--if-version N]",
		.summary = N_("cancel a booking"),
		.examples = "cowork cancel R-7F3KAT",
		.run = cmd_cancel,
		.flags = COMMAND_LOGIN | COMMAND_MUTATION,
	},
	{
		.name = "undo",
		.usage = "[REF]",
		.summary = N_("take back my last change of a booking"),
		.more = N_("Within 10 minutes, and if nobody changed the booking since: what was "
			   "booked is cancelled, what was cancelled is booked again if it is still "
			   "free, what was moved goes back. Without REF it is whichever I changed "
			   "last."),
		.examples = "cowork undo\ncowork undo R-7F3KAT",
		.run = cmd_undo,
		.flags = COMMAND_LOGIN | COMMAND_MUTATION,
	},
	{
		.name = "history",
		.usage = "REF",
		.summary = N_("what happened to a booking, and who did it"),
		.examples = "cowork history R-7F3KAT",
		.run = cmd_history,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "who",
		.usage = "[WHEN...]",
		.summary = N_("who is at the site, now or at another time"),
		.more = N_("Those who hold a space at that moment, by their bookings: staff see "
			   "everybody, others their own company. WHEN is a moment such as tomorrow "
			   "10:00; of a day alone it is the time that it is now, or when the site "
			   "is closed then, its opening. See cowork help dates."),
		.examples = "cowork who\ncowork who tomorrow 10:00\ncowork who -o tsv",
		.run = cmd_who,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "watch",
		.usage = "[--topic LIST]",
		.summary = N_("what happens at the site, as it happens"),
		.more = N_("A line for each booking, block and change of the catalogue, until "
			   "Ctrl-C or, with --limit, so many. --topic lists what is wanted: "
			   "bookings, blocks, catalogue. When the connection is lost it is made "
			   "again, and nothing is missed or told twice. Elsewhere than on a "
			   "terminal the fields are as for other lists; --json is one object a "
			   "line."),
		.examples = "cowork watch\ncowork watch --topic bookings -o ndjson",
		.run = cmd_watch,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "when",
		.usage = "WHEN... [--fold 0|1]",
		.summary = N_("tell what a date phrase means"),
		.more = N_(
			"Asks nobody: the clock is --tz, the context's, the site's as it was last "
			"seen, or the system's. See cowork help dates."),
		.examples = "cowork when next tue am\n"
			    "cowork when 다음주 화 오전\n"
			    "cowork when fri 22:00-02:00 --tz America/New_York --json",
		.run = cmd_when,
	},
	{
		.name = "login",
		.usage = "[LOGIN] [--token-file FILE] [--code-file FILE] [--password] "
			 "[--password-file FILE] [--certificate FILE] [--certificate-key FILE] "
			 "[--trust-fingerprint SHA256:..]",
		.summary = N_("log in by token, one-time code, password or certificate"),
		.more = N_(
			"The token (cwk_...) or code (cwc_...) is asked for on a terminal, else "
			"read "
			"from standard input; \"-\" as FILE is standard input too. With LOGIN or "
			"--password it is the password of LOGIN. None of them is ever given on the "
			"command line, where others could see it. A code and a password are "
			"swapped "
			"for a token of 90 days, and with a code a password can be set. "
			"--certificate is for programs: it is shown to the server, which knows it "
			"by "
			"cowork token issue --certificate, and stays in the context with the file "
			"of "
			"its key (the same file unless told). --server, --ca and --site are "
			"remembered "
			"in the context. A server's certificate that the system does not trust can "
			"be "
			"accepted by its fingerprint: on a terminal you are asked, elsewhere give "
			"--trust-fingerprint."),
		.examples =
			"cowork login --server desk.example.org\n"
			"cowork login kim@example.org\n"
			"cowork login --server desk.example.org:7470 --code-file invitation.txt\n"
			"cowork login --certificate reader.pem --certificate-key reader.key\n"
			"cowork login --context home --server localhost --ca demo.pem < token",
		.run = cmd_login,
	},
	{
		.name = "logout",
		.usage = "",
		.summary = N_("forget the token of the context"),
		.more = N_("The token stays valid for whoever has a copy; cowork token revoke ends "
			   "it."),
		.examples = "cowork logout\n"
			    "cowork logout --context home",
		.run = cmd_logout,
	},
	{
		.name = "password",
		.usage = "[--password-file FILE] [--old-password-file FILE]",
		.summary = N_("set or change my password"),
		.more = N_(
			"Asked for on a terminal without showing them, the new one twice; "
			"elsewhere the "
			"new one is the first line of standard input unless --password-file names "
			"another file, and the old one that of --old-password-file. Who has none "
			"yet "
			"leaves the old one out. Who forgot it is invited again: cowork member "
			"invite "
			"--again."),
		.examples = "cowork password",
		.run = cmd_password,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "whoami",
		.usage = "",
		.summary = N_("who is logged in"),
		.examples = "cowork whoami\n"
			    "cowork whoami --json=login,role",
		.run = cmd_whoami,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "status",
		.usage = "",
		.summary = N_("how the server is"),
		.examples = "cowork status\n"
			    "cowork status --json",
		.run = cmd_status,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "doctor",
		.usage = "",
		.summary = N_("check every step to the server and say what to fix"),
		.examples = "cowork doctor",
		.run = cmd_doctor,
	},
	{
		.name = "import",
		.usage = "KIND FILE [--on-error stop|skip] [--window N] [--codes-file FILE]",
		.summary = N_("load sites, spaces, members, bookings and more"),
		.more = N_(
			"FILE is CSV with a header line (RFC 4180) or one JSON object a line, "
			"UTF-8. It "
			"may be stopped and run again at any time: a row that was done is not done "
			"twice within 48 hours, as long as the file keeps its name and the row its "
			"line "
			"and content (or its external_id). See cowork help files for the columns."),
		.examples = "cowork import spaces spaces.csv --site KSQ\n"
			    "cowork import bookings autumn.csv --on-error skip\n"
			    "cowork import members people.csv --codes-file codes.csv",
		.run = cmd_import,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "export",
		.usage = "KIND",
		.summary = N_("write a file that import can read"),
		.more = N_("CSV, or with --json one object a line. Bookings are the live ones."),
		.examples = "cowork export bookings > bookings.csv\n"
			    "cowork export spaces --json > spaces.jsonl",
		.run = cmd_export,
		.flags = COMMAND_LOGIN,
	},
	{
		.name = "config",
		.usage = "",
		.summary = N_("show the contexts and where the files are"),
		.examples = "cowork config",
		.run = cmd_config,
	},
	{
		.name = "config use",
		.usage = "NAME",
		.summary = N_("make a context the current one"),
		.examples = "cowork config use home",
		.run = cmd_config_use,
	},
	{
		.name = "config set",
		.usage = "NAME VALUE",
		.summary = N_("set or clear server, ca, fingerprint, site or tz"),
		.examples = "cowork config set site KSQ",
		.run = cmd_config_set,
	},
	{
		.name = "call",
		.usage = "METHOD [PARAMS]",
		.summary = N_("call a method of the protocol by hand"),
		.more = N_("PARAMS is a JSON object. With --key or --dry-run it is sent as a "
			   "mutation, with "
			   "a key and retries."),
		.examples = "cowork call session.ping\n"
			    "cowork call booking.show '{\"site\":\"KSQ\",\"ref\":\"R-7F3KAT\"}'",
		.run = cmd_call,
	},
	{
		.name = "help",
		.usage = "[TOPIC] [VERB]",
		.summary = N_("explain a command or a topic"),
		.examples = "cowork help book\n"
			    "cowork help space set\n"
			    "cowork help dates",
		.run = cmd_help,
	},
};

const size_t command_table_count = ARRAY_SIZE(command_table);
